extension SharedPool {
    /// nil if it has no name or no server; that is reported.
    init?(reading table: TableReader) {
        let name = table.string(["name"], allowEmpty: false)
        if !table.has("name") { table.missing("name", hint: "the name that routes use") }
        let servers = table.tables("servers")
        proxy.upstreams = servers.compactMap { Upstream(reading: $0, ofPool: name?.value ?? "") }
        if !table.has("servers") || table.isAbsentOrEmpty("servers") {
            table.missing("servers", hint: "add [[upstreams.servers]] with url, such as \"http://127.0.0.1:3000\"")
        }
        var drains = false
        table.read("drain", into: &drains)
        if drains, let name { proxy.drain = [name.value] }
        let balancing = table.table("load_balancing")
        proxy.loadBalancing = LoadBalancing(reading: balancing)
        let timeout = table.table("timeout")
        timeout.readDuration("connect", into: &proxy.timeout.connect)
        timeout.readDuration("tls_handshake", into: &proxy.timeout.tlsHandshake)
        timeout.finish()
        let retry = table.table("retry")
        retry.read("budget_percent", into: &proxy.retry.budgetPercent, in: 0...100)
        retry.finish()
        let probes = table.table("health_check")
        proxy.healthCheck = HealthCheck(reading: probes)
        proxy.passiveHealth = PassiveHealth(reading: table.table("passive_health"))
        table.finish()
        proxy.checkProbes(probes)
        PoolUseChecks.checkProbes(proxy.healthCheck, probes)
        PoolUseChecks.checkQueue(proxy, balancing)
        if let name { UpstreamChecks.check(servers, pool: name.value) }
        guard let name, !proxy.upstreams.isEmpty else { return nil }
        self.name = name.value
    }
}

/// What holds between shared pools and sites.
enum SharedPoolChecks {
    /// The names of all pools, each once; also of pools that are faulty otherwise.
    static func names(_ tables: [TableReader]) -> [String] {
        var seen: [String: TableReader] = [:]
        var names: [String] = []
        for table in tables {
            guard let name = table.writtenText("name") else { continue }
            if let first = seen[name.value] {
                let location = table.reading.location(of: first.position, seenFrom: table.position)
                table.reading.error(
                    name, "\"\(name.value)\" is a pool already, in \(location)",
                    hint: "write all servers of a pool as its [[upstreams.servers]]")
            } else {
                seen[name.value] = table
                names.append(name.value)
            }
        }
        return names
    }

    /// Reports pools that no route names.
    static func checkUse(_ tables: [TableReader], by sites: [Site]) {
        guard !tables.isEmpty else { return }
        let used = Set(sites.flatMap(\.everyRoute).map(\.upstream))
        for table in tables {
            guard let name = table.writtenText("name"), !used.contains(name.value) else { continue }
            table.reading.warning(
                name, "no route goes to \"\(name.value)\"", hint: "add a route with upstream = \"\(name.value)\"")
        }
    }

    /// Reports cookies that browsers take over TLS alone, where a site that has none sends to the pool.
    static func checkCookies(_ tables: [TableReader], _ pools: [SharedPool], by sites: [Site]) {
        for table in tables {
            guard let name = table.writtenText("name")?.value, let pool = pools.first(where: { $0.name == name }),
                pool.proxy.loadBalancing.setsSecureCookies,
                let site = sites.first(where: { $0.losesSecureCookies && $0.sends(to: name) })
            else { continue }
            table.table("load_balancing").warning(
                at: "sticky_same_site", "browsers refuse the cookie of \"\(site.name)\": it is Secure, and that site has no ssl",
                hint: "add [sites.ssl] there; if a proxy in front ends TLS, name it in trusted_proxies")
        }
    }

    /// Reports what a site says of pools where it uses only shared ones.
    /// - Parameter table: `[sites.proxy]`.
    static func checkSettings(_ table: TableReader) {
        for key in ["load_balancing", "health_check", "passive_health"] where table.has(key) {
            table.error(at: key, message, hint: "write it as [upstreams.\(key)]")
        }
        let tables = [("timeout", ["connect", "tls_handshake"]), ("retry", ["budget_percent"])]
        for (name, keys) in tables {
            guard case .table(let inner) = table.peek(name)?.value else { continue }
            for entry in inner.entries where keys.contains(entry.key) {
                table.reading.report(
                    .error, "\(table.path).\(name).\(entry.key)", at: entry.node.position, message,
                    hint: "write it in [upstreams.\(name)]")
            }
        }
    }

    private static let message = "does nothing: the site has no upstreams of its own"
}

extension Site {
    fileprivate var everyRoute: [Route] { (proxy?.routes ?? []) + routes }

    fileprivate func sends(to pool: String) -> Bool { everyRoute.contains { $0.upstream == pool } }
}
