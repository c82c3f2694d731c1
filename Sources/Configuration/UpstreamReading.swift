extension Upstream {
    /// nil if it has no usable address; that is reported.
    init?(reading table: TableReader) {
        let name = table.string(["name"], allowEmpty: false)
        let address = table.string(["url"], allowEmpty: false)
        if !table.has("name") { table.missing("name", hint: "the name that routes use") }
        if !table.has("url") { table.missing("url", hint: "such as \"http://127.0.0.1:3000\"") }
        var url: UpstreamURL?
        if let address {
            do {
                url = try UpstreamURL(parsing: address.value)
            } catch {
                let message = "\"\(address.value)\" is not an upstream's address: \(error.reason)"
                table.reading.error(address, message, hint: error.hint)
            }
        }
        // Read into locals first: every key is checked even when the address is not usable.
        var settings = Settings()
        settings.read(table)
        table.finish()
        guard let name, let url else { return nil }
        settings.check(table, isTLS: url.scheme.isTLS)
        self.name = name.value
        self.url = url
        weight = settings.weight
        maxConns = settings.maxConns
        caFile = settings.caFile
        tlsServerName = settings.tlsServerName
        clientCertFile = settings.clientCertFile
        clientKeyFile = settings.clientKeyFile
        verify = settings.verify
    }
}

private struct Settings {
    var weight = 1
    var maxConns: Int?
    var caFile: String?
    var tlsServerName: String?
    var clientCertFile: String?
    var clientKeyFile: String?
    var verify = true

    mutating func read(_ table: TableReader) {
        table.read("weight", into: &weight, in: 0...65_535)
        table.read("max_conns", into: &maxConns, in: 1...1_000_000)
        table.read("ca_file", into: &caFile)
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
        if table.has("client_cert_file") != table.has("client_key_file") {
            table.missing(
                table.has("client_cert_file") ? "client_key_file" : "client_cert_file",
                hint: "a client certificate needs both client_cert_file and client_key_file")
        }
    }

    func check(_ table: TableReader, isTLS: Bool) {
        for key in ["ca_file", "tls_server_name", "client_cert_file", "client_key_file", "verify"]
        where !isTLS && table.has(key) {
            report(table, key, "has no effect: the url is not https or wss", hint: nil)
        }
        if isTLS && !verify {
            report(
                table, "verify",
                "the upstream's certificate is not checked: whoever is in between can read and change everything",
                hint: "name the authority that signed it with ca_file")
        }
    }

    private func report(_ table: TableReader, _ key: String, _ message: String, hint: String?) {
        let position = table.entries.first { $0.key == key }?.node.position ?? table.position
        table.reading.report(.warning, "\(table.path).\(key)", at: position, message, hint: hint)
    }
}

/// What holds between the upstreams of one site.
enum UpstreamChecks {
    /// The names of all pools, in order, each once; also of upstreams that are faulty otherwise, so that one mistake is not
    /// reported twice.
    static func names(_ tables: [TableReader]) -> [String] {
        var names: [String] = []
        for table in tables {
            if let name = text(table, "name"), !names.contains(name) { names.append(name) }
        }
        return names
    }

    static func check(_ tables: [TableReader]) {
        var hasWeight: [String: Bool] = [:]
        var addresses: Set<[String]> = []
        for table in tables {
            guard let name = text(table, "name") else { continue }
            hasWeight[name] = hasWeight[name, default: false] || !isWeightZero(table)
            if let url = text(table, "url"), !addresses.insert([name, url]).inserted {
                table.reading.report(
                    .warning, table.path, at: table.position, "the same server stands in \"\(name)\" already",
                    hint: "to give it more requests, use weight")
            }
        }
        for name in names(tables) where hasWeight[name] == false {
            guard let table = tables.first(where: { text($0, "name") == name }) else { continue }
            table.reading.report(
                .error, "\(table.path).weight",
                at: table.entries.first { $0.key == "weight" }?.node.position ?? table.position,
                "every upstream of \"\(name)\" has weight 0: none may take a request")
        }
    }

    private static func text(_ table: TableReader, _ key: String) -> String? {
        guard let entry = table.entries.first(where: { $0.key == key }), case .string(let text) = entry.node.value
        else { return nil }
        return text
    }

    private static func isWeightZero(_ table: TableReader) -> Bool {
        guard let entry = table.entries.first(where: { $0.key == "weight" }), case .integer(0) = entry.node.value
        else { return false }
        return true
    }
}
