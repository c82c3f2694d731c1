import Foundation
import TestSupport
import Testing

/// What a scanner says of the default configuration; docs/tls.md has more of them, with their versions.
@Suite("sslscan", .enabled("sslscan is not installed") { FileManager.default.isExecutableFile(atPath: "/usr/bin/sslscan") })
struct ScannerTests {
    @Test("finds TLS 1.2 and 1.3, forward secrecy and AEAD alone, and nothing that is weak", arguments: RecordMode.allCases)
    func scanned(records: RecordMode) async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:1", ssl: certificates.ssl(), top: records.toml)
        try await Gatehouse.serving(toml) { _ in
            let scan = try await Command.run("sslscan", ["--no-colour", "--sni-name=localhost", "127.0.0.1:\(port)"])
            #expect(scan.code == 0, "\(scan)")
            let lines = scan.text.split(separator: "\n").map { $0.replacing(/[ ]+/, with: " ") }
            for wanted in [
                "SSLv2 disabled", "SSLv3 disabled", "TLSv1.0 disabled", "TLSv1.1 disabled", "TLSv1.2 enabled", "TLSv1.3 enabled",
                "Session renegotiation not supported", "TLSv1.3 not vulnerable to heartbleed",
                "TLSv1.2 not vulnerable to heartbleed",
            ] { #expect(lines.contains { $0.hasPrefix(wanted) }, "\(wanted): \(scan.text)") }
            let suites = lines.filter { $0.hasPrefix("Preferred ") || $0.hasPrefix("Accepted ") }
            #expect(suites.count == 6, "\(scan.text)")
            #expect(
                suites.allSatisfy { $0.contains(" TLS_") || $0.contains("ECDHE-") && ($0.contains("GCM") || $0.contains("POLY")) }
            )
        }
    }
}
