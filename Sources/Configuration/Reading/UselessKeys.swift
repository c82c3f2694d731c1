// Keys that have no effect beside what else is written, and are told of: who has written them waits for it in vain.
extension TableReader {
    /// - Parameter hint: what to do.
    func warnUseless(_ keys: String..., because reason: String, hint: String? = nil) {
        for key in keys where has(key) { warning(at: key, "has no effect: \(reason)", hint: hint) }
    }

    /// Warns of a table that is not switched on, though something is written in it.
    /// - Parameter effect: what is not done.
    func warnIdle(isOn: Bool, _ effect: String) {
        guard !isOn, !has("enabled"), !entries.isEmpty, !reading.hasError else { return }
        reading.report(
            .warning, path, at: position, "is not enabled: \(effect)",
            hint: "add enabled = true (or enabled = false, to say that it is meant)")
    }

    /// Warns of `allowed_origins` where nothing is looked at by it: it protects no other requests.
    /// - Parameter reason: why there are no WebSockets.
    func warnUselessOrigins(because reason: String) {
        guard !reading.hasError else { return }
        warnUseless(
            "allowed_origins", because: "it is for WebSockets alone, and \(reason)",
            hint: "write websocket = true, or take it out; what pages of other origins may do is access_control's")
    }

    /// Blocks of those whose word is believed: that it is everybody's word is told.
    func believedBlocks(_ key: String) -> [AddressBlock] {
        let blocks = addressBlocks(key)
        if let all = blocks.first(where: { $0.prefixLength == 0 }) {
            warning(
                at: key, "\"\(all)\" believes everybody: a client can claim any address, and so pass allow_ips and limits",
                hint: "name the proxies alone")
        }
        return blocks
    }
}

/// What is written of pools and does nothing.
enum PoolUseChecks {
    /// What a site says of its own pools.
    struct Tables {
        let upstreams: [TableReader]
        /// Of all routes of the site.
        let routes: [TableReader]
        let balancing: TableReader
        let probes: TableReader
    }

    static func check(_ proxy: Proxy, _ tables: Tables) {
        // Of what is wrong it is not known what it would do.
        guard !tables.probes.reading.hasError, !proxy.upstreams.isEmpty else { return }
        checkUse(tables)
        checkHash(proxy.loadBalancing, tables)
        checkQueue(proxy, tables.balancing)
        checkProbes(proxy.healthCheck, tables.probes)
    }

    /// Pools that no route names.
    private static func checkUse(_ tables: Tables) {
        let used = Set(tables.routes.compactMap { $0.writtenText("upstream")?.value })
        // That there is no route at all is said of the proxy.
        guard !used.isEmpty else { return }
        var told: Set<String> = []
        for table in tables.upstreams {
            guard let name = table.writtenText("name"), !used.contains(name.value), told.insert(name.value).inserted
            else { continue }
            table.reading.warning(
                name, "no route goes to \"\(name.value)\"", hint: "add a route with upstream = \"\(name.value)\"")
        }
    }

    /// What the method `hash` looks at, where nothing is spread by it.
    private static func checkHash(_ balancing: LoadBalancing, _ tables: Tables) {
        let reason = "the method is not \"hash\""
        let hint = "write method = \"hash\", or take it out"
        let isOfPools = balancing.method == .hash
        if !isOfPools, !tables.routes.contains(where: { $0.writtenText("method")?.value == "hash" }) {
            tables.balancing.warnUseless("hash_on", because: reason, hint: hint)
        }
        let own = Set(tables.upstreams.compactMap { $0.writtenText("name")?.value })
        for route in tables.routes where route.has("hash_on") {
            // The method of a shared pool is its own.
            guard let upstream = route.writtenText("upstream")?.value, own.contains(upstream) else { continue }
            let method = route.writtenText("method")?.value
            if method.map({ $0 != "hash" }) ?? !isOfPools { route.warnUseless("hash_on", because: reason, hint: hint) }
        }
    }

    static func checkQueue(_ proxy: Proxy, _ balancing: TableReader) {
        guard !balancing.reading.hasError, !proxy.upstreams.contains(where: { $0.maxConns != nil }) else { return }
        balancing.warnUseless(
            "queue", "queue_timeout", because: "no server has max_conns, and so there is always room",
            hint: "write max_conns in the servers, or take it out")
    }

    static func checkProbes(_ check: HealthCheck, _ table: TableReader) {
        table.warnIdle(isOn: check.enabled, "nobody is asked")
        guard !table.reading.hasError else { return }
        switch check.kind {
        case .http: break
        case .tcp: table.warnUseless("path", "host", "expect", because: "type is \"tcp\"")
        case .grpc: table.warnUseless("path", "expect", because: "type is \"grpc\"")
        }
    }
}
