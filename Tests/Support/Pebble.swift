/// pebble, an ACME authority for tests, with a configuration of a test's own. It forgets everything when it ends.
package final class Pebble: Sendable {
    package let process: ChildProcess
    /// Of its directory (RFC 8555 §7.1.1).
    package let directoryURL: String
    private let management: FreePort
    private let names: NameServer?
    private let certificates: Certificates
    private let listener: FreePort

    /// - Parameters:
    ///   - http: the port that it looks at for http-01.
    ///   - tls: the port that it looks at for tls-alpn-01.
    ///   - names: that lead to 127.0.0.1 for it; none of others leads anywhere.
    ///   - lifetime: of certificates, in seconds.
    ///   - environment: PEBBLE_…, see its README.
    package init(
        http: FreePort, tls: FreePort, names: [String], lifetime: Int = 86_400, listener: FreePort? = nil,
        environment: [String: String] = [:], in directory: TemporaryDirectory
    ) async throws {
        certificates = try await Certificates.ready()
        management = try FreePort()
        self.listener = try listener ?? FreePort()
        directoryURL = "https://localhost:\(self.listener)/dir"
        let server = try NameServer(
            Dictionary(uniqueKeysWithValues: names.map { ($0, .addresses(["127.0.0.1"], ttl: 1)) }))
        self.names = server
        let file = try directory.write(
            "pebble-\(self.listener).json",
            """
            {"pebble": {
                "listenAddress": "127.0.0.1:\(self.listener)", "managementListenAddress": "127.0.0.1:\(management)",
                "certificate": "\(certificates.local.certificate)", "privateKey": "\(certificates.local.key)",
                "httpPort": \(http), "tlsPort": \(tls), "ocspResponderURL": "", "externalAccountBindingRequired": false,
                "certificateValidityPeriod": \(lifetime)
            }}
            """)
        process = try ChildProcess(
            "pebble", ["-config", file, "-dnsserver", "\(server)"],
            environment: ["PEBBLE_VA_NOSLEEP": "1"].merging(environment) { $1 })
        _ = try await process.output.first("pebble listening") { $0.contains("ACME directory available at") }
    }

    /// The lines of `[sites.ssl]` for a certificate of it.
    package var ssl: String {
        """
        [sites.ssl]
        auto_cert = true
        [sites.ssl.acme]
        directory = "\(directoryURL)"
        ca_file = "\(certificates.authority)"
        """
    }

    /// Its root's certificate, which it makes anew at each start, as a file.
    package func root(in directory: TemporaryDirectory) async throws -> String {
        let outcome = try await Command.curl([
            "--cacert", certificates.authority, "https://localhost:\(management)/roots/0",
        ])
        return try directory.write("root.crt", outcome.text)
    }

    /// How many requests of this kind it has had: "/order-plz".
    package func count(_ path: String) -> Int { process.output.all.count { $0.contains("POST \(path) ->") } }
}
