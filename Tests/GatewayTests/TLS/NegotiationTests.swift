import TestSupport
import Testing

/// What `policy`, `suites`, `groups`, `min_version`, `max_version` and `alpn` come to with real clients.
@Suite("What TLS agrees on")
struct NegotiationTests {
    /// A site's keys, what a client offers, and what it is told of the connection; nil: it is refused.
    struct Row: Sendable, CustomStringConvertible {
        let site: String
        let client: [String]
        let agreed: [String]?

        var description: String { "\(site.replacing("\n", with: ", ")): \(client.joined(separator: " "))" }
    }

    private static func row(_ site: String, _ client: String, _ agreed: String?...) -> Row {
        Row(
            site: site, client: client.split(separator: " ").map(String.init),
            agreed: agreed == [nil] ? nil : agreed.compactMap(\.self))
    }

    private static let both = "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256"

    static let rows = [
        // Without any key: the server's order, and nothing that is old.
        row("", "-tls1_3", "TLSv1.3", "TLS_AES_256_GCM_SHA384", "Server Temp Key: X25519"),
        row("", "-tls1_2", "TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384"),
        // ChaCha20 for who prefers it: it has no AES in hardware.
        row("", "-tls1_2 -cipher \(both)", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        row("", "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"),
        // The client's key share counts, and not our order, as long as we have its group (OpenSSL 3.0).
        row("", "-groups P-384:X25519", "Server Temp Key: ECDH, secp384r1"), row("", "-groups P-521", nil),
        row("", "-groups X448", nil),
        row("", "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256", nil), row("", "-tls1_2 -cipher AES128-GCM-SHA256", nil),
        row("", "-tls1_1 -cipher ALL:@SECLEVEL=0", nil), row("", "-tls1 -cipher ALL:@SECLEVEL=0", nil),
        row("", "-tls1_3 -ciphersuites TLS_AES_128_CCM_SHA256", nil),
        // Mozilla's presets: the client's order.
        row("policy = \"modern\"", "-tls1_3", "TLSv1.3"), row("policy = \"modern\"", "-tls1_2", nil),
        row("policy = \"modern\"", "-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"),
        row("policy = \"intermediate\"", "-tls1_2 -cipher \(both)", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        row("policy = \"intermediate\"", "-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"),
        row("policy = \"intermediate\"", "-tls1_2 -cipher ECDHE-ECDSA-AES256-CCM", nil),
        row(
            "policy = \"intermediate\"", "-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256",
            "ECDHE-ECDSA-AES256-GCM-SHA384"),
        row(
            "policy = \"modern\"", "-tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384"),
        row("policy = \"intermediate\"\nmax_version = \"1.2\"", "", "TLSv1.2"),
        row("policy = \"intermediate\"\nmin_version = \"1.3\"", "-tls1_2", nil),
        // Versions.
        row("min_version = \"1.3\"", "-tls1_2", nil), row("min_version = \"1.3\"", "", "TLSv1.3"),
        row("max_version = \"1.2\"", "", "TLSv1.2"), row("max_version = \"1.2\"", "-tls1_3", nil),
        // Suites of both versions, in the order of the list.
        row(
            "suites = [\"TLS_CHACHA20_POLY1305_SHA256\", \"ECDHE-ECDSA-CHACHA20-POLY1305\", \"ECDHE-ECDSA-AES128-GCM-SHA256\"]",
            "-tls1_3", "TLS_CHACHA20_POLY1305_SHA256"),
        row(
            "suites = [\"TLS_AES_128_GCM_SHA256\", \"ECDHE-ECDSA-CHACHA20-POLY1305\", \"ECDHE-ECDSA-AES128-GCM-SHA256\"]",
            "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        row(
            "suites = [\"TLS_AES_128_GCM_SHA256\", \"ECDHE-ECDSA-AES128-GCM-SHA256\"]",
            "-tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384", nil),
        row(
            "suites = [\"TLS_AES_128_GCM_SHA256\", \"ECDHE-ECDSA-AES128-GCM-SHA256\"]",
            "-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384", nil),
        // Groups: with a second hello where the first one brings a key of another.
        row("groups = [\"P-384\"]", "-groups X25519:P-384", "Server Temp Key: ECDH, secp384r1"),
        row("groups = [\"P-384\"]", "-groups X25519", nil),
        // TLS 1.2 wants the certificate's own curve of the client, too (RFC 8422 §5.1).
        row("groups = [\"P-384\"]", "-tls1_2 -groups X25519:P-256:P-384", "Server Temp Key: ECDH, secp384r1"),
        row("groups = [\"P-384\"]", "-tls1_2 -groups X25519", nil),
        row("groups = [\"P-256\", \"X25519\"]", "-groups X25519:P-256", "Server Temp Key: X25519"),
        row("groups = [\"X448\", \"P-521\"]", "-groups P-521", "Server Temp Key: ECDH, secp521r1"),
        // Protocols.
        row("", "-alpn http/1.1,h2", "ALPN protocol: h2"), row("", "-alpn imap", nil), row("", "", "No ALPN negotiated"),
        row("alpn = [\"http/1.1\"]", "-alpn h2,http/1.1", "ALPN protocol: http/1.1"),
        row("alpn = [\"http/1.1\", \"h2\"]", "-alpn h2,http/1.1", "ALPN protocol: http/1.1"),
        row("alpn = [\"http/1.1\"]", "-alpn h2", nil),
        // What curl --http1.0 offers.
        row("", "-alpn http/1.0", "ALPN protocol: http/1.0"), row("", "-alpn http/1.0,http/1.1", "ALPN protocol: http/1.1"),
        row("alpn = [\"h2\"]", "-alpn http/1.0", nil),
    ]

    @Test("is what the site's keys say, or a refusal", arguments: RecordMode.allCases, rows)
    func agreed(records: RecordMode, row: Row) async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = """
            \(records.toml)
            [[sites]]
            hostname = "localhost"
            port = \(port)
            respond = { body = "hello" }
            \(certificates.ssl())
            \(row.site)
            """
        try await Gatehouse.serving(toml) { gatehouse in
            let outcome = try await Command.sClient(
                port, ["-servername", "localhost", "-CAfile", certificates.authority] + row.client)
            guard let agreed = row.agreed else {
                #expect(outcome.code != 0, "\(outcome)")
                _ = try await gatehouse.log.first("why") { $0.contains("TLS handshake failed") }
                return
            }
            #expect(outcome.code == 0 && outcome.text.contains("Verify return code: 0 (ok)"), "\(outcome)")
            for words in agreed { #expect(outcome.text.contains(words), "\(words): \(outcome)") }
        }
    }
}
