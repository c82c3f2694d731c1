import Foundation
import Glibc
import TestSupport
import Testing

/// `gatehouse tap`: exchanges and frames while they happen.
@Suite("Looking on")
struct LookingOnTests {
    private func site(_ port: FreePort, _ upstream: UInt16) -> String {
        """
        [logging]
        access_log = "none"
        redact_query = ["token"]
        [performance]
        worker_threads = 2
        [[sites]]
        name = "shop"
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        [sites.proxy]
        enabled = true
        [[sites.proxy.upstreams]]
        name = "app"
        url = "http://127.0.0.1:\(upstream)"
        [[sites.proxy.routes]]
        path = "/"
        upstream = "app"
        websocket = true
        """
    }

    /// One who looks on, from the moment when it is certain that nothing is missed.
    private func tap(_ running: ReloadingGatehouse, _ query: String) async throws -> ChildProcess {
        let socket = running.runtime + "/\(running.process.pid).sock"
        let reader = try ChildProcess("curl", ["-sSN", "--unix-socket", socket, "http://localhost/tap?\(query)"])
        _ = try await reader.output.first { $0 == "{\"tap\":\"begun\"}" }
        return reader
    }

    private func object(_ line: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }

    private func send(_ port: FreePort, _ request: String) async throws -> Message {
        let wire = try Wire(to: port.number)
        return try await onThread {
            try wire.write(request)
            return try wire.readAnswer()
        }
    }

    @Test("what the filter takes is shown without secrets, and its command asks the upstream for the same")
    func exchanges() async throws {
        let upstream = try Upstream.saying("ok")
        let port = try FreePort()
        let running = try await ReloadingGatehouse(site(port, upstream.port))
        let reader = try await tap(running, "path=/shown/**&status=2xx&client=127.0.0.0/8&site=shop&route=%2F&method=POST")
        let head =
            "Host: localhost:\(port)\r\nAuthorization: Bearer s3cret\r\nCookie: id=s3cret\r\nX-Odd: it's `odd` $(x) \u{1}\r\n"
        #expect(try await send(port, "GET /shown/a HTTP/1.1\r\n\(head.replacing("\u{1}", with: ""))\r\n").status == 200)
        let odd = head.replacing("\u{1}", with: "\u{E9}\\")
        #expect(
            try await send(
                port, "POST /shown/b?token=s3cret&x=[1-2]'%22 HTTP/1.1\r\n\(odd)Content-Length: 4\r\n\r\nbody"
            ).status == 200)
        #expect(try await send(port, "POST /other HTTP/1.1\r\n\(odd)Content-Length: 0\r\n\r\n").status == 200)
        let line = try await reader.output.first { $0.contains("/shown/") }
        #expect(!line.contains("s3cret"), "\(line)")
        let shown = try object(line)
        #expect(shown["method"] as? String == "POST" && shown["target"] as? String == "/shown/b?token=-&x=[1-2]'%22", "\(line)")
        #expect(shown["status"] as? Int == 200 && shown["bytes_in"] as? Int == 4 && shown["route"] as? String == "/")
        let command = try #require(shown["curl"] as? String)
        #expect(command.contains("'Authorization: Bearer ***'") && command.contains("'Cookie: ***'"), "\(command)")
        // A shell does what it says, in a directory that has the body.
        let directory = try TemporaryDirectory()
        try directory.write("BODY", "body")
        let before = upstream.requests.all.count
        let again = try await Command.run("bash", ["-c", "\(command) --silent --noproxy '*'"], directory: directory.path)
        #expect(again.code == 0 && again.text.contains("200 OK"), "\(again)")
        let asked = try await upstream.requests.first(before + 1)[before]
        #expect(asked.head.hasPrefix("POST /shown/b?token=-&x=[1-2]'%22 HTTP/1.1\r\n"), "\(asked.head)")
        #expect(asked.head.contains("X-Odd: it's `odd` $(x) \u{E9}\\\r\n") && asked.text == "body", "\(asked.head)")
        #expect(!asked.head.lowercased().contains("curl"), "\(asked.head)")
        _ = try await reader.output.first(3)
        #expect(reader.output.all.count == 3, "\(reader.output.all)")
        reader.kill()
        try await running.end()
    }

    @Test("names with letters that are not ASCII are the same in a tap, in the recorder, in the log and in the admin API")
    func names() async throws {
        let upstream = try Upstream.saying("ok")
        let port = try FreePort()
        let toml = site(port, upstream.port).replacing("\"shop\"", with: "\"bücher 🦊\"").replacing("\"app\"", with: "\"käse\"")
        let running = try await ReloadingGatehouse(
            toml.replacing("access_log = \"none\"", with: "access_log = \"stdout\"\nformat = \"json\"")
                + "\n[recorder]\nexchanges = 16")
        let reader = try await tap(running, "site=b%C3%BCcher+%F0%9F%A6%8A")
        let printed = try ChildProcess(
            Place.gatehouse, ["tap", "--count", "1", "--no-curl"], environment: ["RUNTIME_DIRECTORY": running.runtime])
        let wire = try Wire(to: port.number)
        while printed.output.all.isEmpty {
            _ = try await onThread {
                try wire.write("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return try wire.readAnswer().status
            }
        }
        #expect(printed.output.all[0].contains(" site=\"bücher 🦊\" route=/ "), "\(printed.output.all)")
        let shown = try object(await reader.output.first { $0.contains("\"target\"") })
        #expect(shown["site"] as? String == "bücher 🦊" && shown["pool"] as? String == "käse", "\(shown)")
        let logged = try object(await running.process.output.first { $0.contains("\"target\":\"/x\"") })
        #expect(logged["site"] as? String == "bücher 🦊", "\(logged)")
        let recorded = try await running.command(["recorder"]).text.split(separator: "\n").first { $0.contains("\"target\"") }
        let kept = try object(String(try #require(recorded)))
        #expect(kept["site"] as? String == "bücher 🦊" && kept["pool"] as? String == "käse", "\(kept)")
        let servers = try object(await running.command(["servers", "--json"]).text)["servers"] as? [[String: Any]]
        #expect(servers?.first?["site"] as? String == "bücher 🦊" && servers?.first?["upstream"] as? String == "käse")
        reader.kill()
        try await running.end()
    }

    @Test("a body that no server took is asked for by the command all the same")
    func unsentBody() async throws {
        let (port, nobody) = (try FreePort(), try FreePort())
        let running = try await ReloadingGatehouse(site(port, nobody.number))
        let reader = try await tap(running, "status=5xx")
        for (length, expected) in [(4, true), (0, false)] {
            let body = String(repeating: "x", count: length)
            let request = "POST /\(length) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(length)\r\n\r\n\(body)"
            #expect(try await send(port, request).status >= 502)
            let line = try await reader.output.first { $0.contains("\"target\":\"/\(length)\"") }
            let command = try #require(try object(line)["curl"] as? String)
            #expect(command.contains(" --data-binary @BODY ") == expected, "\(command)")
        }
        reader.kill()
        try await running.end()
    }

    @Test("a gateway that ends before the command has seen enough is told, with exit code 1")
    func ended() async throws {
        let upstream = try Upstream.saying("ok")
        let running = try await ReloadingGatehouse(site(try FreePort(), upstream.port))
        let command = try ChildProcess(
            Place.gatehouse, ["tap", "--count", "1"], environment: ["RUNTIME_DIRECTORY": running.runtime])
        _ = try await running.process.errors.first { $0.contains("somebody looks on by the admin socket") }
        try await running.end()
        #expect(try await command.exit() == .code(1))
        #expect(command.output.all.isEmpty && !command.errors.all.isEmpty, "\(command.output.all) \(command.errors.all)")
    }

    @Test("the command prints lines for a person, or JSON, and ends after so many; a wrong filter is refused with words")
    func command() async throws {
        let upstream = try Upstream.saying("ok")
        let port = try FreePort()
        let running = try await ReloadingGatehouse(site(port, upstream.port))
        for arguments in [["--no-curl"], ["--json"]] {
            let command = try ChildProcess(
                Place.gatehouse, ["tap", "--count", "1"] + arguments, environment: ["RUNTIME_DIRECTORY": running.runtime])
            // Whoever began to look on is in the log; one exchange after another until one is seen.
            let wire = try Wire(to: port.number)
            while command.output.all.isEmpty {
                _ = try await onThread {
                    try wire.write("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    return try wire.readAnswer().status
                }
            }
            #expect(try await command.exit() == .code(0))
            let line = command.output.all[0]
            #expect(
                arguments == ["--json"] ? line.hasPrefix("{") : line.contains("\"GET localhost/x HTTP/1.1\" 200 2 ms="), "\(line)"
            )
            #expect(command.output.all.count == 1, "\(command.output.all)")
        }
        // Who asks without the command is told the same.
        let socket = running.runtime + "/\(running.process.pid).sock"
        let refused = try await Command.run(
            "curl", ["-sS", "--unix-socket", socket, "http://localhost/tap?status=99", "-w", "%{http_code}"])
        #expect(refused.text.contains("status is to be as 503") && refused.text.hasSuffix("400"), "\(refused)")
        try await running.end()
    }

    @Test(
        "a site or a route that the configuration does not have is told, in place of waiting for it",
        arguments: [
            ("site=shopp", "No site is called \"shopp\"; did you mean shop?"),
            ("site=127.0.0.1", "No site is called \"127.0.0.1\": gatehouse check"),
            ("site=shop&route=%2Fapi", "No route is called \"/api\""),
        ])
    func unknown(query: String, words: String) async throws {
        let running = try await ReloadingGatehouse(site(try FreePort(), 1))
        let socket = running.runtime + "/\(running.process.pid).sock"
        let refused = try await Command.run(
            "curl", ["-sS", "--unix-socket", socket, "http://localhost/tap?\(query)", "-w", "%{http_code}", "--max-time", "20"])
        #expect(refused.text.replacing("\\\"", with: "\"").contains(words) && refused.text.hasSuffix("404"), "\(refused)")
        try await running.end()
    }

    @Test("what a site answers itself is of the route /, as in the log")
    func ownAnswer() async throws {
        let port = try FreePort()
        let site = "[[sites]]\nhostname = \"localhost\"\nlisten = \"127.0.0.1\"\nport = \(port)\nrespond = { body = \"here\" }\n"
        let running = try await ReloadingGatehouse(site)
        let reader = try await tap(running, "site=localhost&route=%2F")
        #expect(try await send(port, "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n").text == "here")
        let shown = try object(try await reader.output.first { $0.contains("/x") })
        #expect(shown["route"] as? String == "/", "\(shown)")
        reader.kill()
        try await running.end()
    }

    @Test("a parameter that is there twice is refused by its name")
    func repeated() async throws {
        let running = try await ReloadingGatehouse(site(try FreePort(), 1))
        let socket = running.runtime + "/\(running.process.pid).sock"
        // One that is written with an escape is the same.
        for (name, query) in [
            ("status", "status=503&status=503"), ("site", "site=shop&method=GET&%73ite=other"), ("frames", "frames=1&frames=2"),
        ] {
            let refused = try await Command.run(
                "curl", ["-sS", "--unix-socket", socket, "http://localhost/tap?\(query)", "-w", "%{http_code}"])
            #expect(refused.text.contains(#"\"\#(name)\" is there more than once."#), "\(refused)")
            #expect(refused.text.hasSuffix("400"), "\(refused)")
        }
        try await running.end()
    }

    @Test(
        "a value that no exchange can have is wrong usage, whether a gateway runs or not",
        arguments: [
            ("--status", "9xx", "--status is to be as 503"), ("--status", "99", "--status is to be"),
            ("--status", "600", "--status is to be"), ("--client", "nobody", "--client is to be an address"),
            ("--path", "/a{", "--path has"), ("--method", "", "--method is to be"), ("--method", "GET /", "--method is to be"),
            ("--frames", "0", "--frames is to be from 1"), ("--connection", "here", "--connection is to be as 0-17"),
            ("--count", "0", "--count must be"),
        ])
    func wrongUsage(option: String, value: String, words: String) async throws {
        let outcome = try await Command.run(Place.gatehouse, ["tap", option, value, "--socket", "/nowhere"])
        #expect(outcome.code == 2 && outcome.errors.contains(words), "\(outcome)")
    }

    @Test("frames of tunnels are shown by their headers: those that are open, those that come, and of so many one")
    func frames() async throws {
        let upstream = try Upstream { upstream, wire in
            _ = try wire.readRequest()
            try wire.write(Tunnelled.accept("a"))
            _ = try wire.read(7)
            try wire.write([0x81, 0x02, 0x68, 0x69])
            _ = try wire.read(4)
            try wire.write([0x02, 0x01, 0x00, 0x80, 0x00])
            _ = try wire.readToEnd()
        }
        let port = try FreePort()
        let running = try await ReloadingGatehouse(site(port, upstream.port))
        let open = try await onThread { try Tunnelled(port) }
        let all = try await tap(running, "frames=1&route=/")
        try await onThread {
            // Cut in the middle of a header, and in the middle of a payload.
            try open.wire.write([0x81])
            try open.wire.write([0x81, 0, 0, 0, 0])
            try open.wire.write([0x78])
            #expect(try open.wire.read(4) == [0x81, 0x02, 0x68, 0x69])
        }
        let lines = try await all.output.first(3)[1...].map(object)
        let incoming = try #require(lines.first { $0["direction"] as? String == "in" }, "\(lines)")
        #expect(incoming["opcode"] as? String == "text" && incoming["length"] as? Int == 1 && incoming["masked"] as? Bool == true)
        let outgoing = try #require(lines.first { $0["direction"] as? String == "out" }, "\(lines)")
        #expect(outgoing["opcode"] as? String == "text" && outgoing["length"] as? Int == 2 && outgoing["fin"] as? Bool == true)
        let identifier = try #require(incoming["connection"] as? String)
        #expect(try await running.command(["connections", "--json"]).text.contains("\"\(identifier)\""))
        all.kill()
        // One connection's alone, and of two frames one.
        let one = try await tap(running, "frames=2&connection=\(identifier)")
        let new = try await onThread { try Tunnelled(port) }
        try await onThread {
            try new.wire.write([0x81, 0x81, 0, 0, 0, 0, 0x78])
            #expect(try new.wire.read(4).count == 4)
            try open.wire.write([0x8A, 0x80, 0, 0])
            try open.wire.write([0, 0])
            #expect(try open.wire.read(5).count == 5)
        }
        let few = try await one.output.first(3)[1...].map(object)
        #expect(few.allSatisfy { $0["connection"] as? String == identifier }, "\(few)")
        #expect(Set(few.map { $0["opcode"] as? String }) == ["pong", "binary"], "\(few)")
        one.kill()
        open.wire.close()
        new.wire.close()
        try await running.end()
    }

    @Test("a reader that takes nothing loses lines, which are counted; traffic goes on, and ninth readers are refused")
    func slowReader() async throws {
        let upstream = try Upstream.saying("ok")
        let port = try FreePort()
        let running = try await ReloadingGatehouse(site(port, upstream.port))
        let reader = try await tap(running, "path=/seen/**")
        reader.signal(SIGSTOP)
        // More than the reader's pipe, the socket and the tap hold together.
        let field = "X-Long: " + String(repeating: "l", count: 7000) + "\r\n"
        let wire = try Wire(to: port.number)
        let statuses = try await onThread {
            try (0..<600).map { number in
                try wire.write("GET /seen/\(number) HTTP/1.1\r\nHost: localhost\r\n\(field)\r\n")
                return try wire.readAnswer().status
            }
        }
        #expect(statuses.allSatisfy { $0 == 200 })
        reader.signal(SIGCONT)
        var lost = 0
        var seen = 0
        while lost + seen < 600 {
            let lines = reader.output.all.dropFirst()
            seen = lines.count { $0.contains("/seen/") }
            lost = try lines.compactMap { try object($0)["lost"] as? Int }.reduce(0, +)
            if lost + seen < 600 { _ = try await reader.output.first(lines.count + 2) }
        }
        #expect(lost + seen == 600 && lost > 0, "\(lost) lost, \(seen) seen")
        var readers = [reader]
        for _ in 0..<7 { readers.append(try await tap(running, "")) }
        let socket = running.runtime + "/\(running.process.pid).sock"
        let refused = try await Command.curl(["-i", "--unix-socket", socket, "http://localhost/tap"])
        #expect(refused.text.contains(" 503 ") && refused.text.contains("8 look on already"), "\(refused)")
        for reader in readers { reader.kill() }
        // Their places are free once they are gone.
        var isIn = false
        while !isIn {
            let reader = try ChildProcess("curl", ["-sSN", "--unix-socket", socket, "http://localhost/tap"])
            isIn = try await reader.output.first(1)[0].contains("begun")
            reader.kill()
        }
        try await running.end()
    }
}
