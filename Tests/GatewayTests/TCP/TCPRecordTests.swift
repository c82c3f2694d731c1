import Foundation
import TestSupport
import Testing

/// What the access log, the metrics, `explain` and `check` say of connections of `[[tcp]]`.
@Suite("Connections that are passed on, told")
struct TCPRecordTests {
    private static func server(_ name: String, _ port: String) -> String {
        "[[tcp.upstreams]]\nname = \"\(name)\"\naddress = \"127.0.0.1:\(port)\"\n"
    }

    private static func toml(_ port: FreePort, _ upstream: String, format: String = "json") -> String {
        """
        [logging]
        access_log = "stdout"
        format = "\(format)"
        [[tcp]]
        name = "front"
        listen = "127.0.0.1"
        port = \(port)
        [[tcp.sni]]
        hostnames = ["known.test", "*.wild.test"]
        upstream = "app"
        \(server("app", upstream))
        """
    }

    private func scrape(_ gatehouse: Gatehouse) async throws -> String {
        let serving = try await gatehouse.log.first { $0.contains(" admin=") }
        let socket = try #require(serving.firstMatch(of: /admin=([^ ]+)/)?.1)
        return try await Command.curl(["--unix-socket", String(socket), "http://localhost/metrics"]).text
    }

    @Test("each leaves a line in the access log, and is counted", arguments: ["json", "compact", "combined", "ecs"])
    func logged(format: String) async throws {
        let certificates = try await Certificates.ready()
        let (port, behind) = try (FreePort(), FreePort())
        let server = try ChildProcess(
            "openssl",
            [
                "s_server", "-accept", "127.0.0.1:\(behind)", "-www", "-cert", certificates.certificate("rsa.test"), "-key",
                certificates.key("rsa.test"),
            ])
        defer { server.kill() }
        _ = try await server.output.first("ACCEPT") { $0.hasPrefix("ACCEPT") }
        try await Gatehouse.serving(Self.toml(port, "\(behind)", format: format)) { gatehouse in
            #expect(try await Command.sClient(port, ["-servername", "a.wild.test"]).text.contains("CN = rsa.test"))
            #expect(try await Command.sClient(port, ["-servername", "other.test"]).code != 0)
            let passed = try await gatehouse.process.output.first("passed") { $0.contains("a.wild.test") }
            let refused = try await gatehouse.process.output.first("refused") { $0.contains("other.test") }
            let words: (passed: [String], refused: [String]) =
                switch format {
                case "json":
                    (
                        [
                            "\"client\":\"127.0.0.1\",\"site\":\"front\",\"version\":\"TCP\",\"status\":200,\"bytes_in\":",
                            "\"upstream\":\"tcp://127.0.0.1:\(behind)\"", "\"connect_ms\":", "\"server_name\":\"a.wild.test\"",
                        ],
                        [
                            "\"status\":404,\"bytes_in\":0,\"bytes_out\":0,", "\"server_name\":\"other.test\"",
                            "\"reason\":\"no_route\",\"blame\":\"client\"",
                            "\"detail\":\"no upstream is for it\",\"key\":\"tcp.sni\"",
                        ]
                    )
                case "ecs":
                    (
                        ["\"gatehouse.site\":\"front\"", "\"tls.client.server_name\":\"a.wild.test\""],
                        ["\"gatehouse.reason\":\"no_route\""]
                    )
                default:
                    (
                        ["127.0.0.1 ", "\"- - TCP\" 200 ", " server_name=a.wild.test upstream=tcp://127.0.0.1:\(behind) ms="],
                        ["\"- - TCP\" 404 0", " server_name=other.test ms=", " reason=no_route key=tcp.sni detail=\"no upstream"]
                    )
                }
            for word in words.passed { #expect(passed.contains(word), "\(word): \(passed)") }
            for word in words.refused { #expect(refused.contains(word), "\(word): \(refused)") }
            #expect(!passed.contains("reason") && !refused.contains("upstream=tcp") && !refused.contains("\"upstream\""))

            let metrics = try await scrape(gatehouse)
            let (app, nowhere) = ("{listener=\"front\",upstream=\"app\"", "{listener=\"front\",upstream=\"\"")
            for line in [
                "gatehouse_tcp_connections_open\(app)} 0", "gatehouse_tcp_connections_total\(app),outcome=\"complete\"} 1",
                "gatehouse_tcp_connections_total\(app),outcome=\"broken\"} 0",
                "gatehouse_tcp_connections_total\(nowhere),outcome=\"refused\"} 1",
                "gatehouse_tcp_connection_duration_seconds_count\(app)} 1", "gatehouse_reasons_total{reason=\"no_route\"} 1",
            ] { #expect(metrics.contains("\n\(line)\n"), "\(line): \(metrics)") }
            let sent = metrics.firstMatch(
                of: /gatehouse_tcp_bytes_total\{listener="front",upstream="app",direction="out"\} ([0-9]+)/)
            #expect(Int(sent?.1 ?? "0") ?? 0 > 1000, "\(metrics)")
        }
    }

    @Test("one that is open is counted, and one that is cut has its reason")
    func open() async throws {
        let echo = try await Peer("tcp_echo.py")
        let port = try FreePort()
        let toml = """
            [logging]
            access_log = "stdout"
            format = "json"
            [[tcp]]
            name = "echoes"
            port = \(port)
            upstream = "echo"
            idle_timeout = 2
            \(Self.server("echo", "\(echo)"))
            """
        try await Gatehouse.serving(toml) { gatehouse in
            let wire = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("hello")
                #expect(try wire.read(5) == Array("hello".utf8))
                return wire
            }
            #expect(
                try await scrape(gatehouse).contains(
                    "\ngatehouse_tcp_connections_open{listener=\"echoes\",upstream=\"echo\"} 1\n"))
            let line = try await gatehouse.process.output.first("its line") { $0.contains("\"site\":\"echoes\"") }
            #expect(line.contains("\"status\":200,\"bytes_in\":5,\"bytes_out\":5,"), "\(line)")
            #expect(line.contains("\"reason\":\"tunnel_idle\"") && line.contains("\"key\":\"tcp.idle_timeout\""), "\(line)")
            let metrics = try await scrape(gatehouse)
            #expect(
                metrics.contains(
                    "\ngatehouse_tcp_connections_total{listener=\"echoes\",upstream=\"echo\",outcome=\"broken\"} 1\n"))
            wire.close()
        }
    }

    @Test("a site of the same gateway may be behind it, which sees the client by the PROXY protocol")
    func ownSite() async throws {
        let certificates = try await Certificates.ready()
        let (front, port) = try (FreePort(), FreePort())
        let toml = """
            [logging]
            access_log = "stdout"
            format = "json"
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            respond = { body = "own" }
            \(certificates.ssl())
            [sites.proxy_protocol]
            from = ["127.0.0.1"]
            [[tcp]]
            name = "front"
            listen = "127.0.0.1"
            port = \(front)
            [[tcp.sni]]
            hostnames = ["localhost"]
            upstream = "site"
            \(Self.server("site", "\(port)"))
            send_proxy = "v2"
            """
        try await Gatehouse.serving(toml) { gatehouse in
            let outcome = try await Command.curl([
                "--interface", "127.0.0.9", "--resolve", "localhost:\(front):127.0.0.1", "--cacert", certificates.authority,
                "https://localhost:\(front)/",
            ])
            #expect(outcome.text == "own", "\(outcome)")
            _ = try await gatehouse.process.output.first("the request") {
                $0.contains("\"client\":\"127.0.0.9\",\"site\":\"localhost\"")
            }
            _ = try await gatehouse.process.output.first("the connection") {
                $0.contains("\"client\":\"127.0.0.9\",\"site\":\"front\",\"version\":\"TCP\"")
            }
        }
    }

    @Test("listeners that lead to each other end a connection that goes round, and say so; one that leads to itself is an error")
    func circle() async throws {
        let (first, second) = try (FreePort(), FreePort())
        func listener(_ port: FreePort, to other: FreePort, _ name: String) -> String {
            "[[tcp]]\nname = \"\(name)\"\nport = \(port)\nupstream = \"other\"\n" + Self.server("other", "\(other)")
        }
        let toml =
            "[logging]\naccess_log = \"stdout\"\nformat = \"json\"\n" + listener(first, to: second, "first")
            + listener(second, to: first, "second")
        try await Gatehouse.serving(toml, workers: 2) { gatehouse in
            let text = try await onThread {
                let wire = try Wire(to: first.number)
                try wire.write("hello")
                return try? wire.readToEnd().bytes
            }
            #expect(text?.isEmpty ?? true)
            let line = try await gatehouse.process.output.first("the end") { $0.contains("passed_to_itself") }
            #expect(line.contains("\"status\":508") && line.contains("goes round in a circle"), "\(line)")
            // The others end with it. How many they are depends on who was counted when the next one came.
            func areOver(_ metrics: String) -> Bool {
                ["first", "second"].allSatisfy {
                    metrics.contains("\ngatehouse_tcp_connections_open{listener=\"\($0)\",upstream=\"other\"} 0\n")
                }
            }
            try await eventually("all are over") { areOver(try await scrape(gatehouse)) }
            _ = try await gatehouse.process.output.first("all ends") { [output = gatehouse.process.output] _ in
                output.all.count { $0.contains("\"version\":\"TCP\"") } >= 9
            }
        }
        for address in ["127.0.0.1", "127.0.0.9", "[::1]", "localhost"] {
            let directory = try TemporaryDirectory()
            let file = try directory.write(
                "self.toml", listener(first, to: first, "self").replacing("127.0.0.1:", with: "\(address):"))
            let checked = try await Command.run(Place.gatehouse, ["check", file])
            #expect(checked.code == 1 && checked.errors.contains("this is the listener itself"), "\(checked)")
            #expect(checked.errors.contains("self.toml:7:"), "\(checked)")
        }
    }

    @Test(
        "explain says where a connection goes, and by which line",
        arguments: [
            (
                "https://known.test:PORT/",
                ["to upstream app: \"known.test\" is one of the names of tcp[0].sni[0] (", ".toml:9:"], 0
            ),
            ("https://x.wild.test:PORT", ["\"*.wild.test\" is one of the names of tcp[0].sni[0]", "> tcp://127.0.0.1:7"], 0),
            ("https://other.test:PORT", ["404, refused: no upstream is for it (tcp.sni), reason no_route"], 0),
            ("http://127.0.0.1:PORT", ["listener     tcp 127.0.0.1:PORT", "404, refused"], 0),
            ("https://known.test:1", ["nothing listens on port 1; there is: tcp 127.0.0.1:PORT"], 1),
        ] as [(String, [String], Int32)])
    func explained(url: String, words: [String], code: Int32) async throws {
        let port = try FreePort()
        let directory = try TemporaryDirectory()
        let file = try directory.write("tcp.toml", Self.toml(port, "7"))
        let outcome = try await Command.run(
            Place.gatehouse, ["explain", "-c", file, url.replacing("PORT", with: "\(port)")])
        #expect(outcome.code == code, "\(outcome)")
        for word in words {
            let text = (outcome.text + outcome.errors).replacing(/[ ]+/, with: " ")
            #expect(text.contains(word.replacing("PORT", with: "\(port)").replacing(/[ ]+/, with: " ")), "\(word): \(outcome)")
        }
        guard code == 0, words[0].contains("to upstream") else { return }
        for word in [
            "servers of app, by least_connections", "passed on as it is to upstream",
            "tcp[0].idle_timeout       3600 s  (default)",
        ] {
            #expect(outcome.text.contains(word), "\(word): \(outcome)")
        }
    }
}
