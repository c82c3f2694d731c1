import TestSupport
import Testing

@Suite("Clients that stay on their upstream")
struct StickyTests {
    @Test("in every pool of a site at once")
    func severalPools() async throws {
        let upstreams = try (0..<4).map { try Upstream.saying("\($0)") }
        let port = try FreePort()
        func server(_ pool: String, _ index: Int) -> String {
            "[[sites.proxy.upstreams]]\nname = \"\(pool)\"\nurl = \"http://127.0.0.1:\(upstreams[index])\"\n"
        }
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstreams[0])",
            proxy: server("app", 1) + server("other", 2) + server("other", 3)
                + "[[sites.proxy.routes]]\npath = \"/other\"\nupstream = \"other\"\n"
                + "[sites.proxy.load_balancing]\nsticky_sessions = true\n")
        let directory = try TemporaryDirectory()
        let jar = try directory.write("cookies", "")
        try await Gatehouse.serving(toml, workers: 2) { _ in
            var answers: [String: Set<String>] = [:]
            for turn in 0..<12 {
                let target = turn % 2 == 0 ? "/app" : "/other"
                let answer = try await Command.curl(["-b", jar, "-c", jar, "http://127.0.0.1:\(port)\(target)"])
                answers[target, default: []].insert(answer.text)
            }
            #expect(answers["/app"]?.count == 1 && answers["/other"]?.count == 1, "\(answers)")
        }
    }
}
