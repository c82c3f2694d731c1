extension TLSSettings {
    /// Reads `[sites.ssl]`; nil: the site is plain HTTP.
    ///
    /// - Parameter hostname: the site's first name, from which the default files are named as BWS does.
    static func read(_ table: TableReader, hostname: String?) -> TLSSettings? {
        var isEnabled = false
        table.read("enabled", into: &isEnabled)
        let cert = table.string(["cert_file", "cert_path"], allowEmpty: false)
        let key = table.string(["key_file", "key_path"], allowEmpty: false)
        let stem = "./certs/\(hostname ?? "localhost")"
        var settings = TLSSettings(certFile: cert?.value ?? stem + ".crt", keyFile: key?.value ?? stem + ".key")
        table.read("min_version", "min_tls_version", into: &settings.minVersion)
        settings.readProtocols(table)
        table.read("auto_cert", into: &settings.autoCert)
        table.read("domains", into: &settings.domains)
        settings.acme = ACMESettings(reading: table.table("acme"))
        table.finish()
        if settings.autoCert && settings.acme.email.isEmpty {
            table.missing("acme.email", hint: "auto_cert needs an address: [sites.ssl.acme] email = \"…\"")
        }
        let hasFiles = ["cert_file", "cert_path", "key_file", "key_path"].contains(where: table.has)
        if !isEnabled {
            if hasFiles && !table.has("enabled") {
                table.reading.report(
                    .warning, table.path, at: table.position, "names a certificate, but this site is served without TLS",
                    hint: "add enabled = true (or enabled = false, to say that it is meant)")
            }
            return nil
        }
        checkFiles(table, settings, hasFiles: hasFiles)
        return settings
    }

    private mutating func readProtocols(_ table: TableReader) {
        table.read("alpn", into: &alpn)
        let known = ["h2", "http/1.1"]
        guard alpn.isEmpty || Set(alpn).count < alpn.count || !alpn.allSatisfy(known.contains) else { return }
        table.reading.report(
            .error, "\(table.path).alpn", at: table.position, "must name each of \"h2\" and \"http/1.1\" at most once, and one",
            hint: "alpn = [\"http/1.1\"] turns HTTP/2 off")
        alpn = known
    }

    private static func checkFiles(_ table: TableReader, _ settings: TLSSettings, hasFiles: Bool) {
        let hasCert = table.has("cert_file") || table.has("cert_path")
        let hasKey = table.has("key_file") || table.has("key_path")
        if hasFiles {
            if !hasCert { table.missing("cert_file", hint: "the PEM file of the certificate that belongs to key_file") }
            if !hasKey { table.missing("key_file", hint: "the PEM file of the key that belongs to cert_file") }
        } else if settings.certFile.contains("*") || settings.certFile.contains("[") {
            table.missing("cert_file", hint: "cert_file and key_file must be given where hostname is no plain name")
        } else {
            table.reading.report(
                .warning, "\(table.path).cert_file", at: table.position,
                "not given: \(settings.certFile) and \(settings.keyFile) are used",
                hint: "write cert_file and key_file")
        }
    }
}

extension ACMESettings {
    init(reading table: TableReader) {
        table.read("enabled", into: &enabled)
        table.read("email", into: &email)
        table.read("staging", into: &staging)
        table.read("challenge_dir", into: &challengeDir)
        table.finish()
    }
}
