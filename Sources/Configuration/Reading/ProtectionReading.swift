extension Access {
    /// Reads `access` of a site or of a route.
    init(reading table: TableReader) {
        guard table.mayBeWritten else { return }
        allow = table.clientBlocks("allow_ips", emptyMeans: "nobody could come, or everybody")
        deny = table.clientBlocks("deny_ips")
        table.read("allow_ips_file", into: &allowFile)
        table.read("deny_ips_file", into: &denyFile)
        readAuthentication(table)
        table.finish()
    }

    private mutating func readAuthentication(_ table: TableReader) {
        table.read("require_auth", into: &requireAuth)
        if let type = table.string(["auth_type"]), type.value != "basic" {
            table.reading.error(
                type, "\"\(type.value)\" is not offered; the only type is \"basic\"",
                hint: type.value == "digest" ? "digest needs passwords that are as good as unhashed: use basic, over TLS" : nil)
        }
        table.read("auth_file", into: &authFile)
        table.read("auth_realm", into: &authRealm)
        table.read("auth_attempts", into: &authAttempts, in: 0...1_000_000)
        if let name = table.string(["auth_user_header"], allowEmpty: false), table.isFieldName(name.value, name) {
            if ConnectionFields.names.contains(name.value.lowercased()) || name.value.lowercased() == "host" {
                table.reading.error(name, "\(name.value) cannot tell who somebody is", hint: "such as \"X-Remote-User\"")
            }
            authUserHeader = name.value
        }
        table.read("forward_authorization", into: &forwardAuthorization)
    }

    /// What holds of a route: its own keys, and the site's in place of those that it does not write.
    package func over(_ site: Access) -> Access {
        var merged = self
        merged.allow = allow ?? site.allow
        merged.deny = deny ?? site.deny
        merged.allowFile = allowFile ?? site.allowFile
        merged.denyFile = denyFile ?? site.denyFile
        merged.requireAuth = requireAuth ?? site.requireAuth
        merged.authFile = authFile ?? site.authFile
        merged.authRealm = authRealm ?? site.authRealm
        merged.authAttempts = authAttempts ?? site.authAttempts
        merged.authUserHeader = authUserHeader ?? site.authUserHeader
        merged.forwardAuthorization = forwardAuthorization ?? site.forwardAuthorization
        return merged
    }

    /// Is anything said of passwords?
    package var speaksOfAuthentication: Bool {
        requireAuth != nil || authFile != nil || authRealm != nil || authAttempts != nil || authUserHeader != nil
            || forwardAuthorization != nil
    }

    /// Adds what BWS's manuals write into `[sites.access_control]`, beside CORS.
    /// - Parameter path: of `access`, whose keys are written there in another spelling.
    mutating func add(from table: TableReader, as path: String) {
        let allowed = table.clientBlocks("allowed_ips", emptyMeans: "nobody could come, or everybody")
        let blocked = table.clientBlocks("blocked_ips")
        for (key, isTwice) in [("allowed_ips", allowed != nil && allow != nil), ("blocked_ips", blocked != nil && deny != nil)]
        where isTwice {
            table.error(
                at: key, "says the same as a key of [sites.access]",
                hint: "keep that one")
        }
        if allow == nil, let allowed {
            allow = allowed
            table.reading.note("\(path).allow_ips", at: table.position(of: "allowed_ips"))
        }
        if deny == nil, let blocked {
            deny = blocked
            table.reading.note("\(path).deny_ips", at: table.position(of: "blocked_ips"))
        }
    }
}

extension TableReader {
    /// Field names and fixed values.
    fileprivate func questionHeaders() -> [HeaderField] {
        let fields = headerFields()
        for field in fields {
            let name = field.name.lowercased()
            let isOurs = name == "host" || name.hasPrefix("x-forwarded-") || name.hasPrefix("x-original-")
            guard isOurs || field.value.contains("{") else { continue }
            reading.report(
                .error, "\(path).\(field.name)", at: position(of: field.name),
                isOurs ? "Gatehouse sets \(field.name) itself" : "variables are not replaced here",
                hint: isOurs ? "leave it out" : "write a fixed value; the request is told of in X-Forwarded-Uri and its like")
        }
        return fields
    }
}

extension ForwardAuth {
    /// - Returns: nil if the table is not written, is switched off, or is wrong, which is reported.
    static func read(_ table: TableReader) -> (settings: ForwardAuth?, isOff: Bool) {
        guard table.mayBeWritten else { return (nil, false) }
        var enabled = true
        table.read("enabled", into: &enabled)
        let address = table.string(["url"], allowEmpty: false)
        var settings = address.flatMap { ForwardAuth($0, table) }
        // Read in any case: every key is checked.
        var (user, caFile, serverName): (String?, String?, String?)
        var timeout = Duration.seconds(5)
        let copied = table.fieldNames("copy_headers")
        table.read("user_header", into: &user)
        table.readDuration("timeout", into: &timeout)
        table.read("ca_file", into: &caFile)
        table.read("tls_server_name", into: &serverName)
        let headers = table.table("headers").questionHeaders()
        table.finish()
        if table.isWritten, enabled, !table.has("url") {
            table.missing("url", hint: "such as \"http://127.0.0.1:4180/oauth2/auth\"")
        }
        if let user, !copied.contains(user.lowercased()) {
            table.error(
                at: "user_header", "is none of copy_headers",
                hint: "add it there: otherwise clients could send that field to the upstream themselves")
        }
        for name in copied where ConnectionFields.names.contains(name) || name == "host" {
            table.error(at: "copy_headers", "\(name) frames the message")
        }
        if let settings, !settings.url.scheme.isTLS {
            table.warnUseless("ca_file", "tls_server_name", because: "the url is not https")
        }
        settings?.copyHeaders = copied
        settings?.userHeader = user
        settings?.questionHeaders = headers
        settings?.timeout = timeout
        settings?.caFile = caFile
        settings?.tlsServerName = serverName
        return (enabled ? settings : nil, !enabled)
    }

    /// The address of a server, with a query where it wants one.
    private init?(_ text: Written<String>, _ table: TableReader) {
        let parts = text.value.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = parts.count == 2 ? "?" + parts[1] : ""
        do {
            guard query.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else {
                throw UpstreamURL.Fault(reason: "the query holds spaces, a fragment or characters outside ASCII")
            }
            url = try UpstreamURL(parsing: String(parts[0]))
        } catch {
            let shown = text.value.contains("@") ? "" : "\"\(text.value)\" is "
            table.reading.error(text, "\(shown)not a server's address: \((error as? UpstreamURL.Fault)?.reason ?? "")")
            return nil
        }
        let ending = url.basePath.isEmpty || parts[0].hasSuffix("/") ? "/" : ""
        target = url.basePath + ending + query
    }
}

extension Tokens {
    /// - Returns: nil if the table is not written, is switched off, or is wrong, which is reported.
    static func read(_ table: TableReader) -> (settings: Tokens?, isOff: Bool) {
        guard table.mayBeWritten else { return (nil, false) }
        var enabled = true
        table.read("enabled", into: &enabled)
        let keys = Keys(reading: table)
        var settings = Tokens(keys: keys ?? .file(""))
        table.read("issuer", into: &settings.issuer)
        settings.audience = table.strings(["audience"], orOne: true)?.map(\.value) ?? []
        table.readDuration("leeway", into: &settings.leeway, orZero: true)
        if let name = table.string(["cookie"], allowEmpty: false) {
            if !FieldNameText.isToken(name.value) { table.reading.error(name, "\"\(name.value)\" is not a cookie's name") }
            settings.cookie = name.value
        }
        table.read("user_claim", into: &settings.userClaim)
        if let name = table.string(["user_header"], allowEmpty: false), table.isFieldName(name.value, name) {
            if ConnectionFields.names.contains(name.value.lowercased()) || name.value.lowercased() == "host" {
                table.reading.error(name, "\(name.value) cannot tell who somebody is", hint: "such as \"X-Remote-User\"")
            }
            settings.userHeader = name.value
        }
        table.read("forward_authorization", into: &settings.forwardAuthorization)
        table.finish()
        if table.isWritten, enabled, !table.has("jwks_file"), !table.has("jwks_url") {
            table.missing("jwks_url", hint: "where the issuer's public keys are; jwks_file names a file that has them")
        }
        // RFC 8725 §3.9.
        if table.has("jwks_url"), enabled, settings.audience.isEmpty {
            table.reading.report(
                .warning, "\(table.path).audience", at: table.position,
                "not given: a token that the issuer has made for any other service is taken, too",
                hint: "write audience: what the issuer puts into aud for this service")
        }
        return (enabled && keys != nil ? settings : nil, !enabled)
    }
}

extension Tokens.Keys {
    /// - Returns: nil if neither is written, or wrong, which is reported.
    fileprivate init?(reading table: TableReader) {
        let file = table.string(["jwks_file"], allowEmpty: false)
        let url = table.string(["jwks_url"], allowEmpty: false)
        var refresh = Duration.seconds(900)
        var caFile: String?
        table.readDuration("jwks_refresh", into: &refresh)
        table.read("jwks_ca_file", into: &caFile)
        if let url, file != nil { table.reading.error(url, "says where keys are, and so does jwks_file", hint: "keep one") }
        for key in ["jwks_refresh", "jwks_ca_file"] where table.has(key) && !table.has("jwks_url") {
            table.error(at: key, "does nothing without jwks_url", hint: "take it out")
        }
        if let url {
            if url.value.hasPrefix("http://") { table.warnUseless("jwks_ca_file", because: "the url is not https") }
            self = .url(url.value, refresh: refresh, caFile: caFile)
        } else if let file {
            self = .file(file.value)
        } else {
            return nil
        }
    }
}

extension Concurrency {
    init(reading table: TableReader) {
        guard table.mayBeWritten else { return }
        table.read("requests", into: &requests, in: 0...10_000_000)
        table.read("requests_per_client", into: &requestsPerClient, in: 0...10_000_000)
        table.finish()
        if requests > 0, requestsPerClient >= requests {
            table.warnUseless(
                "requests_per_client", because: "one client can have all of requests", hint: "make it less than requests")
        }
    }
}

extension RateLimiting {
    /// Reads a limit; nil if the table is not written, is switched off, or is wrong, which is reported.
    init?(reading table: TableReader) {
        guard table.mayBeWritten else { return nil }
        var enabled = true
        table.read("enabled", into: &enabled)
        let counts = 1...1_000_000_000
        let perMinute = table.integer(["requests_per_minute"], in: counts)
        let burst = table.integer(["burst_size"], in: 1...1_000_000)
        let most = table.integer(["max_requests"], in: counts)
        var window = Duration.seconds(60)
        table.readDuration("window_seconds", into: &window)
        table.readDuration("block_duration", into: &blockDuration, orZero: true)
        key = table.hashKey("key", orPath: false) ?? key
        table.read("ipv6_prefix", into: &ipv6Prefix, in: 1...128)
        whitelist = table.clientBlocks("whitelist") ?? []
        blacklist = table.clientBlocks("blacklist") ?? []
        table.read("announce", into: &announce)
        table.finish()
        Self.checkRate(table, isOn: enabled)
        if enabled { Self.checkWhitelist(table, whitelist, isOfUse: !blacklist.isEmpty) }
        guard enabled, let rate = perMinute ?? most else { return nil }
        requests = rate.value
        period = perMinute == nil ? window : .seconds(60)
        self.burst = burst?.value ?? (perMinute == nil ? min(rate.value, 1_000_000) : Self.usualBurst)
        let seconds = Double(period.components.seconds) / Double(requests) * Double(self.burst)
        if seconds > Units.maxSeconds {
            table.error(at: "burst_size", "so many at this rate take more than a year")
        }
    }

    /// The burst that BWS's manual gives.
    static let usualBurst = 10

    /// A limit that holds for nobody protects nothing.
    /// - Parameter isOfUse: does it do something else besides?
    private static func checkWhitelist(_ table: TableReader, _ whitelist: [AddressBlock], isOfUse: Bool) {
        let all = whitelist.filter { $0.prefixLength == 0 }
        guard let first = all.first else { return }
        let isEverybody = Set(all.map(\.address.count)).count == 2
        if isEverybody, !isOfUse {
            table.reading.report(
                table.reading.mode == .strict ? .error : .warning, table.path(of: "whitelist"),
                at: table.position(of: "whitelist"), "is everybody, so that the limit holds for nobody",
                hint: "name those alone who are not to be limited; enabled = false switches the limit off")
        } else {
            let ofVersion = isEverybody ? "" : " of its version of IP"
            table.warning(
                at: "whitelist", "\"\(first)\" is everybody\(ofVersion): nobody of them is limited",
                hint: "name those alone who are not to be limited")
        }
    }

    /// There is one rate, said in one of two ways.
    private static func checkRate(_ table: TableReader, isOn: Bool) {
        guard table.isWritten else { return }
        if table.has("requests_per_minute"), table.has("max_requests") {
            table.error(
                at: "max_requests", "says the same as requests_per_minute",
                hint: "keep one of them")
        }
        if isOn, !table.has("requests_per_minute"), !table.has("max_requests") {
            table.missing("requests_per_minute", hint: "such as requests_per_minute = 60")
        }
        if table.has("window_seconds"), !table.has("max_requests") {
            table.error(
                at: "window_seconds", "belongs to max_requests",
                hint: "write max_requests, or take it out")
        }
    }
}

extension TableReader {
    /// Blocks of clients' addresses; `all` is every address.
    /// - Parameter emptyMeans: what an empty list could mean, where it is an error.
    func clientBlocks(_ key: String, emptyMeans: String? = nil) -> [AddressBlock]? {
        guard has(key) else {
            _ = find([key])
            return nil
        }
        let blocks = addressBlocks(key, orAll: true)
        if let emptyMeans, case .array(let elements) = peek(key)?.value, elements.isEmpty {
            reading.report(
                .error, "\(path).\(key)", at: position(of: key), "is empty: \(emptyMeans)",
                hint: "list addresses, or take it out; deny_ips = [\"all\"] lets nobody in")
        }
        return blocks
    }
}
