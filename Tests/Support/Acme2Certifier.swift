import Foundation

/// acme2certifier, an ACME authority that has what pebble 2.4 has not: renewal windows (RFC 9773) and profiles. It does not look
/// whether names are proved. What it has issued outlives it in its directory.
package final class Acme2Certifier: Sendable {
    package let process: ChildProcess
    /// Of its directory (RFC 8555 §7.1.1).
    package let directoryURL: String
    private let certificates: Certificates

    package static let isThere = FileManager.default.fileExists(atPath: Place.root + ".build-venv/bin/a2c-cli")

    /// - Parameters:
    ///   - port: its own.
    ///   - days: that certificates live.
    ///   - renewal: lines of its section `[Renewalinfo]`.
    ///   - directory: where it keeps its state.
    package init(port: FreePort, days: Int, renewal: [String], in directory: TemporaryDirectory) async throws {
        certificates = try await Certificates.ready()
        directoryURL = "https://localhost:\(port)/directory"
        try FileManager.default.createDirectory(atPath: directory.path + "/issued", withIntermediateDirectories: true)
        let file = try directory.write(
            "acme2certifier.cfg",
            """
            [DEFAULT]
            debug: False
            [CAhandler]
            handler_module: acme2certifier.cahandlers.openssl_ca_handler
            issuing_ca_key: \(certificates.authority.replacing(".crt", with: ".key"))
            issuing_ca_cert: \(certificates.authority)
            cert_validity_days: \(days)
            cert_save_path: \(directory.path)/issued
            issuing_ca_crl: \(directory.path)/ca.crl
            [DBhandler]
            handler_module: acme2certifier.dbhandlers.wsgi_handler
            dbfile: \(directory.path)/acme.db
            [Challenge]
            challenge_validation_disable: True
            [Order]
            profiles: {"classic": "https://localhost/classic", "shortlived": "https://localhost/shortlived"}
            [Renewalinfo]
            \(renewal.joined(separator: "\n"))
            """)
        process = try ChildProcess(
            Place.pythonWithLibraries,
            [
                Place.peer("acme2certifier_server.py"), "\(port)", file, certificates.local.certificate, certificates.local.key,
            ])
        _ = try await process.output.first("ready") { $0 == "ready" }
    }

    /// The lines of `[sites.ssl]` for a certificate of it.
    package var ssl: String {
        """
        [sites.ssl]
        auto_cert = true
        [sites.ssl.acme]
        directory = "\(directoryURL)"
        email = "ops@example.com"
        ca_file = "\(certificates.authority)"
        """
    }

    /// What has been ordered: the payload of each order.
    package var orders: [[String: Any]] {
        process.output.all.filter { $0.hasPrefix("order ") }.compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.dropFirst(6).utf8)) as? [String: Any]
        }
    }
}
