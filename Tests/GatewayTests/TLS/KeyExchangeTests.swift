import TestSupport
import Testing

/// What each key exchange of TLS 1.3 leads to is the same, whoever makes the key schedule of it: with own records it is ours.
@Suite("Key exchanges of TLS 1.3")
struct KeyExchangeTests {
    /// Names of OpenSSL's, and what s_client says of each. Their secrets have 32 to 1,024 bytes.
    private static let groups = [
        ("X25519", "X25519"), ("X448", "X448"), ("P-256", "prime256v1"), ("P-384", "secp384r1"), ("P-521", "secp521r1"),
        ("ffdhe2048", "DH, 2048 bits"), ("ffdhe8192", "DH, 8192 bits"),
    ]
    private static let suites = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]

    @Test("each group agrees with each suite, anew and resumed", arguments: RecordMode.allCases)
    func agree(mode: RecordMode) async throws {
        let certificates = try await Certificates.ready()
        let directory = try TemporaryDirectory()
        _ = try directory.write("index.html", "here\n")
        let port = try FreePort()
        let names = Self.groups.map { "\"\($0.0)\"" }.joined(separator: ", ")
        let toml = """
            \(mode.toml)
            [[sites]]
            hostname = "localhost"
            port = \(port)
            static_dir = "\(directory.path)"
            \(certificates.ssl())
            groups = [\(names)]
            """
        try await Gatehouse.serving(toml) { _ in
            for (group, said) in Self.groups {
                for suite in Self.suites {
                    let session = directory.path + "/\(group)-\(suite)"
                    for resumption in ["-sess_out", "-sess_in"] {
                        let client = try ChildProcess(
                            "openssl",
                            [
                                "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", certificates.authority, "-ign_eof",
                                "-groups",
                                group, "-ciphersuites", suite, resumption, session,
                            ])
                        try client.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                        #expect(try await client.exit() == .code(0), "\(client.errors.all)")
                        let lines = client.output.all
                        #expect(lines.contains("here"), "\(group) \(suite) \(resumption): \(client.errors.all)")
                        #expect(lines.contains { $0.hasPrefix("Server Temp Key:") && $0.contains(said) }, "\(group)")
                        let words =
                            resumption == "-sess_in" ? "Reused, TLSv1.3, Cipher is \(suite)" : "New, TLSv1.3, Cipher is \(suite)"
                        #expect(lines.contains(words), "\(group) \(suite)")
                    }
                }
            }
        }
    }
}
