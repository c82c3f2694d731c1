import TestSupport
import Testing

/// What the tables of the whole gateway say of it, told from outside.
@Suite("Keys of the whole gateway")
struct InstallationTests {
    @Test("[server] is the name in Proxy-Status, and in the line of the start")
    func server() async throws {
        let port = try FreePort()
        let top = "[server]\nname = \"Edge 1\"\nversion = \"9\"\ndescription = \"in front\"\n"
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:1", top: top)) { gatehouse in
            let answer = try await Command.curl(["-i", "http://127.0.0.1:\(port)/"])
            #expect(answer.text.contains("Proxy-Status: \"Edge 1\"; error=connection_refused; details="), "\(answer)")
            let line = try await gatehouse.log.first { $0.contains(": serving addresses=") }
            #expect(line.contains(" description=\"in front\" name=\"Edge 1\" ") && line.contains(" version=9 "), "\(line)")
        }
    }

    @Test(
        "performance.request_timeout is the time for an answer to begin, where the site says nothing",
        arguments: [
            ("", "performance.request_timeout"), ("read = \"300ms\"", "sites.proxy.timeout.read"),
            ("first_byte = \"300ms\"", "sites.proxy.timeout.first_byte"),
        ])
    func requestTimeout(own: String, key: String) async throws {
        let port = try FreePort()
        let upstream = try Upstream { _, wire in
            _ = try wire.readRequest()
            _ = try wire.readToEnd()
        }
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", proxy: "[sites.proxy.timeout]\nconnect = 600\n\(own)\n",
            top: "[performance]\nworker_threads = 1\nrequest_timeout = \(own.isEmpty ? "\"300ms\"" : "600")\n")
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await Command.curl(["http://127.0.0.1:\(port)/slow"])
            let entry = try await gatehouse.access("/slow")
            #expect(entry["status"] == "504" && entry["reason"] == "upstream_first_byte_timeout", "\(entry)")
            #expect(entry["key"] == key, "\(entry)")
        }
    }

    @Test("a site that is api_only serves no file, and what its routes take")
    func apiOnly() async throws {
        let (port, directory) = try (FreePort(), TemporaryDirectory())
        try directory.write("public/secret.txt", "secret")
        let upstream = try Upstream.saying("app")
        let toml = """
            [[sites]]
            hostname = "localhost"
            port = \(port)
            api_only = true
            static_dir = "\(directory.path)/public"
            [sites.proxy]
            enabled = true
            [[sites.proxy.upstreams]]
            name = "app"
            url = "http://127.0.0.1:\(upstream)"
            [[sites.proxy.routes]]
            path = "/api/"
            upstream = "app"
            """
        try await Gatehouse.serving(toml) { gatehouse in
            #expect(try await Command.curl(["http://127.0.0.1:\(port)/api/x"]).text == "app")
            _ = try await Command.curl(["http://127.0.0.1:\(port)/secret.txt"])
            let entry = try await gatehouse.access("/secret.txt")
            #expect(entry["status"] == "404" && entry["reason"] == "no_route", "\(entry)")
        }
    }
}
