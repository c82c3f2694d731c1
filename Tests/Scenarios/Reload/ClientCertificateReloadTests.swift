import Foundation
import TestSupport
import Testing

@Suite("Client certificates and reloads")
struct ClientCertificateReloadTests {
    @Test("a reload that asks for certificates holds for connections that are there, too")
    func reload() async throws {
        let certificates = try await Certificates.ready()
        let (port, upstream) = try (FreePort(), Upstream.saying("hello"))
        func toml(_ ssl: String) -> String {
            Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl() + "\n" + ssl)
        }
        let gatehouse = try await ReloadingGatehouse(toml(""))
        defer { gatehouse.process.kill() }
        let client = try ChildProcess(
            "openssl",
            [
                "s_client", "-quiet", "-CAfile", certificates.authority, "-servername", "localhost", "-connect",
                "127.0.0.1:\(port)",
            ])
        defer { client.kill() }
        try client.write("GET /one HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try await client.output.first { $0.contains("200 OK") }
        let outcome = try await gatehouse.reload(
            toml("client_auth = \"require\"\nclient_ca_file = \"\(certificates.authority)\""))
        try #require(outcome.contains(": reloaded "), "\(outcome)")
        try client.write("GET /two HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        _ = try await client.output.first { $0.contains("HTTP/1.1 421 ") }
    }
}
