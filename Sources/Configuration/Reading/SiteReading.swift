extension Site {
    /// What tables of the whole gateway say for sites that say nothing.
    struct Inherited: Sendable, Equatable {
        /// The trusted proxies of `[security]`.
        var trustedProxies: [AddressBlock]
        /// The request timeout of `[performance]`.
        var requestTimeout: Duration?
        /// The names of `[[upstreams]]`.
        var sharedPools: [String] = []
    }

    /// Reads one site.
    ///
    /// - Parameters:
    ///   - isFragment: whether the file holds only a part of a site: names and duties may be missing.
    ///   - gateway: what holds where the site says nothing.
    init(reading table: TableReader, isFragment: Bool, for gateway: Inherited) {
        readNames(table, isFragment: isFragment)
        readAddress(table, isFragment: isFragment)
        table.read("default", into: &isDefault)
        table.read("api_only", into: &apiOnly)
        table.read("static_dir", into: &staticDir)
        readHealthPath(table)
        table.read("drain", into: &drain)
        readLog(table)
        headers = table.table("headers").headerFields()
        requestHeaders = HeaderRules(reading: table.table("request_headers"))
        responseHeaders = HeaderRules(reading: table.table("response_headers"))
        action = RouteAction.reading(table)
        if case .integer(let status) = table.peek("redirect_status")?.value { redirectStatus = status }
        table.read("redirect_to_https", into: &redirectToHTTPS)
        table.read("https_port", into: &httpsPort, in: 1...65_535)
        allowedOrigins = table.origins("allowed_origins")
        readIndexFiles(table)
        tryFiles = table.triedFiles()
        table.read("enable_directory_listing", into: &enableDirectoryListing)
        readErrorPages(table.table("error_pages"), hasDirectory: table.has("static_dir"))
        compression = Compression(reading: table.table("compression"))
        readCharset(table)
        readMediaTypes(table.table("media_types"))
        cache = BrowserCache(reading: table.table("cache"))
        cacheUpstream = UpstreamCache.read(table.table("cache_upstream"))
        access = Access(reading: table.table("access"))
        requests = RequestSettings(reading: table, isRoute: false)
        rateLimit = RateLimiting(reading: table.table("rate_limit"))
        concurrency = Concurrency(reading: table.table("concurrency"))
        tokens = Tokens.read(table.table("jwt")).settings
        forwardAuth = ForwardAuth.read(table.table("forward_auth")).settings
        readAccessControl(table.table("access_control"), of: table)
        ssl = TLSSettings.read(table.table("ssl"), hostname: hostnames.first)
        let proxyTable = table.table("proxy")
        let routeTables = table.tables("routes")
        routes = routeTables.compactMap(Route.init(reading:))
        proxy = Proxy.read(proxyTable, beside: routeTables, for: gateway)
        readTunnels(table)
        readInternalAPI(table)
        checkFiles(table, proxyTable)
        checkCompression(table)
        checkUpstreamCache(table, proxyTable)
        readHTTP2(table)
        proxyProtocol = ProxyProtocol.read(table.table("proxy_protocol"))
        checkHTTPSPort(table)
        checkStickySessions(proxyTable)
        // A proxy that nobody switched on has its own message.
        if !table.has("proxy") || proxyTable.has("enabled") {
            checkDuty(table, hasRoutes: !routeTables.isEmpty, isFragment: isFragment)
        }
        table.finish()
    }

    private mutating func readNames(_ table: TableReader, isFragment: Bool) {
        table.read("name", into: &name)
        let first = table.string(["hostname", "domain"], allowEmpty: false)
        let others = table.strings(["hostnames"]) ?? []
        hostnames = Self.hostnames((first.map { [$0] } ?? []) + others, table)
        redirectHostnames = Self.hostnames(table.strings(["redirect_hostnames"]) ?? [], table)
        checkRedirectHostnames(table)
        if ["hostname", "domain", "hostnames"].allSatisfy(table.isAbsentOrEmpty) {
            if isFragment {
                hostnames = ["localhost"]
            } else {
                table.missing("hostname", hint: "such as hostname = \"www.example.com\"")
            }
        }
        if name.isEmpty { name = hostnames.first ?? "" }
    }

    /// Lower case, each once.
    private static func hostnames(_ texts: [Written<String>], _ table: TableReader) -> [String] {
        var hostnames: [String] = []
        for text in texts {
            switch HostName.checkSiteName(text.value) {
            case .success(let hostname):
                if !hostnames.contains(hostname) { hostnames.append(hostname) }
            case .failure(let fault):
                table.reading.error(text, "\"\(text.value)\" is not a host name: \(fault.reason)", hint: fault.hint)
            }
        }
        return hostnames
    }

    private func checkRedirectHostnames(_ table: TableReader) {
        guard !redirectHostnames.isEmpty, let first = hostnames.first else { return }
        let key = (path: "\(table.path).redirect_hostnames", position: table.position(of: "redirect_hostnames"))
        if first.hasPrefix("*.") {
            table.reading.report(
                .error, key.path, at: key.position, "clients cannot be sent to \"\(first)\"",
                hint: "the first host name of the site must be one name")
        }
        for name in redirectHostnames where hostnames.contains(name) {
            table.reading.report(
                .error, key.path, at: key.position, "\"\(name)\" is a name of the site: it would be sent to itself",
                hint: "take it out of hostname and hostnames")
        }
    }

    private mutating func readAddress(_ table: TableReader, isFragment: Bool) {
        table.readListen("listen", "address", into: &listen)
        table.read("port", into: &port, in: 1...65_535)
        if !table.has("port") {
            if isFragment { port = 8080 } else { table.missing("port", hint: "such as port = 443 with ssl, or port = 80") }
        }
    }

    private mutating func readTunnels(_ table: TableReader) {
        tunnel = TunnelSettings(reading: table)
        // Of a route that is wrong it is not known.
        guard !table.reading.hasError, !hasRoute(where: \.websocket) else { return }
        TunnelSettings.reportUseless(
            in: table, "no route of the site takes WebSockets", hint: "write websocket = true in one, or take it out")
        table.warnUselessOrigins(because: "no route of the site takes any")
    }

    /// CORS, and what BWS's manuals say there of addresses. A table that speaks of addresses alone switches no CORS on.
    private mutating func readAccessControl(_ table: TableReader, of site: TableReader) {
        guard table.mayBeWritten else { return }
        var enabled = true
        table.read("enabled", into: &enabled)
        if enabled {
            access.add(from: table, as: "\(site.path).access")
        } else {
            for key in ["allowed_ips", "blocked_ips"] { _ = table.find([key]) }
        }
        let cors = AccessControl(reading: table)
        let isAboutAddresses = table.has("allowed_ips") || table.has("blocked_ips")
        let hasOwnKeys = table.entries.contains { !["enabled", "allowed_ips", "blocked_ips"].contains($0.key) }
        guard table.isWritten, enabled, hasOwnKeys || !isAboutAddresses else { return }
        if isOfUse(cors, table) { accessControl = cors }
    }

    private mutating func readHTTP2(_ table: TableReader) {
        table.read("h2c", into: &h2c)
        table.read("h2_websocket", into: &h2WebSocket)
        if h2c, let ssl {
            table.error(
                at: "h2c", "is for sites without TLS: with ssl, ALPN chooses HTTP/2",
                hint: ssl.alpn.contains("h2")
                    ? "take it out: alpn has \"h2\" already" : "take it out, and add \"h2\" to alpn in [sites.ssl]")
        }
        if !h2WebSocket, !(ssl?.alpn.contains("h2") ?? h2c) {
            table.error(at: "h2_websocket", "does nothing: this site has no HTTP/2", hint: "take it out")
        }
    }

    /// Warns of what would not do what it seems to. False if the table does nothing beside `[sites.headers]`.
    private func isOfUse(_ cors: AccessControl, _ table: TableReader) -> Bool {
        if cors.allowCredentials, cors.allowOrigins.contains("*") {
            table.warning(
                at: "allow_credentials", "has no effect where every origin is allowed: browsers refuse that",
                hint: "list the origins in allow_origins")
        } else if cors.allowCredentials {
            let lists = [
                ("allow_methods", cors.allowMethods), ("allow_headers", cors.allowHeaders),
                ("expose_headers", cors.exposeHeaders),
            ]
            // The Fetch standard, "CORS protocol and credentials".
            for (key, names) in lists where names.contains("*") {
                table.warning(
                    at: key, "\"*\" is a name like any other where credentials are allowed: browsers do not take it for all",
                    hint: "list the names")
            }
        }
        let isSetByHand = (headers + responseHeaders.set).contains { $0.name.lowercased() == "access-control-allow-origin" }
        if isSetByHand {
            table.reading.report(
                .warning, table.path, at: table.position,
                "has no effect beside the Access-Control-Allow-Origin of [sites.headers]: browsers refuse an answer that has two",
                hint: "take it out there")
        }
        return !isSetByHand
    }

    /// Requests are compared in their normal form, so it must be in it.
    private mutating func readHealthPath(_ table: TableReader) {
        guard let text = table.string(["health_path"], allowEmpty: false) else { return }
        let isPlain = text.value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"%?#;\\\"<>^`{|}".utf8.contains($0) }
        let segments = text.value.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard text.value.hasPrefix("/"), isPlain, !segments.contains("."), !segments.contains("..") else {
            return table.reading.error(text, "\"\(text.value)\" is not a plain path", hint: "such as \"/healthz\"")
        }
        healthPath = text.value
    }

    /// Keys about files need some.
    private func checkFiles(_ table: TableReader, _ proxyTable: TableReader) {
        guard !table.has("static_dir") else { return }
        func report(_ table: TableReader, _ key: String) {
            table.error(
                at: key, "there are no files: the site has no static_dir",
                hint: "add static_dir")
        }
        func sendsFiles(_ route: Route) -> Bool { if case .files = route.action { true } else { false } }
        if !tryFiles.isEmpty { report(table, "try_files") }
        if enableDirectoryListing { report(table, "enable_directory_listing") }
        if routes.contains(where: sendsFiles) { report(table, "routes") }
        if proxy?.routes.contains(where: sendsFiles) ?? false { report(proxyTable, "routes") }
    }

    /// Browsers speak nothing but TLS to port 443. `enabled = false` says that another thing is meant; and something in front may
    /// end TLS.
    private func checkHTTPSPort(_ table: TableReader) {
        guard port == 443, !table.has("ssl"), proxyProtocol == nil, proxy?.headers.trustedProxies.isEmpty ?? true else { return }
        table.warning(
            at: "port", "is that of https, and the site is served without TLS: browsers get no answer",
            hint: "add [sites.ssl] with auto_cert = true, or cert_file and key_file; "
                + "ssl = { enabled = false } says that it is meant")
    }

    /// A cookie for requests of all sites is `Secure`, and browsers take no such cookie of an answer that came without TLS.
    private func checkStickySessions(_ proxyTable: TableReader) {
        guard let proxy, proxy.loadBalancing.setsSecureCookies, losesSecureCookies else { return }
        proxyTable.table("load_balancing").warning(
            at: "sticky_same_site", "browsers refuse the cookie: it is Secure, and the site has no ssl",
            hint: "add [sites.ssl]; if a proxy in front ends TLS, name it in trusted_proxies")
    }

    /// Do its clients come without TLS, as far as the configuration tells? In front of it something else may end TLS; of this
    /// machine's own address browsers take such a cookie all the same.
    var losesSecureCookies: Bool {
        guard let proxy, ssl == nil, !redirectToHTTPS else { return false }
        let isLoopback = listen == "::1" || listen.hasPrefix("127.")
        return proxy.headers.trustedProxies.isEmpty && proxyProtocol == nil && !isLoopback
    }

    private mutating func readIndexFiles(_ table: TableReader) {
        guard let texts = table.strings(["index_files", "index_file"], orOne: true) else { return }
        for text in texts where text.value.contains("/") || text.value == "." || text.value == ".." {
            table.reading.error(text, "\"\(text.value)\" is not a plain file name")
        }
        // An empty list is as none given, as in BWS.
        if !texts.isEmpty { indexFiles = texts.map(\.value) }
    }

    private mutating func readErrorPages(_ table: TableReader, hasDirectory: Bool) {
        if !table.entries.isEmpty, !hasDirectory {
            table.reading.report(
                .error, table.path, at: table.position, "has no files: they are looked for in static_dir, which is not given",
                hint: "add static_dir")
        }
        for (key, entry) in table.freeEntries() {
            guard case .string(let file) = entry.value else {
                table.mismatch(entry, "a file name")
                continue
            }
            guard key.utf8.count == 3, let status = Int(key), (400...599).contains(status) else {
                table.reading.error(entry, "\"\(key)\" is not an error status", hint: "400 to 599")
                continue
            }
            if file.isEmpty || file.utf8.contains(0) || file.split(separator: "/").contains("..") {
                table.reading.error(entry, "must be a file inside static_dir")
                continue
            }
            errorPages[status] = file
        }
        table.finish()
    }

    /// A site that can answer nothing is a mistake, and so is a redirect from https to https.
    /// - Parameter hasRoutes: whether it has any, be they wrong.
    private func checkDuty(_ table: TableReader, hasRoutes: Bool, isFragment: Bool) {
        if action != nil, table.has("static_dir") || redirectToHTTPS && ssl == nil {
            let key = table.has("redirect") ? "redirect" : "respond"
            table.error(
                at: key, "the site has \(table.has("static_dir") ? "static_dir" : "redirect_to_https") for the same requests",
                hint: "keep one of them, or give one to [[sites.routes]]")
        }
        if !table.has("static_dir") && !redirectToHTTPS && proxy == nil && action == nil && !hasRoutes {
            let isMeant = isFragment || table.has("proxy")
            table.reading.report(
                isMeant ? .warning : .error, table.path, at: table.position, "has nothing to serve",
                hint: "add static_dir, [sites.proxy] with enabled = true, redirect, or redirect_to_https = true")
        }
        if apiOnly && proxy == nil && !redirectToHTTPS && action == nil && routes.isEmpty {
            table.warning(
                at: "api_only", "serves no files, and nothing is proxied: every request is answered 404",
                hint: "add [sites.proxy] with enabled = true, or take api_only out to serve static_dir")
        }
        if redirectToHTTPS && ssl != nil {
            table.warning(
                at: "redirect_to_https", "has no effect on a site with ssl: its clients are on https already",
                hint: "put it into a site of the same name on port 80")
        }
    }
}

extension BrowserCache {
    init(reading table: TableReader) {
        guard table.mayBeWritten else { return }
        table.read("enabled", into: &enabled)
        table.read("cache_control", into: &cacheControl)
        table.read("etag_enabled", into: &etagEnabled)
        table.read("last_modified_enabled", into: &lastModifiedEnabled)
        let seconds = 0...31_536_000
        table.read("max_age_static", into: &maxAgeStatic, in: seconds)
        table.read("max_age_dynamic", into: &maxAgeDynamic, in: seconds)
        table.finish()
        let lifted: String? = enabled ? cacheControl.map { _ in "cache_control is the whole value" } : "enabled is false"
        if let lifted { table.warnUseless("max_age_static", "max_age_dynamic", because: lifted) }
    }
}

extension AccessControl {
    init(reading table: TableReader) {
        allowOrigins = table.origins("allow_origins") ?? allowOrigins
        readNames(table, "allow_methods", "method", into: &allowMethods)
        readNames(table, "allow_headers", "field name", into: &allowHeaders)
        readNames(table, "expose_headers", "field name", into: &exposeHeaders)
        table.read("allow_credentials", into: &allowCredentials)
        table.read("max_age", into: &maxAge, in: 0...31_536_000)
        table.finish()
    }

    /// Methods and field names are both tokens (RFC 9110 §5.1, §9.1).
    private func readNames(_ table: TableReader, _ key: String, _ kind: String, into target: inout [String]) {
        guard let texts = table.strings([key]) else { return }
        for text in texts where !FieldNameText.isToken(text.value) {
            table.reading.error(text, "\"\(text.value)\" is not a \(kind)")
        }
        target = texts.map(\.value)
    }
}

extension TableReader {
    /// An IP address to listen on; `*` is every one.
    func readListen(_ spellings: String..., into listen: inout String) {
        guard let text = string(spellings, allowEmpty: false) else { return }
        let isBracketed = text.value.hasPrefix("[") && text.value.hasSuffix("]")
        let address = isBracketed ? String(text.value.dropFirst().dropLast()) : text.value
        if address == "*" {
            listen = "::"
        } else if IPAddressText.isAddress(address) {
            listen = address.lowercased()
        } else {
            let hasPort = text.value.split(separator: ":").count == 2 && !isBracketed || text.value.contains("]:")
            reading.error(
                text, "\"\(text.value)\" is not an IP address",
                hint: hasPort ? "the port has its own key" : "such as \"127.0.0.1\"; \"::\" is every address")
        }
    }
}
