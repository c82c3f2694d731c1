import TestSupport
import Testing

@Suite("TLS with clients")
struct TLSTests {
    @Test("a client gets the version it asks for", arguments: [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
    func versions(option: String, version: String) async throws {
        let certificates = try await Certificates.ready()
        let (port, upstream) = try (Port(), Upstream.saying("hello"))
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { gatehouse in
            let outcome = try await Command.sClient(port, [option, "-brief", "-CAfile", certificates.authority])
            #expect((outcome.errors + outcome.text).contains("Protocol version: \(version)"), "\(outcome)")
            #expect((outcome.errors + outcome.text).contains("Verification: OK"), "\(outcome)")
        }
    }
}
