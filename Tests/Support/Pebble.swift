/// pebble, an ACME authority for tests, with a configuration of a test's own. It forgets everything when it ends.
package final class Pebble: Sendable {
    package let process: ChildProcess
    /// Of its directory (RFC 8555 §7.1.1).
    package let directoryURL: String
    private let management: FreePort
    private let names: NameServer?
    private let certificates: Certificates
    /// Of its directory.
    package let listener: FreePort

    /// - Parameters:
    ///   - http: the port that it looks at for http-01.
    ///   - tls: the port that it looks at for tls-alpn-01.
    ///   - names: that lead to 127.0.0.1 for it; none of others leads anywhere.
    ///   - lifetime: of certificates, in seconds.
    ///   - accounts: external accounts (RFC 8555 §7.3.4), of which each client needs one; none: it needs none.
    ///   - nameServer: whom it asks for names, in place of a server that knows `names`.
    ///   - environment: PEBBLE_…, see its README.
    ///   - isStrict: refuses what later versions of ACME may refuse.
    ///   - at: the port of one that has ended, in whose place it is; nil: a port of its own.
    package init(
        http: FreePort, tls: FreePort, names: [String], lifetime: Int = 86_400, accounts: [String: String] = [:],
        nameServer: String? = nil, environment: [String: String] = [:], isStrict: Bool = false,
        at listener: FreePort? = nil, in directory: TemporaryDirectory
    ) async throws {
        certificates = try await Certificates.ready()
        management = try FreePort()
        self.listener = try listener ?? FreePort()
        directoryURL = "https://localhost:\(self.listener)/dir"
        let server = try NameServer(
            Dictionary(uniqueKeysWithValues: names.map { ($0, .addresses(["127.0.0.1"], ttl: 1)) }))
        self.names = server
        let file = try directory.write(
            "pebble-\(management).json",
            """
            {"pebble": {
                "listenAddress": "127.0.0.1:\(self.listener)", "managementListenAddress": "127.0.0.1:\(management)",
                "certificate": "\(certificates.local.certificate)", "privateKey": "\(certificates.local.key)",
                "httpPort": \(http), "tlsPort": \(tls), "ocspResponderURL": "",
                "externalAccountBindingRequired": \(!accounts.isEmpty),
                "externalAccountMACKeys": {\(accounts.map { "\"\($0)\": \"\($1)\"" }.joined(separator: ", "))},
                "certificateValidityPeriod": \(lifetime)
            }}
            """)
        process = try ChildProcess(
            "pebble", ["-config", file, "-dnsserver", nameServer ?? "\(server)"] + (isStrict ? ["-strict"] : []),
            environment: ["PEBBLE_VA_NOSLEEP": "1"].merging(environment) { $1 })
        _ = try await process.output.first("pebble listening") { $0.contains("ACME directory available at") }
    }

    /// Ends it as a machine that fails does.
    package func fail() async throws {
        process.kill()
        try await process.exit()
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

    /// The certificate of one of its roots, which it makes anew at each start, as a file.
    package func root(_ number: Int = 0, in directory: TemporaryDirectory) async throws -> String {
        let outcome = try await Command.curl([
            // It announces that port before it listens there.
            "--retry", "9", "--retry-connrefused", "--cacert", certificates.authority,
            "https://localhost:\(management)/roots/\(number)",
        ])
        return try directory.write("root-\(number).crt", outcome.text)
    }

    /// The certificate that it issues with, and its key, as files. It makes them anew at each start.
    package func issuer(in directory: TemporaryDirectory) async throws -> (certificate: String, key: String) {
        func file(_ path: String, _ name: String) async throws -> String {
            let outcome = try await Command.curl([
                "--retry", "9", "--retry-connrefused", "--cacert", certificates.authority,
                "https://localhost:\(management)/\(path)/0",
            ])
            return try directory.write(name, outcome.text)
        }
        return (try await file("intermediates", "issuer.crt"), try await file("intermediate-keys", "issuer.key"))
    }

    /// What it says of a certificate: JSON.
    /// - Parameter serial: hexadecimal.
    package func status(ofSerial serial: String) async throws -> String {
        try await Command.curl([
            "--cacert", certificates.authority, "https://localhost:\(management)/cert-status-by-serial/\(serial)",
        ]).text
    }

    /// How many requests of this kind it has had: "/order-plz".
    package func count(_ path: String) -> Int { process.output.all.count { $0.contains("POST \(path) ->") } }
}
