extension TLSSettings {
    private static let fileKeys = [
        "cert_file", "cert_path", "key_file", "key_path", "key_passphrase_file", "certificates",
    ]

    /// Reads `[sites.ssl]`; nil: the site is plain HTTP.
    ///
    /// - Parameter hostname: the site's first name, from which the default files are named as BWS does.
    static func read(_ table: TableReader, hostname: String?) -> TLSSettings? {
        let cert = table.string(["cert_file", "cert_path"], allowEmpty: false)
        let key = table.string(["key_file", "key_path"], allowEmpty: false)
        let stem = "./certs/\(hostname ?? "localhost")"
        var settings = TLSSettings(certFile: cert?.value ?? stem + ".crt", keyFile: key?.value ?? stem + ".key")
        table.read("key_passphrase_file", into: &settings.passphraseFile)
        settings.certificates = table.tables("certificates").compactMap(Certificate.init(reading:))
        settings.readPolicy(table)
        settings.clientAuthentication = ClientAuthenticationSettings(reading: table)
        settings.stapling = StaplingSettings(reading: table)
        settings.readProtocols(table)
        table.read("auto_cert", into: &settings.autoCert)
        settings.domains = table.strings(["domains"])?.compactMap { domain(table, $0) } ?? []
        var issuer = Issuer.acme
        table.read("issuer", into: &issuer)
        settings.issuer = table.has("issuer") ? issuer : nil
        settings.onDemand = OnDemand.read(table.table("on_demand"), isAsked: settings.autoCert)
        let acme = table.table("acme")
        settings.acme = ACMESettings.read(acme, isAsked: settings.autoCert)
        // Whoever asks for a certificate wants to use it.
        var isEnabled = settings.autoCert
        table.read("enabled", into: &isEnabled)
        table.finish()
        let hasFiles = fileKeys.contains(where: table.has)
        // PKCS#12 has both in one file.
        if let cert, key == nil, isArchive(cert.value) { settings.keyFile = cert.value }
        if !isEnabled {
            if !table.has("enabled") { settings.reportPlain(table, acme, hasFiles: hasFiles) }
            return nil
        }
        if settings.autoCert {
            checkAutomatic(table)
        } else {
            checkManual(table, acme)
            checkFiles(table, settings, hasFiles: hasFiles)
        }
        return settings
    }

    /// Reports a table that says how TLS is to be spoken, on a site that speaks none: whoever wrote it wants TLS.
    private func reportPlain(_ table: TableReader, _ acme: TableReader, hasFiles: Bool) {
        // What has no effect without auto_cert says so itself; what is off is meant to be.
        let silent = ["auto_cert", "on_demand"] + (Self.isOff(acme) ? ["acme"] : [])
        let written = table.entries.map(\.key).filter { !silent.contains($0) }
        guard !written.isEmpty else { return }
        let ofManaged: Set = ["acme", "domains", "issuer"]
        let isManaged = ofManaged.isSuperset(of: written)
        let hint = "add \(isManaged ? "auto_cert" : "enabled") = true (or enabled = false, to say that it is meant)"
        if clientAuthentication.mode != .none {
            table.error(at: "client_auth", "protects nothing: this site is served without TLS", hint: hint)
            return
        }
        let isOfACME = written == ["acme"]
        table.reading.report(
            .warning, isOfACME ? acme.path : table.path, at: isOfACME ? acme.position : table.position,
            hasFiles
                ? "names a certificate, but this site is served without TLS"
                : "says how TLS is to be spoken, but this site is served without TLS",
            hint: hint)
    }

    /// Is it PKCS#12, by its name?
    static func isArchive(_ file: String) -> Bool {
        [".p12", ".pfx"].contains { file.lowercased().hasSuffix($0) }
    }

    /// Does it say that it is not meant?
    private static func isOff(_ acme: TableReader) -> Bool {
        if case .boolean(false) = acme.peek("enabled")?.value { true } else { false }
    }

    private static func domain(_ table: TableReader, _ text: Written<String>) -> String? {
        switch HostName.checkSiteName(text.value) {
        case .success(let name): return name
        case .failure(let fault):
            table.reading.error(text, "\"\(text.value)\" is not a host name: \(fault.reason)", hint: fault.hint)
            return nil
        }
    }

    private static func checkAutomatic(_ table: TableReader) {
        for key in fileKeys where table.has(key) {
            table.error(
                at: key, "is not used: auto_cert gets the certificate by itself",
                hint: "keep one of them")
        }
    }

    private static func checkManual(_ table: TableReader, _ acme: TableReader) {
        let key = ["domains", "issuer"].first(where: table.has)
        guard key != nil || acme.isWritten, !isOff(acme) else { return }
        let path = acme.isWritten ? acme.path : "\(table.path).\(key ?? "")"
        table.reading.report(
            .warning, path, at: acme.isWritten ? acme.position : table.position(of: key ?? ""),
            "has no effect without auto_cert", hint: "write auto_cert = true in \(table.path), or take it out")
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
            if !hasKey, !isArchive(settings.certFile) {
                table.missing("key_file", hint: "the PEM file of the key that belongs to cert_file")
            }
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
    /// - Parameter isAsked: whether `auto_cert` is on.
    static func read(_ table: TableReader, isAsked: Bool) -> ACMESettings {
        var settings = ACMESettings()
        settings.isWritten = table.isWritten
        var isEnabled = isAsked
        table.read("enabled", into: &isEnabled)
        if isAsked, !isEnabled {
            table.error(
                at: "enabled", "is off, and nothing else can get the certificate that auto_cert asks for",
                hint: "take it out, or write auto_cert = false and name cert_file and key_file")
        }
        table.read("email", into: &settings.email)
        table.read("staging", into: &settings.staging)
        table.read("challenge_dir", into: &settings.challengeDir)
        settings.readDirectory(table)
        settings.fallback = table.strings(["fallback"])?.compactMap { checked($0, table) } ?? []
        settings.caFile = table.string(["ca_file"], allowEmpty: false)?.value
        settings.eabKid = table.string(["eab_kid"], allowEmpty: false)?.value
        settings.eabHmacKey = table.string(["eab_hmac_key"], allowEmpty: false)?.value
        if table.has("eab_kid") != table.has("eab_hmac_key") {
            table.missing(table.has("eab_kid") ? "eab_hmac_key" : "eab_kid", hint: "an external account has both")
        }
        table.read("key_type", into: &settings.keyType)
        settings.preferredChain = table.string(["preferred_chain"], allowEmpty: false)?.value
        settings.dnsUpdate = DNSUpdateSettings.read(table.table("dns_update"))
        settings.profile = table.string(["profile"], allowEmpty: false)?.value
        settings.dnsHook = table.string(["dns_hook"], allowEmpty: false)?.value
        table.readDuration("dns_hook_timeout", into: &settings.dnsHookTimeout)
        table.finish()
        return settings
    }

    /// RFC 8555 §6.1.
    private static func checked(_ text: Written<String>, _ table: TableReader) -> String? {
        if text.value.lowercased().hasPrefix("https://") { return text.value }
        table.reading.error(text, "\"\(text.value)\" is no https URL", hint: "such as \"https://acme.example.com/directory\"")
        return nil
    }

    private mutating func readDirectory(_ table: TableReader) {
        guard let text = table.string(["directory"], allowEmpty: false) else { return }
        directory = text.value
        _ = Self.checked(text, table)
        if staging {
            table.reading.error(text, "says what staging says too", hint: "staging is Let's Encrypt's; keep one of them")
        }
    }
}
