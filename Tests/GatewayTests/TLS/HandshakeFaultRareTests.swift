import Foundation
import TestSupport
import Testing

/// Failed handshakes that need certificates or clients of their own.
@Suite("Failed handshakes of a rarer kind, explained")
struct HandshakeFaultRareTests {
    @Test("a client says that the certificate has expired")
    func serverExpired() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:1", ssl: certificates.ssl("expired.test"))
        try await Gatehouse.serving(toml) { gatehouse in
            for version in ["-tls1_2", "-tls1_3"] {
                let outcome = try await Command.sClient(
                    port, [version, "-servername", "localhost", "-CAfile", certificates.authority, "-verify_return_error"])
                #expect(outcome.code != 0, "\(outcome)")
            }
            let line = try await gatehouse.log.first { $0.contains(" cause=client_says_certificate_expired ") }
            #expect(line.contains("renew the certificate") && line.contains("alert certificate expired"), "\(line)")
        }
    }

    @Test("a client breaks off with an alert that says nothing of certificates")
    func alert() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:1", ssl: certificates.ssl())) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                // handshake_failure, behind a hello of TLS 1.2.
                try wire.write(HandshakeFaultTests.hello + [0x15, 3, 3, 0, 2, 2, 40])
                _ = try? wire.readToEnd()
            }
            let line = try await gatehouse.log.first { $0.contains(" cause=client_alert ") }
            #expect(line.contains("its own log says why") && line.contains("alert handshake failure"), "\(line)")
        }
    }

    /// Who is asked for a certificate, and shows which.
    private func refused(
        by more: String, showing certificate: MadeCertificate, chain: MadeCertificate? = nil, root: MadeCertificate,
        cause: String, words: String
    ) async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:1",
            ssl: certificates.ssl() + "\nclient_auth = \"require\"\nclient_ca_file = \"\(root.file)\"\n" + more)
        try await Gatehouse.serving(toml) { gatehouse in
            for version in ["-tls1_2", "-tls1_3"] {
                let shown = ["-cert", certificate.file, "-key", certificate.keyFile]
                let outcome = try await Command.sClient(
                    port, [version, "-servername", "localhost"] + shown + (chain.map { ["-cert_chain", $0.file] } ?? []))
                #expect(version == "-tls1_3" || outcome.code != 0, "\(outcome)")
            }
            _ = try await gatehouse.log.first("both") { [log = gatehouse.log] _ in
                log.all.count { $0.contains(" cause=\(cause) ") && $0.contains(words) } == 2
            }
        }
    }

    private static let authority = ["basicConstraints = critical,CA:TRUE", "keyUsage = critical,keyCertSign,cRLSign"]
    private static let client = ["extendedKeyUsage = clientAuth"]

    @Test("a revocation list is there, but of another authority")
    func noList() async throws {
        let directory = try TemporaryDirectory()
        let root = try await MadeCertificate.make("root", in: directory, extensions: Self.authority)
        let other = try await MadeCertificate.make("other", in: directory, extensions: Self.authority)
        let alice = try await MadeCertificate.make("alice", in: directory, issuer: root, extensions: Self.client)
        let script = """
            cd "$0" && : >gone
            printf '[ca]\\ndefault_ca = x\\n[x]\\ndatabase = gone\\ndefault_md = sha256\\n' >gone.cnf
            openssl ca -config gone.cnf -cert other.crt -keyfile other.key -gencrl -crldays 30 -out other.crl
            """
        let made = try await Command.run("sh", ["-ec", script, directory.path])
        try #require(made.code == 0, "\(made)")
        withExtendedLifetime(other) {}
        try await refused(
            by: "client_crl_file = \"\(directory.path)/other.crl\"", showing: alice, root: root,
            cause: "revocation_list_unusable", words: "unable to get certificate CRL")
    }

    @Test("a certificate does not stand up to verification for another reason: who signed it is no authority")
    func noAuthority() async throws {
        let directory = try TemporaryDirectory()
        let root = try await MadeCertificate.make("root", in: directory, extensions: Self.authority)
        let leaf = try await MadeCertificate.make(
            "leaf", in: directory, issuer: root, extensions: ["basicConstraints = critical,CA:FALSE"])
        let mallory = try await MadeCertificate.make("mallory", in: directory, issuer: leaf, extensions: Self.client)
        try await refused(
            by: "", showing: mallory, chain: leaf, root: root, cause: "client_certificate_refused",
            words: "invalid CA certificate")
    }
}
