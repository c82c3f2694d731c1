import Foundation
import TestSupport
import Testing

/// What an operator sees of servers and connections, and does to them, while the gateway runs.
@Suite("Servers and connections, by the admin socket")
struct AdminResourceTests {
    private func site(_ port: FreePort, _ upstreams: [UInt16], top: String = "", keys: String = "") -> String {
        let servers = upstreams.map { "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\($0)\"\n\(keys)" }
        return """
            \(top)
            [[sites]]
            name = "shop"
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            [sites.proxy]
            enabled = true
            \(servers.joined(separator: "\n"))
            [[sites.proxy.routes]]
            path = "/"
            upstream = "app"
            websocket = true
            """
    }

    private func get(_ wire: Wire, _ target: String = "/") async throws -> Message {
        try await onThread {
            try wire.write("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return try wire.readAnswer()
        }
    }

    private func object(_ outcome: Command.Outcome) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any], "\(outcome)")
    }

    @Test("a server that is drained or disabled gets no requests, also after a reload, until it is enabled or reset")
    func orders() async throws {
        let (first, second) = (try Upstream.saying("first"), try Upstream.saying("second"))
        let port = try FreePort()
        let running = try await ReloadingGatehouse(site(port, [first.port, second.port]))
        let wire = try Wire(to: port.number)
        func answers(_ count: Int = 8) async throws -> Set<String> {
            var answers: Set<String> = []
            for _ in 0..<count { answers.insert(try await get(wire).text) }
            return answers
        }
        let url = "http://127.0.0.1:\(first.port)"
        #expect(try await answers() == ["first", "second"])
        for action in ["drain", "disable"] {
            let done = try await running.command(["servers", action, url])
            #expect(done.code == 0 && done.text.contains(action == "drain" ? "draining" : "disabled"), "\(done)")
            #expect(try await answers() == ["second"])
        }
        _ = try await running.reload(
            site(port, [first.port, second.port], top: "[limits]\nhead_timeout = 500\nkeep_alive_timeout = 500\n"))
        #expect(try await answers() == ["second"])
        let list = try object(try await running.command(["servers", "--json"]))
        let servers = list["servers"] as? [[String: Any]] ?? []
        #expect(servers.map { $0["url"] as? String } == [url, "http://127.0.0.1:\(second.port)"], "\(list)")
        #expect(servers.map { $0["states"] as? [String] } == [["disabled"], []] && servers[0]["order"] as? String == "disabled")
        #expect(servers.allSatisfy { $0["site"] as? String == "shop" && $0["under_way"] as? Int == 0 }, "\(list)")
        // Nobody is left.
        #expect(try await running.command(["servers", "disable", "http://127.0.0.1:\(second.port)", "--site", "shop"]).code == 0)
        #expect(try await get(wire).status == 503)
        #expect(try await running.command(["servers", "enable", url, "--upstream", "app"]).code == 0)
        #expect(try await answers() == ["first"])
        // As the configuration says: it drains both.
        _ = try await running.reload(site(port, [first.port, second.port], keys: "drain = true\n"))
        #expect(try await answers() == ["first"])
        #expect(try await running.command(["servers", "reset", url]).code == 0)
        #expect(try await get(wire).status == 503)
        try await running.end()
    }

    @Test("orders that cannot be carried out change nothing and say why, by problem documents")
    func refused() async throws {
        let upstream = try Upstream.saying("ok")
        let port = try FreePort()
        let running = try await ReloadingGatehouse(site(port, [upstream.port]))
        let url = "http://127.0.0.1:\(upstream.port)"
        let socket = running.runtime + "/\(running.process.pid).sock"
        let bodies: [(path: String, body: String, status: Int)] = [
            ("/servers", "", 400), ("/servers", "{", 400), ("/servers", "[]", 400),
            ("/servers", "{\"action\": 1, \"url\": \"a\"}", 400),
            ("/servers", "{\"action\": \"drain\"}", 400), ("/servers", "{\"action\": \"stop\", \"url\": \"\(url)\"}", 400),
            ("/servers", "{\"action\": \"drain\", \"url\": \"http://elsewhere\"}", 404),
            ("/servers", "{\"action\": \"drain\", \"url\": \"\(url)\", \"site\": \"other\"}", 404),
            ("/servers", "{\"action\": \"drain\", \"url\": \"\(url)\", \"sites\": \"other\"}", 400),
            ("/servers", "{\"action\": \"drain\", \"site\": \"other\", \"uri\": \"\(url)\"}", 400),
            ("/servers", "{\"action\": \"weight\", \"url\": \"\(url)\"}", 400),
            ("/servers", "{\"action\": \"weight\", \"url\": \"\(url)\", \"weight\": -1}", 400),
            ("/servers", "{\"action\": \"weight\", \"url\": \"\(url)\", \"weight\": 65536}", 400),
            ("/servers", "{\"action\": \"weight\", \"url\": \"\(url)\", \"weight\": 1.5}", 400),
            ("/servers", "{\"action\": \"weight\", \"url\": \"\(url)\", \"weight\": \"3\"}", 400),
            ("/servers", "{\"action\": \"drain\", \"url\": \"\(url)\", \"weight\": 1}", 400),
            ("/cache/purge", "{\"url\": \"localhost/\"}", 400), ("/cache/purge", "{\"Target\": \"localhost/\"}", 400),
            ("/rollback", "{\"hash\": \"0\", \"file\": \"x\"}", 400), ("/upgrade", "{\"programme\": \"x\"}", 400),
            ("/explain", "{\"url\": \"http://localhost/\", \"field\": []}", 400),
            ("/connections/close", "{\"id\": \"0-1\", \"atOnce\": true}", 400),
            ("/connections/close", "{\"id\": \"0-1\", \"code\": 1005}", 400),
            ("/connections/close", "{\"id\": \"0-1\", \"code\": \"1000\"}", 400),
            ("/connections/close", "{\"id\": \"0-1\", \"code\": 66537}", 400),
            ("/connections/close", "{\"id\": \"0-1\", \"code\": 1000, \"at_once\": true}", 400),
            ("/connections/close", "{\"id\": \"0-1\", \"reason\": \"\(String(repeating: "é", count: 62))\"}", 400),
            ("/connections/close", "{\"id\": 1}", 400), ("/connections/close", "{\"id\": \"\"}", 404),
            ("/connections/close", "{\"id\": \"0-99999999999999999999\"}", 404),
            ("/connections/close", "{\"id\": \"-1-1\"}", 404),
            ("/connections/close", "{\"id\": \"7-1\"}", 404),
        ]
        for (path, body, status) in bodies {
            let answer = try await Command.curl(
                ["-i", "--unix-socket", socket, "-X", "POST", "--data-binary", body, "http://localhost\(path)"])
            #expect(answer.text.contains(" \(status) ") && answer.text.contains("application/problem+json"), "\(body)\n\(answer)")
        }
        #expect(try await running.command(["servers", "stop", url]).code == 2)
        let bare = try await running.command(["servers", "drain", url.replacing("http://", with: "")])
        #expect(bare.code == 1 && bare.errors.contains("did you mean \(url)?"), "\(bare)")
        let elsewhere = try await running.command(["servers", "drain", "--site", "none"])
        #expect(elsewhere.code == 1 && elsewhere.errors.contains("is called \"none\""), "\(elsewhere)")
        #expect(try await running.command(["servers", "drain"]).code == 2)
        #expect(try await running.command(["servers", "weight", url]).code == 2)
        #expect(try await running.command(["servers", "weight", url, "--to", "65536"]).code == 2)
        #expect(try await running.command(["servers", "drain", url, "--to", "1"]).code == 2)
        #expect(try await running.command(["servers", "--to", "1"]).code == 2)
        #expect(try await running.command(["connections", "close", "0-1", "--code", "1006"]).code == 2)
        #expect(try await running.command(["connections", "close", "0-1", "--code", "1000", "--at-once"]).code == 2)
        #expect(try await running.command(["connections", "--reason", "bye"]).code == 2)
        #expect(try await running.command(["connections", "open", "0-1"]).code == 2)
        #expect(try await get(try Wire(to: port.number)).text == "ok")
        try await running.end()
    }

    @Test("a body that has a member twice is refused, and nothing is done; the problem names it")
    func repeated() async throws {
        let upstream = try Upstream.saying("ok")
        let port = try FreePort()
        let running = try await ReloadingGatehouse(site(port, [upstream.port]))
        let socket = running.runtime + "/\(running.process.pid).sock"
        let bodies: [(path: String, body: String, name: String)] = [
            ("/servers", #"{"action": "drain", "site": "shop", "action": "enable"}"#, "action"),
            ("/servers", #"{"action": "drain", "s\u0069te": "other", "site": "shop"}"#, "site"),
            ("/servers", #"{"action": "drain", "site": "shop", "\"": 1, "\u0022": 1}"#, "\\\""),
            ("/servers", #"{"action": "drain", "site": "shop", "more": [{"a": {"b": 1, "b": 2}}]}"#, "b"),
            ("/servers", #"{"action": "drain", "more": {"\q": 1}, "site": "shop", "site": "other"}"#, "site"),
            ("/explain", #"{"url": "http://localhost/", "fields": ["a: b", "a: b"], "url": "http://elsewhere/"}"#, "url"),
            ("/connections/close", #"{"id": "0-1", "id": "0-2"}"#, "id"),
        ]
        for (path, body, name) in bodies {
            let answer = try await Command.curl(
                ["-i", "--unix-socket", socket, "--data-binary", body, "http://localhost\(path)"])
            #expect(answer.text.hasPrefix("HTTP/1.1 400 Bad Request"), "\(answer)")
            #expect(answer.text.contains("The body has the member \\\"\(name)\\\" twice."), "\(answer)")
        }
        #expect(try await get(try Wire(to: port.number)).text == "ok")
        try await running.end()
    }

    @Test("values that are alike, or names in objects of their own, are none that come twice; no JSON but in UTF-8 is taken")
    func notRepeated() async throws {
        let upstream = try Upstream.saying("ok")
        let port = try FreePort()
        let running = try await ReloadingGatehouse(site(port, [upstream.port]))
        let socket = running.runtime + "/\(running.process.pid).sock"
        let directory = try TemporaryDirectory()
        func status(_ body: [UInt8]) async throws -> String {
            try await Command.curl([
                "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", socket, "--data-binary",
                "@\(try directory.write("body", body))", "http://localhost/explain",
            ]).text
        }
        let question = #"{"url": "http://localhost:\#(port)/url", "method": "GET", "fields": ["method: url", "method: url"]}"#
        #expect(try await status(Array(question.utf8)) == "200")
        // In UTF-16 a member could come twice unseen.
        let wide = question.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
        #expect(try await status(wide) == "400")
        try await running.end()
    }

    @Test("connections are listed with what they do; one that is closed ends in order, or at once")
    func connections() async throws {
        let held = DispatchSemaphore(value: 0)
        let upstream = try Upstream { upstream, wire in
            while let request = try wire.readRequest() {
                upstream.requests.append(request)
                if request.head.contains("/tunnel") {
                    try wire.write(Tunnelled.accept("a"))
                    _ = try wire.readToEnd()
                    return
                }
                if request.head.contains("/held") { held.wait() }
                try wire.write(Upstream.ok("ok"))
            }
        }
        let port = try FreePort()
        let running = try await ReloadingGatehouse(site(port, [upstream.port]))
        func list() async throws -> [[String: Any]] {
            try object(try await running.command(["connections", "--json"]))["connections"] as? [[String: Any]] ?? []
        }
        func only(_ activity: String) async throws -> [String: Any] {
            var found = try await list().filter { $0["activity"] as? String == activity }
            while found.count != 1 { found = try await list().filter { $0["activity"] as? String == activity } }
            return found[0]
        }
        let idle = try Wire(to: port.number)
        #expect(try await get(idle).text == "ok")
        let tunnel = try await onThread { try Tunnelled(port) }
        let busy = try Wire(to: port.number)
        try await onThread { try busy.write("GET /held?secret=1 HTTP/1.1\r\nHost: localhost\r\n\r\n") }
        let request = try await only("request")
        #expect(request["requests"] as? [String] == ["GET /held"] && request["tls"] == nil, "\(request)")
        #expect(
            (request["client"] as? String)?.hasPrefix("127.0.0.1:") == true
                && request["listener"] as? String == "127.0.0.1:\(port)")
        let (sleeping, open) = (try await only("idle"), try await only("tunnel"))
        #expect(open["tunnels"] as? Int == 1, "\(open)")
        for connection in [request, sleeping, open] {
            let closed = try await running.command(["connections", "close", connection["id"] as? String ?? ""])
            #expect(closed.code == 0, "\(closed)")
        }
        try await onThread {
            #expect(try idle.readToEnd().bytes.isEmpty)
            // Unmasked from the server: Close, 1001 and the words.
            let bytes = try tunnel.wire.read(4)
            #expect(bytes[0] == 0x88 && bytes[2...] == [0x03, 0xE9])
            tunnel.wire.close()
        }
        held.signal()
        let answer = try await onThread { try busy.readAnswer().text }
        #expect(answer == "ok")
        let line = try await running.process.output.first { $0.contains("closed_by_operator") }
        #expect(line.contains("\"close_code\":1001") && line.contains("\"closed_by\":\"gateway\""), "\(line)")
        let cut = try Wire(to: port.number)
        #expect(try await get(cut).text == "ok")
        let last = try await only("idle")
        #expect(try await running.command(["connections", "close", last["id"] as? String ?? "", "--at-once"]).code == 0)
        let rest = try await onThread { try cut.readToEnd().bytes }
        #expect(rest.isEmpty)
        #expect(try await running.command(["connections", "close", last["id"] as? String ?? ""]).code == 1)
        try await running.end()
    }
}
