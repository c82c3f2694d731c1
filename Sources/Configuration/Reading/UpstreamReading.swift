extension Upstream {
    /// nil if it has no usable address; that is reported.
    /// - Parameter pool: the name of the pool whose table this is in; nil: the table names it.
    init?(reading table: TableReader, ofPool pool: String? = nil) {
        let name = pool ?? table.string(["name"], allowEmpty: false)?.value
        let address = table.string(["url"], allowEmpty: false)
        if pool == nil, !table.has("name") { table.missing("name", hint: "the name that routes use") }
        if !table.has("url") { table.missing("url", hint: "such as \"http://127.0.0.1:3000\"") }
        var url: UpstreamURL?
        if let address {
            do {
                url = try UpstreamURL(parsing: address.value, takesHTTP2: true)
            } catch {
                // A password must not reach the diagnostics log.
                let shown = address.value.contains("@") ? "" : "\"\(address.value)\" is "
                let message = "\(shown)not an upstream's address: \(error.reason)"
                table.reading.error(address, message, hint: error.hint)
            }
        }
        // Read into locals first: every key is checked even when the address is not usable.
        var settings = Settings()
        settings.read(table)
        let http = UpstreamHTTP(reading: table, url: url, sendsProxyHeader: settings.sendProxy != nil)
        table.finish()
        guard let name, let url else { return nil }
        settings.check(table, isTLS: url.scheme.isTLS)
        self.name = name
        self.url = url
        weight = settings.weight
        maxConns = settings.maxConns
        handshakeRate = settings.handshakeRate
        idleTimeout = settings.idleTimeout
        backup = settings.backup
        drain = settings.drain
        caFile = settings.caFile
        crlFile = settings.crlFile
        tlsServerName = settings.tlsServerName
        clientCertFile = settings.clientCertFile
        clientKeyFile = settings.clientKeyFile
        verify = settings.verify
        tlsMinVersion = settings.tlsMinVersion
        tlsSuites = settings.tlsSuites
        tlsPins = settings.tlsPins
        sendProxy = settings.sendProxy
        self.http = http
    }
}

private struct Settings {
    var weight = 1
    var maxConns: Int?
    var handshakeRate = 0
    var idleTimeout: Duration?
    var backup = false
    var drain = false
    var caFile: String?
    var crlFile: String?
    var tlsServerName: String?
    var clientCertFile: String?
    var clientKeyFile: String?
    var verify = true
    var tlsMinVersion = TLSSettings.Version.tls12
    var tlsSuites: [String]?
    var tlsPins: [[UInt8]] = []
    var sendProxy: SendProxy?

    mutating func read(_ table: TableReader) {
        table.read("weight", into: &weight, in: 0...65_535)
        table.read("max_conns", into: &maxConns, in: 1...1_000_000)
        table.read("handshake_rate", into: &handshakeRate, in: 0...1_000_000)
        table.readDuration("idle_timeout", into: &idleTimeout)
        table.read("backup", into: &backup)
        table.read("drain", into: &drain)
        table.read("ca_file", into: &caFile)
        table.read("crl_file", into: &crlFile)
        if let text = table.string(["tls_server_name"], allowEmpty: false) {
            switch HostName.check(text.value) {
            case .success(let name): tlsServerName = name
            case .failure(let fault):
                table.reading.error(text, "\"\(text.value)\" is not a host name: \(fault.reason)", hint: fault.hint)
            }
        }
        table.read("client_cert_file", into: &clientCertFile)
        table.read("client_key_file", into: &clientKeyFile)
        table.read("verify", into: &verify)
        table.read("tls_min_version", into: &tlsMinVersion)
        tlsSuites = table.suites("tls_suites")
        tlsPins = table.publicKeyPins("tls_pins")
        table.readSendProxy(into: &sendProxy)
        if table.has("client_cert_file") != table.has("client_key_file") {
            table.missing(
                table.has("client_cert_file") ? "client_key_file" : "client_cert_file",
                hint: "a client certificate needs both client_cert_file and client_key_file")
        }
    }

    func check(_ table: TableReader, isTLS: Bool) {
        for key in [
            "ca_file", "crl_file", "tls_server_name", "client_cert_file", "client_key_file", "verify", "tls_min_version",
            "tls_suites", "tls_pins",
        ]
        where !isTLS && table.has(key) {
            table.warning(at: key, "has no effect: the url is not https or wss")
        }
        if isTLS && !verify && crlFile != nil {
            table.error(
                at: "crl_file", "protects nothing: verify = false",
                hint: "name the authority that signed the certificate with ca_file, and leave verify out")
        }
        if isTLS && !verify {
            table.warning(
                at: "verify", "the upstream's certificate is not checked: whoever is in between can read and change everything",
                hint: "name the authority that signed it with ca_file")
        }
    }
}

/// What holds between the upstreams of one site.
enum UpstreamChecks {
    /// The names of all pools, in order, each once; also of upstreams that are faulty otherwise, so that one mistake is not
    /// reported twice.
    static func names(_ tables: [TableReader]) -> [String] {
        var seen: Set<String> = []
        return tables.compactMap { text($0, "name") }.filter { seen.insert($0).inserted }
    }

    /// - Parameter pool: the pool of all of them; nil: each table names its own.
    static func check(_ tables: [TableReader], pool: String? = nil) {
        var pools: [String: (first: TableReader, hasWeight: Bool)] = [:]
        var addresses: Set<[String]> = []
        for table in tables {
            guard let name = pool ?? text(table, "name") else { continue }
            var isZero = false
            if case .integer(0) = table.peek("weight")?.value { isZero = true }
            if case .boolean(true) = table.peek("backup")?.value { isZero = true }
            pools[name, default: (table, false)].hasWeight = pools[name]?.hasWeight ?? false || !isZero
            if let url = text(table, "url"), !addresses.insert([name, url]).inserted {
                table.reading.report(
                    .warning, table.path, at: table.position, "the same server stands in \"\(name)\" already",
                    hint: "to give it more requests, use weight")
            }
        }
        for (name, pool) in pools where !pool.hasWeight {
            pool.first.error(at: "weight", "every upstream of \"\(name)\" has weight 0 or is a backup: none may take a request")
        }
    }

    private static func text(_ table: TableReader, _ key: String) -> String? {
        guard case .string(let text) = table.peek(key)?.value else { return nil }
        return text
    }
}
