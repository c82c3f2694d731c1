import Foundation
import TestSupport
import Testing

/// Clients whose certificates have strange names, sizes and dates: what the upstream is told, or what the log says.
@Suite("Strange client certificates")
struct StrangeCertificateTests {
    /// By the names of `strange_certificates.py`: the subject that the upstream is told; nil: the field is not there.
    private static let taken: [(name: String, subject: String?)] = [
        ("nobody", nil), ("line-end", #"CN=alice\0D\0AX-Admin: yes"#), ("zero", #"CN=alice\00.test"#),
        ("quotes", #"CN=\"alice\\\" \, CN=root"#), ("letters", #"CN=\C3\85sa \E5\AD\97 \E2\80\AE"#),
        ("wide", #"CN=alice \E5\AD\97"#), ("many-parts", (0..<100).reversed().map { "OU=part \($0)" }.joined(separator: ",")),
        ("long", "CN=" + String(repeating: "n", count: 5000)), ("for-ever", "CN=for ever"), ("old", "CN=old"),
        ("great-serial", "CN=great serial"), ("names-40k", "CN=many names"),
    ]
    private static let refused: [(name: String, cause: String)] = [
        ("over", "client_certificate_expired"), ("backwards", "client_certificate_not_yet_valid"),
        ("critical", "client_certificate_refused"), ("names-200k", "malformed"),
    ]

    @Test(
        "are told as they are, escaped, or refused with a reason", arguments: ["-tls1_2", "-tls1_3"])
    func strange(version: String) async throws {
        let (certificates, directory, port) = try await (Certificates.ready(), TemporaryDirectory(), FreePort())
        let made = try await Command.run(
            Place.pythonWithLibraries, ["-W", "ignore", Place.peer("strange_certificates.py"), directory.path])
        try #require(made.code == 0, "\(made)")
        let upstream = try Upstream.answering { Upstream.ok($0.head) }
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)",
            ssl: certificates.ssl()
                + "\nclient_auth = \"require\"\nclient_ca_file = \"\(directory.path)/root.crt\"\nclient_cert_headers = true",
            site: "[sites.request_headers]\nset = { X-Who = \"{client_cert_subject}\" }")
        try await Gatehouse.serving(toml) { gatehouse in
            func ask(_ name: String) async throws -> String {
                let request = "printf 'GET / HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n'"
                let options = [
                    "-quiet", version, "-connect", "127.0.0.1:\(port)", "-servername", "localhost", "-CAfile",
                    certificates.authority, "-cert", "\(directory.path)/\(name).crt", "-key", "\(directory.path)/\(name).key",
                ]
                return try await Command.run("sh", ["-c", "\(request) | openssl s_client \"$@\"", "sh"] + options).text
            }
            for (name, subject) in Self.taken {
                let fields = try await ask(name).components(separatedBy: "\r\n")
                #expect(fields.first { $0.hasPrefix("X-Who: ") } == subject.map { "X-Who: \($0)" }, "\(name)")
                #expect(fields.contains { $0.hasPrefix("Client-Cert: :MI") } && !fields.contains { $0.hasPrefix("X-Admin") })
            }
            for (name, cause) in Self.refused {
                #expect(try await !ask(name).contains("200 OK"), "\(name)")
                _ = try await gatehouse.log.first(name) { $0.contains(" cause=\(cause) ") }
            }
            #expect(try await ask("old").contains("200 OK"))
        }
    }
}
