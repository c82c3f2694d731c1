extension Proxy {
    /// Reads `[sites.proxy]`; nil: nothing is proxied. A proxy that is switched off is checked all the same, but that
    /// its routes lead nowhere is then a warning.
    /// - Parameter siteRoutes: of `[[sites.routes]]`, which may name the pools as well.
    static func read(_ table: TableReader, beside siteRoutes: [TableReader], for gateway: Site.Inherited) -> Proxy? {
        // A site that only names shared pools needs no table of its own.
        let namesShared = siteRoutes.contains { gateway.sharedPools.contains($0.writtenText("upstream")?.value ?? "") }
        var isEnabled = !table.isWritten && namesShared
        table.read("enabled", into: &isEnabled)
        var proxy = Proxy()
        let upstreams = table.tables("upstreams")
        let routes = table.tables("routes")
        proxy.upstreams = upstreams.compactMap { Upstream(reading: $0) }
        proxy.routes.reserveCapacity(routes.count)
        for table in routes {
            if let route = Route(reading: table) { proxy.routes.append(route) }
        }
        proxy.drain = readDrain(table, among: proxy.upstreams)
        let balancing = table.table("load_balancing")
        proxy.loadBalancing = LoadBalancing(reading: balancing)
        proxy.timeout = ProxyTimeouts(reading: table.table("timeout"), requestTimeout: gateway.requestTimeout)
        proxy.headers = ProxyHeaders(reading: table.table("headers"), trustedProxies: gateway.trustedProxies)
        let probes = table.table("health_check")
        proxy.healthCheck = HealthCheck(reading: probes)
        proxy.passiveHealth = PassiveHealth(reading: table.table("passive_health"))
        proxy.retry = Retry(reading: table.table("retry"))
        table.finish()
        proxy.checkProbes(probes)
        UpstreamChecks.check(upstreams)
        let ownPools = UpstreamChecks.names(upstreams)
        checkNames(upstreams, beside: gateway.sharedPools)
        if ownPools.isEmpty, table.isWritten, !gateway.sharedPools.isEmpty { SharedPoolChecks.checkSettings(table) }
        for tables in isEnabled ? [routes + siteRoutes] : [routes, siteRoutes] { RouteChecks.checkOrder(tables) }
        RouteChecks.checkUpstreams(
            isEnabled ? routes + siteRoutes : routes, poolNames: ownPools + gateway.sharedPools,
            severity: isEnabled ? .error : .warning)
        guard isEnabled else {
            tellIdle(table, siteRoutes)
            return nil
        }
        if routes.isEmpty && !table.has("routes") && !siteRoutes.contains(where: { $0.has("upstream") }) {
            table.reading.report(
                .warning, table.path, at: table.position, "is enabled, but has no route: nothing is proxied",
                hint: "add [[sites.proxy.routes]] with path and upstream")
        }
        let tables = PoolUseChecks.Tables(
            upstreams: upstreams, routes: routes + siteRoutes, balancing: balancing, probes: probes)
        PoolUseChecks.check(proxy, tables)
        return proxy
    }
}

extension Proxy {
    /// What is written of a proxy that is switched off, and seems to be meant.
    private static func tellIdle(_ table: TableReader, _ siteRoutes: [TableReader]) {
        if table.isWritten && !table.has("enabled") {
            table.reading.report(
                .warning, table.path, at: table.position, "is not enabled: nothing is proxied", hint: "add enabled = true")
        }
        // Who may come is decided by the address that they name, for files and own answers as well.
        if case .table(let headers)? = table.peek("headers")?.value,
            let peers = headers.entries.first(where: { $0.key == "trusted_proxies" })
        {
            table.reading.report(
                .warning, "\(table.path).headers.trusted_proxies", at: peers.node.position,
                "nobody is believed: the proxy is not enabled",
                hint: "add enabled = true to [sites.proxy], or name them in security.trusted_proxies")
        }
        for route in siteRoutes where route.has("upstream") {
            route.error(
                at: "upstream", "leads nowhere: nothing is proxied",
                hint: "add [sites.proxy] with enabled = true")
        }
    }

    private static func checkNames(_ upstreams: [TableReader], beside shared: [String]) {
        for table in upstreams {
            guard let name = table.writtenText("name"), shared.contains(name.value) else { continue }
            table.reading.error(
                name, "\"\(name.value)\" is one of [[upstreams]] as well: it is not known which one routes mean",
                hint: "give one of them another name")
        }
    }

    /// gRPC is spoken over HTTP/2 alone.
    func checkProbes(_ table: TableReader) {
        guard healthCheck.enabled, healthCheck.kind == .grpc,
            let other = upstreams.first(where: { $0.http.version == .http1 })
        else { return }
        table.error(
            at: "type", "\"grpc\" needs HTTP/2, and \(other.url) speaks HTTP/1.1",
            hint: "add http_version = \"2\" to it, or write its url with h2c://")
    }

    private static func readDrain(_ table: TableReader, among upstreams: [Upstream]) -> [String] {
        guard let texts = table.strings(["drain"]) else { return [] }
        let names = upstreams.map(\.name)
        for text in texts where !names.contains(text.value) {
            let meant = DidYouMean.nearest(to: text.value, among: names)
            table.reading.error(
                text, "there is no upstream \"\(text.value)\"",
                hint: meant.map { "did you mean \"\($0)\"?" } ?? "names of upstreams")
        }
        return texts.map(\.value)
    }
}

extension ProxyTimeouts {
    /// - Parameter requestTimeout: of `[performance]`.
    init(reading table: TableReader, requestTimeout: Duration?) {
        table.readDuration("connect", into: &connect)
        table.readDuration("read", into: &read)
        table.readDuration("stream_idle", into: &streamIdle)
        table.readDuration("write", into: &write)
        table.readDuration("tls_handshake", into: &tlsHandshake)
        table.readDuration("first_byte", into: &firstByte)
        if table.has("first_byte") {
            firstByteKey = .firstByte
        } else if !table.has("read"), let requestTimeout {
            (firstByte, firstByteKey) = (requestTimeout, .requestTimeout)
        }
        table.finish()
    }
}

extension ProxyHeaders {
    init(reading table: TableReader, trustedProxies inherited: [AddressBlock]) {
        table.read("preserve_host", into: &preserveHost)
        table.read("add_forwarded", into: &addForwarded)
        table.read("add_x_forwarded", into: &addXForwarded)
        table.read("add_via", into: &addVia)
        table.read("allow_underscores", into: &allowUnderscores)
        remove = table.fieldNames("remove")
        removeUntrusted = table.fieldNames("remove_untrusted")
        table.read("add_x_real_ip", into: &addXRealIP)
        table.read("add_request_id", into: &addRequestID)
        table.read("add_x_forwarded_prefix", into: &addXForwardedPrefix)
        // BWS documents `"X-Request-ID" = "auto"`.
        let fields = table.table("add").headerFields()
        add = fields.filter { !Self.isRequestID($0) }
        if add.count < fields.count { addRequestID = true }
        trustedProxies = inherited + table.believedBlocks("trusted_proxies")
        table.finish()
    }

    private static func isRequestID(_ field: HeaderField) -> Bool {
        field.name.lowercased() == "x-request-id" && field.value == "auto"
    }
}
