import Foundation
import RunningDemo
import Testing

@Suite("The command gatehouse demo", .serialized)
struct DemoCommandTests {
    @Test("The echo shows the request as the upstream gets it")
    func echoesText() throws {
        let demo = try RunningDemo()
        let ended = try curl(demo, ["-d", "some text", "-H", "X-Forwarded-For: 203.0.113.9", "\(demo.site)/echo/x?y=1&z"])
        #expect(
            ended.text == """
                POST /echo/x?y=1&z HTTP/1.1
                Host: localhost:\(demo.port)
                Accept: */*
                Content-Type: application/x-www-form-urlencoded
                X-Forwarded-For: 127.0.0.1
                X-Forwarded-Proto: https
                X-Forwarded-Host: localhost:\(demo.port)
                X-Forwarded-Port: \(demo.port)
                Forwarded: for=127.0.0.1;proto=https;host="localhost:\(demo.port)"
                Via: 1.1 gatehouse
                Content-Length: 9

                some text

                """)
    }

    @Test("The echo answers in JSON who asks for it")
    func echoesJSON() throws {
        struct Echo: Decodable {
            var method: String, target: String, version: String, fields: [[String]], body: String, body_bytes: Int
        }
        let demo = try RunningDemo()
        let body = "\u{1}\"\\/\u{2028}é"
        let ended = try curl(
            demo, ["-H", "Accept: application/json", "-H", "X-A: 1", "-H", "X-A: 2", "--data-binary", body, "\(demo.site)/echo/"])
        let echo = try JSONDecoder().decode(Echo.self, from: Data(ended.text.utf8))
        #expect(echo.method == "POST" && echo.target == "/echo/" && echo.version == "HTTP/1.1")
        #expect(echo.fields.filter { $0[0] == "X-A" } == [["X-A", "1"], ["X-A", "2"]])
        #expect(echo.body == body && echo.body_bytes == body.utf8.count)
    }

    @Test("A long body is counted, and its beginning shown", arguments: ["Content-Length", "chunked"])
    func boundsBody(_ framing: String) throws {
        let demo = try RunningDemo()
        let file = FileManager.default.temporaryDirectory.appending(path: "body-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(repeating: UInt8(ascii: "x"), count: 300_000).write(to: file)
        let options = framing == "chunked" ? ["-H", "Transfer-Encoding: chunked"] : []
        let ended = try curl(demo, options + ["--data-binary", "@\(file.path)", "\(demo.site)/echo/"])
        #expect(ended.text.hasSuffix("x\n[the first 65536 bytes of 300000]\n"))
        #expect(ended.text.count(where: { $0 == "x" }) >= 65536 && ended.text.utf8.count < 67_000)
    }

    @Test("The page is whole in itself, and may load nothing from elsewhere")
    func servesPage() throws {
        let demo = try RunningDemo()
        let page = try curl(demo, ["-i", "\(demo.site)/"]).text
        #expect(page.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(page.contains("Content-Security-Policy: default-src 'none';"))
        #expect(page.contains("<title>Gatehouse chat</title>") && page.hasSuffix("</html>\n"))
        #expect(!page.contains("src=\"") && !page.contains("innerHTML") && !page.contains("//cdn"))
        #expect(try curl(demo, ["-o", "/dev/null", "-w", "%{http_code}", "\(demo.site)/elsewhere"]).text == "404")
        #expect(try curl(demo, ["-o", "/dev/null", "-w", "%{http_code}", "-d", "", "\(demo.site)/"]).text == "405")
    }

    @Test(
        "A chat server can be stopped and started on the page, and by nobody else's page; the other one takes the chat meanwhile")
    func stopsUpstream() throws {
        let demo = try RunningDemo()
        func state(_ arguments: [String]) throws -> [String: Bool] {
            struct Stage: Decodable {
                struct Upstream: Decodable { var name: String, address: String, running: Bool }
                var upstreams: [Upstream]
            }
            let text = try curl(demo, arguments).text
            let stage = try JSONDecoder().decode(Stage.self, from: Data(text.utf8))
            return Dictionary(uniqueKeysWithValues: stage.upstreams.map { ($0.name, $0.running) })
        }
        #expect(try state(["\(demo.site)/upstreams"]) == ["a": true, "b": true])
        let stop = "\(demo.site)/upstreams/a/stop"
        #expect(try status(demo, [stop]) == "405")
        #expect(try status(demo, ["-X", "POST", "\(demo.site)/upstreams/c/stop"]) == "404")
        #expect(try status(demo, ["-X", "POST", "-H", "Origin: https://elsewhere.example", stop]) == "403")
        #expect(try status(demo, ["-X", "POST", "-H", "Origin: null", stop]) == "403")
        #expect(try state(["\(demo.site)/upstreams"]) == ["a": true, "b": true])
        #expect(try state(["-X", "POST", "-H", "Origin: \(demo.site)", stop]) == ["a": false, "b": true])
        // Twice is once.
        #expect(try state(["-X", "POST", stop]) == ["a": false, "b": true])
        // A chat server refuses what is no handshake: the one that is up does so each time.
        for _ in 0..<4 {
            let refusal = try status(demo, ["\(demo.site)/chat/ws"])
            #expect(refusal.hasPrefix("4"), "\(refusal)")
        }
        #expect(try state(["-X", "POST", "\(demo.site)/upstreams/b/stop"]) == ["a": false, "b": false])
        let none = try status(demo, ["\(demo.site)/chat/ws"])
        #expect(none == "502" || none == "503")
        #expect(try state(["-X", "POST", "\(demo.site)/upstreams/a/start"]) == ["a": true, "b": false])
        #expect(try state(["-X", "POST", "\(demo.site)/upstreams/b/start"]) == ["a": true, "b": true])
        #expect(try status(demo, ["\(demo.site)/"]) == "200")
        #expect(demo.stop().code == 0)
    }

    @Test("Its dashboard may be looked at by whoever reaches the page, and changes nothing; it is on this machine alone")
    func linksToDashboard() throws {
        let demo = try RunningDemo()
        let told = try #require(demo.introduction.firstMatch(of: /(http:\/\/127\.0\.0\.1:[0-9]+)\/dashboard#([0-9a-f]{32})/))
        let (place, key) = (String(told.output.1), String(told.output.2))
        #expect(try curl(demo, ["\(demo.site)/upstreams"]).text.contains("\"dashboard\":\"\(place)/dashboard#\(key)\""))
        #expect(try curl(demo, ["\(place)/dashboard"]).text.contains("<title>"))
        let servers = try curl(demo, ["-H", "X-API-Key: \(key)", "\(place)/servers"])
        #expect(servers.code == 0 && servers.text.contains("chat"), "\(servers)")
        #expect(try status(demo, ["\(place)/servers"]) == "401")
        let order = try status(demo, ["-H", "X-API-Key: \(key)", "-X", "POST", "\(place)/recorder"])
        #expect(order == "403", "\(order)")
        let open = try RunningDemo(["--listen", "0.0.0.0"])
        #expect(!open.introduction.contains("/dashboard"))
    }

    @Test("It says why it cannot be upgraded")
    func refusesUpgrade() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "demo-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let runtime = ["RUNTIME_DIRECTORY": folder.path(percentEncoded: false)]
        let demo = try RunningDemo(environment: runtime)
        let ended = try Program.run(Program.gatehouse, ["upgrade"], environment: runtime)
        #expect(ended.code == 1 && ended.text.contains("the demo cannot be upgraded"), "\(ended)")
        #expect(demo.stop().code == 0)
    }

    @Test("The plain port redirects to the site")
    func redirects() throws {
        let demo = try RunningDemo()
        let port = try #require(demo.plainPort)
        let ended = try curl(demo, ["-i", "http://localhost:\(port)/echo/x?y"])
        #expect(ended.text.hasPrefix("HTTP/1.1 301 "))
        #expect(ended.text.contains("\r\nLocation: https://localhost:\(demo.port)/echo/x?y\r\n"))
    }

    @Test("Every line under Try does what it says")
    func tries() throws {
        let demo = try RunningDemo()
        let lines = demo.introduction.split(separator: "\n").filter { $0.contains("curl ") || $0.contains("openssl ") }
        #expect(lines.count == 5)
        for line in lines {
            let ended = try Program.run("/bin/bash", ["-euo", "pipefail", "-c", String(line)])
            #expect(ended.code == 0, "\(line)\n\(ended.text)")
            #expect(ended.text.contains("Verification: OK") || ended.text.contains("Forwarded"), "\(line)\n\(ended.text)")
        }
    }

    @Test("Without TLS there is one site, on the plain port")
    func goesPlain() throws {
        let demo = try RunningDemo(["--plain"])
        #expect(demo.site.hasPrefix("http://") && demo.plainPort == nil)
        #expect(try curl(demo, ["\(demo.site)/echo/"]).text.contains("\nX-Forwarded-Proto: http\n"))
        let (code, log) = demo.stop()
        #expect(code == 0)
        #expect(log.contains("\"GET /echo/ HTTP/1.1\" 200"))
    }

    @Test("The configuration it shows is one that gatehouse check accepts", arguments: [[], ["--plain"]])
    func showsConfiguration(_ options: [String]) throws {
        let demo = try RunningDemo(["--show-config"] + options)
        let start = try #require(demo.introduction.range(of: "[logging]"))
        let end = try #require(demo.introduction.range(of: "Gatehouse demo\n"))
        let file = FileManager.default.temporaryDirectory.appending(path: "demo-\(UUID().uuidString).toml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(demo.introduction[start.lowerBound..<end.lowerBound].utf8).write(to: file)
        let ended = try Program.run(Program.gatehouse, ["check", file.path])
        #expect(ended.code == 0 && !ended.text.contains("warning:"), "\(ended.text)")
    }

    @Test("Its certificate is made where none is, and kept; one's own is used as it is")
    func issues() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "demo certs-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let certificate = folder.appending(path: "localhost.crt")
        var made: Data?
        for run in 1...3 {
            // Without its key the authority could make no other.
            if run == 3 { try FileManager.default.removeItem(at: folder.appending(path: "ca.key")) }
            let demo = try RunningDemo(["--certs", folder.path])
            #expect(demo.introduction.contains("gatehouse trust --root '\(folder.path)/ca.crt'"), "\(demo.introduction)")
            let arguments = ["-sS", "--max-time", "60", "--cacert", "\(folder.path)/ca.crt", "\(demo.site)/echo/"]
            let ended = try Program.run("/usr/bin/curl", arguments)
            #expect(ended.code == 0 && ended.text.contains("X-Forwarded-Proto: https"), "\(ended.text)")
            let bytes = try Data(contentsOf: certificate)
            #expect(made == nil || made == bytes)
            made = bytes
        }
        try FileManager.default.removeItem(at: certificate)
        let ended = try Program.run(Program.gatehouse, ["demo", "--certs", folder.path])
        #expect(ended.code == 1 && ended.text.contains("ca.crt is there without its other half"), "\(ended.text)")
    }

    @Test(
        "What keeps it from starting is said, with the exit code",
        arguments: [
            (["--certs", "/proc/nowhere"], 1, "no certificate can be made: cannot make /proc/nowhere"),
            (["--listen", "everywhere"], 2, "--listen must be an IP address"),
            (["--port", "70000"], 2, "--port"),
            (["--port", "8443", "--plain-port", "8443"], 2, "must differ"),
            (["--plain", "--port", "9000"], 2, "With --plain the site has the port of --plain-port"),
        ] as [([String], Int32, String)])
    func refusesToStart(_ arguments: [String], _ code: Int32, _ words: String) throws {
        let ended = try Program.run(Program.gatehouse, ["demo"] + arguments)
        #expect(ended.code == code && ended.text.contains(words), "\(ended.text)")
    }

    @Test("An address that cannot be had is named", arguments: ["0", "8443"])
    func addressIsNotHere(_ port: String) throws {
        // RFC 5737: no machine has this address.
        let ended = try Program.run(Program.gatehouse, ["demo", "--port", port, "--listen", "192.0.2.1"])
        #expect(ended.code == 1 && ended.text.contains("192.0.2.1"), "\(ended.text)")
    }

    @Test("A port at which somebody listens is refused, another demo's, too", arguments: ["--port", "--plain-port"])
    func portIsTaken(_ option: String) throws {
        let demo = try RunningDemo()
        let other = option == "--port" ? "--plain-port" : "--port"
        let ended = try Program.run(Program.gatehouse, ["demo", option, "\(demo.port)", other, "0"])
        #expect(ended.code == 1 && ended.text.contains("port \(demo.port) of 127.0.0.1 cannot be had"), "\(ended.text)")
        #expect(ended.text.contains("Address already in use"), "\(ended.text)")
    }

    private func status(_ demo: RunningDemo, _ arguments: [String]) throws -> String {
        let ended = try curl(demo, ["-o", "/dev/null", "-w", "%{http_code}"] + arguments)
        return ended.text
    }

    private func curl(_ demo: RunningDemo, _ arguments: [String]) throws -> Program.Ended {
        let ended = try Program.run(
            "/usr/bin/curl", ["--http1.1", "-sS", "--max-time", "60", "--cacert", "certs/ca.crt", "-A", ""] + arguments)
        try #require(ended.code == 0, "\(ended.text)")
        return ended
    }
}
