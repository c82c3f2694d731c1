import TestSupport
import Testing

/// Whose order of groups counts. Seen with OpenSSL 3.0.19; docs/tls.md and the reference say it.
@Suite("The order of groups")
struct GroupOrderTests {
    @Test("is the site's in TLS 1.2; in TLS 1.3 the client's key counts first, and the site's order where it brings none")
    func order() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:1", ssl: certificates.ssl() + "\ngroups = [\"P-384\", \"X25519\"]")
        try await Gatehouse.serving(toml) { _ in
            for (version, offered, taken) in [
                ("-tls1_3", "X25519:P-384", "X25519"), ("-tls1_3", "P-384:X25519", "secp384r1"),
                // No key of a group that the site has: it asks for one.
                ("-tls1_3", "P-256:X25519:P-384", "secp384r1"),
                // P-256 is here for the certificate's sake: without it TLS 1.2 has no suite.
                ("-tls1_2", "X25519:P-384:P-256", "secp384r1"), ("-tls1_2", "P-384:X25519:P-256", "secp384r1"),
            ] {
                let outcome = try await Command.sClient(port, ["-servername", "localhost", version, "-groups", offered])
                let words = "Server Temp Key: " + (taken == "X25519" ? taken : "ECDH, \(taken)")
                #expect(outcome.text.contains(words), "\(version) \(offered): \(outcome.text)")
            }
        }
    }
}
