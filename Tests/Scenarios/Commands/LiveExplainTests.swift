import Foundation
import TestSupport
import Testing

/// `gatehouse explain --running`: what would become of a request now.
@Suite("gatehouse explain of a running gateway")
struct LiveExplainTests {
    private func server(_ port: UInt16) -> String {
        "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\(port)\"\nmax_conns = 1\n"
    }

    private func site(_ port: FreePort, _ upstreams: [UInt16], keys: String = "") -> String {
        """
        [[sites]]
        name = "shop"
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        [sites.proxy]
        enabled = true
        \(upstreams.map(server).joined())
        \(keys)
        [[sites.proxy.routes]]
        path = "/"
        upstream = "app"
        """
    }

    private func explain(_ running: ReloadingGatehouse, _ port: FreePort, _ arguments: [String] = []) async throws -> [[String:
        Any]]
    {
        let outcome = try await running.command(["explain", "--running", "--json", "http://localhost:\(port)/x"] + arguments)
        #expect(outcome.code == 0, "\(outcome)")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
        let upstream = try #require(object["upstream"] as? [String: Any], "\(object)")
        return try #require(upstream["servers"] as? [[String: Any]], "\(object)")
    }

    @Test("it names the server that would be picked now, and what keeps the others from it; asking changes nothing")
    func states() async throws {
        let held = DispatchSemaphore(value: 0)
        let upstreams = try (0..<3).map { _ in
            try Upstream { upstream, wire in
                while let request = try wire.readRequest() {
                    upstream.requests.append(request)
                    if request.head.contains("/held") { held.wait() }
                    try wire.write(Upstream.ok("ok"))
                }
            }
        }
        let port = try FreePort()
        let running = try await ReloadingGatehouse(site(port, upstreams.map(\.port)))
        let urls = upstreams.map { "http://127.0.0.1:\($0.port)" }
        var servers = try await explain(running, port)
        let picked = servers.map { $0["is_picked"] as? Bool ?? false }
        #expect(picked.count { $0 } == 1 && servers.map { $0["url"] as? String ?? "" } == urls, "\(servers)")
        #expect(servers.allSatisfy { $0["states"] as? [String] == [] && $0["under_way"] as? Int == 0 })
        // Nobody's turn is taken by asking: the request goes where it was said to go.
        for _ in 0..<4 { #expect(try await explain(running, port).map { $0["is_picked"] as? Bool ?? false } == picked) }
        let first = try #require(picked.firstIndex(of: true))
        let wire = try Wire(to: port.number)
        try await onThread { try wire.write("GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n") }
        _ = try await upstreams[first].requests.first(1)
        // That one is full, one is disabled: the third is left.
        let (second, third) = ((first + 1) % 3, (first + 2) % 3)
        #expect(try await running.command(["servers", "disable", urls[second]]).code == 0)
        servers = try await explain(running, port)
        #expect(servers[first]["why"] as? String == "full: 1 under way, and max_conns is 1", "\(servers)")
        #expect(servers[second]["why"] as? String == "an operator has disabled it", "\(servers)")
        #expect(servers[second]["states"] as? [String] == ["disabled"] && servers[third]["is_picked"] as? Bool == true)
        let text = try await running.command(["explain", "--running", "http://localhost:\(port)/x"])
        #expect(text.code == 0 && text.text.contains("  >  \(urls[third])  weight 1  its turn now; 0 under way"), "\(text)")
        #expect(try await running.command(["servers", "drain", urls[third]]).code == 0)
        let none = try await running.command(["explain", "--running", "http://localhost:\(port)/x"])
        #expect(none.text.contains("which has no server for it now: "), "\(none)")
        held.signal()
        let answer = try await onThread { try wire.readAnswer().text }
        #expect(answer == "ok")
        #expect(upstreams.map { $0.requests.all.count }.reduce(0, +) == 1)
        let listed = try await running.command(["servers", "--json"])
        #expect(listed.text.contains("\"requests\" : 1"), "\(listed)")
        try await running.end()
    }

    private static let fields = """
        [sites.request_headers.set]
        Authorization = "Bearer hidden"
        X-Env = "prod"
        [sites.request_headers.add]
        X-Auth-Key = "hidden"
        [sites.response_headers.set]
        X-Session = "hidden"
        X-Shop = "shown"
        """

    @Test(
        "a secret that the configuration writes into a field is masked, as where the configuration is shown",
        arguments: [true, false])
    func secrets(isRunning: Bool) async throws {
        let port = try FreePort()
        let toml = site(port, [1], keys: Self.fields)
        let running = try await ReloadingGatehouse(toml)
        let directory = try TemporaryDirectory()
        let file = try directory.write("gatehouse.toml", toml)
        // What whoever asks has written is their own.
        let asked = ["-H", "Cookie: mine", "-H", "Authorization: Basic own", "http://localhost:\(port)/x"]
        for form in [[], ["--json"]] {
            let arguments = ["explain"] + (isRunning ? ["--running"] : ["-c", file]) + form + asked
            let outcome =
                try await isRunning
                ? running.command(arguments) : Command.run(Place.gatehouse, arguments, directory: directory.path)
            #expect(outcome.code == 0 && !outcome.text.contains("hidden"), "\(outcome)")
            for shown in ["prod", "X-Shop: shown", "X-Session: ***", "mine", "Basic own"] {
                #expect(outcome.text.contains(shown), "\(shown) \(outcome)")
            }
            let fields = form.isEmpty ? ["Authorization: ***", "X-Auth-Key: ***"] : ["\"***\""]
            for masked in fields { #expect(outcome.text.contains(masked), "\(masked) \(outcome)") }
        }
        try await running.end()
    }

    @Test("it is of the configuration in use, not of the file; what it cannot say is refused with words")
    func configuration() async throws {
        let upstream = try Upstream.saying("ok")
        let (port, other) = (try FreePort(), try FreePort())
        let running = try await ReloadingGatehouse(site(port, [upstream.port]))
        try running.write(site(other, [upstream.port]))
        #expect(try await explain(running, port).count == 1)
        let refused = try await running.command(["explain", "--running", "http://localhost:\(other)/x"])
        #expect(refused.code == 1 && refused.errors.contains("nothing listens on port \(other)"), "\(refused)")
        #expect(try await running.command(["explain", "--running", "-c", "x.toml", "http://localhost/"]).code == 2)
        let socket = running.runtime + "/\(running.process.pid).sock"
        let bad = try await Command.curl([
            "-i", "--unix-socket", socket, "--data-binary", "{\"url\": 1}", "http://localhost/explain",
        ])
        #expect(bad.text.contains(" 400 ") && bad.text.contains("application/problem+json"), "\(bad)")
        try await running.end()
    }
}
