extension TCPListener {
    /// Reads one listener; what is wrong with it is reported.
    init(reading table: TableReader) {
        table.read("name", into: &name)
        if table.isAbsentOrEmpty("name") { table.missing("name", hint: "for messages and logs, such as name = \"mail\"") }
        table.readListen("listen", into: &listen)
        table.read("port", into: &port, in: 1...65_535)
        if !table.has("port") { table.missing("port", hint: "such as port = 993") }
        let fallback = table.string(["upstream"], allowEmpty: false)
        upstream = fallback?.value
        let nameTables = table.tables("sni")
        names = nameTables.map(TCPName.init(reading:))
        let servers = table.tables("upstreams")
        upstreams = servers.compactMap(Upstream.init(readingTCP:))
        method = table.balancingMethod() ?? method
        if [.leastTime].contains(method) {
            table.error(
                at: "method", "a connection has no time of an answer",
                hint: "least_connections, round_robin, weighted, random_two or hash (by the client's address)")
        }
        table.readDuration("connect_timeout", into: &connectTimeout)
        table.readDuration("idle_timeout", into: &idleTimeout)
        proxyProtocol = ProxyProtocol.read(table.table("proxy_protocol"))
        let probes = table.table("health_check")
        healthCheck = HealthCheck(readingTCP: probes)
        table.finish()
        UpstreamChecks.check(servers)
        checkPools(UpstreamChecks.names(servers), fallback, nameTables, table)
        probes.warnIdle(isOn: healthCheck.enabled, "nobody is asked")
    }

    private func checkPools(
        _ pools: [String], _ fallback: Written<String>?, _ nameTables: [TableReader], _ table: TableReader
    ) {
        if fallback == nil, nameTables.isEmpty, !table.has("sni") {
            table.missing("upstream", hint: "the name of one of [[tcp.upstreams]]; or [[tcp.sni]], to choose by name")
        }
        let written = nameTables.compactMap { $0.writtenText("upstream") } + (fallback.map { [$0] } ?? [])
        for text in written where !pools.contains(text.value) {
            table.reading.error(
                text, "no upstream is named \"\(text.value)\"",
                hint: pools.isEmpty
                    ? "add [[tcp.upstreams]] with name = \"\(text.value)\" and address"
                    : DidYouMean.hint(for: text.value, among: pools)
                        ?? "there are: \(pools.prefix(8).map { "\"\($0)\"" }.joined(separator: ", "))")
        }
        var owners: [String: Int] = [:]
        for (index, name) in names.enumerated() {
            for hostname in name.hostnames where owners.updateValue(index, forKey: hostname) != nil {
                let place = nameTables[index]
                place.error(at: "hostnames", "\"\(hostname)\" stands in another [[tcp.sni]] already", hint: "keep one of them")
            }
        }
    }
}

extension TCPName {
    fileprivate init(reading table: TableReader) {
        for text in table.strings(["hostnames"], orOne: true) ?? [] {
            switch HostName.checkSiteName(text.value) {
            case .success(let hostname): if !hostnames.contains(hostname) { hostnames.append(hostname) }
            case .failure(let fault):
                table.reading.error(text, "\"\(text.value)\" is not a host name: \(fault.reason)", hint: fault.hint)
            }
        }
        if table.isAbsentOrEmpty("hostnames") { table.missing("hostnames", hint: "such as hostnames = [\"mail.example.com\"]") }
        upstream = table.string(["upstream"], allowEmpty: false)?.value ?? ""
        if !table.has("upstream") { table.missing("upstream", hint: "the name of one of [[tcp.upstreams]]") }
        table.finish()
    }
}

extension Upstream {
    /// A server of `[[tcp]]`; nil if it has no usable address, which is reported.
    fileprivate init?(readingTCP table: TableReader) {
        let name = table.string(["name"], allowEmpty: false)
        let address = table.string(["address"], allowEmpty: false)
        if !table.has("name") { table.missing("name", hint: "the pool; upstream and [[tcp.sni]] name it") }
        if !table.has("address") { table.missing("address", hint: "such as \"10.0.0.5:993\"") }
        var url: UpstreamURL?
        if let address {
            do {
                url = try UpstreamURL(tcpAddress: address.value)
            } catch {
                table.reading.error(
                    address, "\"\(address.value)\" is not an address: \(error.reason)",
                    hint: "host and port: \"10.0.0.5:993\", \"[2001:db8::5]:993\", \"mail.internal:993\"")
            }
        }
        var (weight, backup, drain) = (1, false, false)
        var maxConns: Int?
        var sendProxy: SendProxy?
        table.read("weight", into: &weight, in: 0...65_535)
        table.read("max_conns", into: &maxConns, in: 1...1_000_000)
        table.read("backup", into: &backup)
        table.read("drain", into: &drain)
        table.readSendProxy(into: &sendProxy)
        table.finish()
        guard let name, let url else { return nil }
        self.name = name.value
        self.url = url
        self.weight = weight
        self.maxConns = maxConns
        self.backup = backup
        self.drain = drain
        self.sendProxy = sendProxy
    }
}

extension HealthCheck {
    /// `[tcp.health_check]`: a connection is all that is asked for.
    fileprivate init(readingTCP table: TableReader) {
        kind = .tcp
        table.read("enabled", into: &enabled)
        table.readDuration("interval", into: &interval)
        table.readDuration("timeout", into: &timeout)
        table.read("retries", into: &retries, in: 1...1000)
        table.read("rise", into: &rise, in: 1...1000)
        table.finish()
    }
}

extension TableReader {
    /// `send_proxy`.
    func readSendProxy(into target: inout SendProxy?) {
        var version = SendProxy.v2
        read("send_proxy", into: &version)
        if has("send_proxy") { target = version }
    }

    /// The text of a key as written, without reading it; nil if it is none.
    func writtenText(_ key: String) -> Written<String>? {
        guard let node = peek(key), case .string(let text) = node.value else { return nil }
        return Written(value: text, key: key, in: self, position: node.position)
    }
}

/// What holds between `[[tcp]]` and everything else that listens.
enum TCPChecks {
    static func check(
        _ listeners: [(listener: TCPListener, table: TableReader)], beside sites: [(site: Site, table: TableReader)]
    ) {
        var owners: [String: String] = [:]
        for (site, table) in sites where site.port != 0 { owners["\(site.listen) \(site.port)"] = table.path }
        var names: Set<String> = []
        for (listener, table) in listeners where listener.port != 0 {
            if let owner = owners.updateValue(table.path, forKey: "\(listener.listen) \(listener.port)") {
                table.error(
                    at: "port", "port \(listener.port) belongs to \(owner) already", hint: "give one of them another port")
            }
            if !listener.name.isEmpty, !names.insert(listener.name).inserted {
                table.error(
                    at: "name", "another [[tcp]] is named \"\(listener.name)\"",
                    hint: "its name tells it from others in the log")
            }
        }
    }
}
