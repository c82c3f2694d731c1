import Foundation

/// A certificate that a test makes for itself with `openssl ca`, which alone lets its beginning be chosen.
package struct MadeCertificate: Sendable {
    package let file: String
    package let keyFile: String

    /// - Parameters:
    ///   - commonName: of its subject; nil: the name of its files.
    ///   - days: when it begins and ends, from now.
    ///   - names: of its subjectAltName, such as "DNS:a.test"; none if empty.
    ///   - issuer: another that this makes; nil: it signs itself.
    ///   - key: for `openssl genpkey`.
    ///   - extensions: further lines for its extensions.
    package static func make(
        _ name: String, commonName: String? = nil, in directory: TemporaryDirectory, days: ClosedRange<Int> = -1...300,
        names: [String] = [],
        issuer: MadeCertificate? = nil, key: [String] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        extensions: [String] = []
    ) async throws -> MadeCertificate {
        let made = MadeCertificate(file: "\(directory.path)/\(name).crt", keyFile: "\(directory.path)/\(name).key")
        let alternatives = names.isEmpty ? [] : ["subjectAltName = " + names.joined(separator: ",")]
        try directory.write("\(name).index", "")
        let configuration = try directory.write(
            "\(name).cnf",
            """
            [ca]
            default_ca = this
            [this]
            database = \(directory.path)/\(name).index
            new_certs_dir = \(directory.path)
            rand_serial = yes
            default_md = sha256
            policy = any
            x509_extensions = added
            unique_subject = no
            [any]
            commonName = supplied
            [added]
            subjectKeyIdentifier = hash
            \((alternatives + extensions).joined(separator: "\n"))
            """)
        try await openssl(["genpkey"] + key + ["-out", made.keyFile])
        let request = "\(directory.path)/\(name).csr"
        let subject = ["-utf8", "-subj", "/CN=\(commonName ?? name)"]
        try await openssl(["req", "-new", "-key", made.keyFile, "-out", request] + subject)
        let signer = issuer.map { ["-cert", $0.file, "-keyfile", $0.keyFile] } ?? ["-selfsign", "-keyfile", made.keyFile]
        try await openssl(
            ["ca", "-batch", "-notext", "-config", configuration, "-in", request, "-out", made.file] + signer
                + ["-startdate", date(days.lowerBound), "-enddate", date(days.upperBound)])
        return made
    }

    /// The lines of `[sites.ssl]` for it.
    package var ssl: String {
        "[sites.ssl]\nenabled = true\ncert_file = \"\(file)\"\nkey_file = \"\(keyFile)\"\n"
    }

    private static func openssl(_ arguments: [String]) async throws {
        let outcome = try await Command.run("openssl", arguments)
        guard outcome.exit == .code(0) else { throw ChildProcess.CannotStart(description: "openssl \(arguments): \(outcome)") }
    }

    /// As ASN.1 writes it: "20261128050000Z".
    private static func date(_ days: Int) -> String {
        let text = Date.now.addingTimeInterval(Double(days) * 86_400).ISO8601Format()
        return text.filter(\.isNumber) + "Z"
    }
}
