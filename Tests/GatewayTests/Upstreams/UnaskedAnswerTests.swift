import TestSupport
import Testing

@Suite("Upstreams that answer before they are asked")
struct UnaskedAnswerTests {
    @Test("the answer is nobody's: 502 with its reason, whatever the method", arguments: ["GET", "POST"])
    func refused(method: String) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try await Peer(
            "speaks_first.py", [certificates.local.certificate, certificates.local.key])
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "https://localhost:\(upstream)", upstream: "ca_file = \"\(certificates.authority)\"")
        try await Gatehouse.serving(toml) { gatehouse in
            let answer = try await Command.curl(["-i", "-X", method, "http://localhost:\(port)/x"])
            #expect(answer.text.hasPrefix("HTTP/1.1 502 ") && !answer.text.contains("unasked"), "\(answer)")
            let entry = try await gatehouse.access("/x")
            #expect(entry["reason"] == "upstream_spoke_first" && entry["blame"] == "upstream", "\(entry)")
        }
    }

    @Test("an auth server's lets nobody pass")
    func authServer() async throws {
        let certificates = try await Certificates.ready()
        let auth = try await Peer("speaks_first.py", [certificates.local.certificate, certificates.local.key])
        let site = try GuardedSite(
            site: """
                [sites.forward_auth]
                url = "https://localhost:\(auth)/"
                ca_file = "\(certificates.authority)"
                timeout = 60
                """)
        try await Gatehouse.serving(site.toml) { _ async throws in
            let answer = try await site.ask("/app/x")
            #expect(answer.status == 503 && answer.value("Proxy-Status")?.contains("forward_auth_failed") == true, "\(answer)")
            #expect(site.upstream.requests.all.isEmpty)
        }
    }

    @Test("nothing of the request was sent, so another server gets it, whatever the method", arguments: ["GET", "POST"])
    func another(method: String) async throws {
        let certificates = try await Certificates.ready()
        let early = try await Peer("speaks_first.py", [certificates.local.certificate, certificates.local.key])
        let sound = try Upstream.answering { Upstream.ok("\($0.target) \($0.text)") }
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "https://localhost:\(early)",
            upstream: """
                ca_file = "\(certificates.authority)"
                [[sites.proxy.upstreams]]
                name = "app"
                url = "http://127.0.0.1:\(sound)"
                """)
        try await Gatehouse.serving(toml) { _ in
            for number in 1...6 {
                let answer = try await Command.curl(["-X", method, "-d", "body", "http://localhost:\(port)/\(number)"])
                #expect(answer.text == "/\(number) body", "\(answer)")
            }
        }
    }
}
