/// Stands between Gatehouse and an ACME authority, and spoils what a test tells it to: see `Peers/acme_proxy.py`.
package final class SpoilingProxy: Sendable {
    package let process: ChildProcess
    private let port: FreePort
    private let authority: Pebble
    private let certificates: Certificates

    /// - Parameter authority: lives as long as this.
    package init(before authority: Pebble) async throws {
        self.authority = authority
        certificates = try await Certificates.ready()
        port = try FreePort()
        process = try ChildProcess(
            Place.python,
            [
                Place.peer("acme_proxy.py"), certificates.local.certificate, certificates.local.key, "\(port)",
                "\(authority.listener)",
            ])
        _ = try await process.output.first("ready") { $0 == "ready" }
    }

    /// Of requests whose path begins so it does this from now on.
    package func spoil(_ path: String, _ what: String) async throws {
        let before = process.output.all.count
        try process.write("\(path) \(what)\n")
        _ = try await process.output.first("the rule") { [output = process.output] line in
            line == "rule \(path) \(what)" && output.all.count > before
        }
    }

    /// The path that it has held.
    package func held() async throws -> String { try await process.output.first("held") { $0.hasPrefix("held ") } }

    /// The lines of `[sites.ssl]` for a certificate by the authority behind it.
    package var ssl: String {
        """
        [sites.ssl]
        auto_cert = true
        [sites.ssl.acme]
        directory = "https://localhost:\(port)/dir"
        ca_file = "\(certificates.authority)"
        """
    }
}
