import Foundation
import TestSupport
import Testing

/// `gatehouse explain` of what further steps change or refuse, held against what becomes of a request.
@Suite("gatehouse explain of conditions, users and handshakes")
struct ExplainedChangesTests {
    private func toml(_ port: FreePort, _ upstream: UInt16) -> String {
        """
        [[sites]]
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        compression = { proxied = true }
        proxy.enabled = true
        [[sites.proxy.upstreams]]
        name = "app"
        url = "http://127.0.0.1:\(upstream)"
        [[sites.proxy.routes]]
        path = "/"
        upstream = "app"
        [[sites.proxy.routes]]
        path = "/users/"
        upstream = "app"
        access = { require_auth = true, auth_file = "users", auth_user_header = "X-Who" }
        [[sites.proxy.routes]]
        path = "/ws/"
        upstream = "app"
        websocket = true
        allowed_origins = ["https://ours.test"]
        """
    }

    private static let (key, version) = ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13")

    /// What curl is given for the handshake of a WebSocket with these fields.
    private static func opening(_ fields: [String], origin: String = "https://ours.test", method: String = "GET") -> [String] {
        let all = ["Connection: Upgrade", "Upgrade: websocket", "Origin: \(origin)"] + fields
        return ["-X", method] + all.flatMap { ["-H", $0] }
    }

    /// Paths, with curl's arguments.
    private static let asked: [(path: String, arguments: [String])] = [
        ("/x", ["-H", "If-None-Match: \"a-br\", W/\"b-br\"", "-H", "If-Match: \"c-gzip\""]),
        ("/x", ["-H", "If-None-Match: *", "-H", "Authorization: Basic YW5uOnNlY3JldA=="]),
        ("/users/x", ["-H", "Authorization: Basic YW5uOnNlY3JldA==", "-H", "X-Who: mallory", "-H", "Cookie: a=b"]),
        ("/ws/x", opening([])), ("/ws/x", opening([version])), ("/ws/x", opening([key])),
        ("/ws/x", opening([key, "Sec-WebSocket-Version: 12"])), ("/ws/x", opening([version, "Sec-WebSocket-Key: short"])),
        ("/ws/x", opening([key, version], method: "POST")),
        ("/ws/x", opening([key, version], origin: "https://others.test")),
        ("/ws/x", opening([key, version])),
    ]

    @Test("says what the upstream gets, or with what status and reason it is refused", arguments: asked)
    func agrees(path: String, arguments: [String]) async throws {
        let (port, upstream) = (try FreePort(), try Upstream.saying("ok"))
        let directory = try TemporaryDirectory()
        try directory.write("users", "ann:$2b$05$PJ5UHoWVFuhp8XN8BSuM6.UjHd3nxGC7.wSfYA7c5TNWomx9hYhWy\n")
        let file = try directory.write("gatehouse.toml", toml(port, upstream.port))
        let process = try ChildProcess(Place.gatehouse, ["run", "-c", file], directory: directory.path)
        _ = try await process.errors.first { $0.contains(": serving addresses=") }
        let url = "http://localhost:\(port)\(path)"
        let fields = ["-H", "User-Agent: t", "-H", "Accept: */*"] + arguments
        let real = try await Command.curl(["-o", "/dev/null", "-w", "%{http_code} %header{proxy-status}"] + fields + [url])
        let outcome = try await Command.run(
            Place.gatehouse, ["explain", "-c", file, "--json"] + fields + [url], directory: directory.path)
        #expect(outcome.code == 0, "\(outcome)")
        let said = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
        if let got = upstream.requests.all.last {
            let told = (said["upstream"] as? [String: Any])?["fields"] as? [[String: Any]] ?? []
            // Nobody's password is checked, and so it is not known who it is.
            let lines = told.compactMap { field in
                field["value"].map { "\(field["name"] ?? ""): \($0)".replacing("(the user)", with: "ann") }
            }
            #expect(lines == Array(got.lines.dropFirst()), "\(outcome)")
            let changed = told.filter { ["added", "changed"].contains($0["change"] as? String) }
            #expect(changed.allSatisfy { $0["why"] is String }, "\(outcome)")
        } else {
            let reason = try #require(said["reason"] as? String, "\(outcome)")
            #expect(real.text.hasPrefix("\(said["status"] as? Int ?? 0) ") && real.text.contains(reason), "\(real) \(outcome)")
        }
        process.terminate()
        _ = try await process.exit()
    }

    @Test("says with what status a request is sent to https: 308 keeps the method", arguments: [("HEAD", 301), ("POST", 308)])
    func secured(method: String, status: Int) async throws {
        let port = try FreePort()
        let directory = try TemporaryDirectory()
        let toml = """
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            redirect_to_https = true
            """
        let file = try directory.write("gatehouse.toml", toml)
        let url = "http://localhost:\(port)/x"
        let told = try await Command.run(Place.gatehouse, ["explain", "-c", file, "-X", method, url])
        #expect(told.text.contains("result       \(status), redirect to https, port 443"), "\(told)")
        try await Gatehouse.serving(toml) { _ in
            let wire = try Wire(to: port.number)
            let answer = try await onThread {
                try wire.write("\(method) /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
                return try wire.readAnswer(toHead: method == "HEAD")
            }
            #expect(answer.status == status, "\(answer)")
        }
    }
}
