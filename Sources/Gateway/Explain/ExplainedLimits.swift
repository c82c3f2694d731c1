import Configuration

/// What is in force for a request of a site and a route.
struct ExplainedLimits {
    let configuration: Configuration
    let site: Site
    let sitePath: String
    /// Nil without a route.
    var route: (route: Route, path: String)?

    private func setting(_ key: String, _ value: String) -> Explanation.Setting {
        configuration.setting(key, value)
    }

    private func setting(_ key: String, _ value: Duration, zero: String? = nil) -> Explanation.Setting {
        setting(key, value == .zero ? zero ?? "0 s" : Self.text(value))
    }

    private static func limit(_ count: Int, _ unit: String = "") -> String { count == 0 ? "no limit" : "\(count)\(unit)" }

    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
    }

    var all: [Explanation.Setting] {
        let (limits, security) = (configuration.limits, configuration.security)
        var all = [
            setting("limits.max_head_bytes", "\(limits.maxHeadBytes) bytes"), setting("limits.head_timeout", limits.headTimeout),
            setting("security.max_request_size", Self.limit(security.maxRequestSize, " bytes")),
            setting("limits.body_timeout", limits.bodyTimeout), setting("limits.send_timeout", limits.sendTimeout),
        ]
        // Over TLS a client's end says which of the two it is.
        if site.ssl == nil { all.append(setting("limits.half_close_grace", limits.halfCloseGrace, zero: "none")) }
        guard let proxy = site.proxy, let (route, path) = route, route.action == .proxy else { return all }
        let timeouts = "\(sitePath).proxy.timeout"
        all += [
            setting("\(timeouts).connect", proxy.timeout.connect), setting("\(timeouts).read", proxy.timeout.read),
            setting("\(timeouts).write", proxy.timeout.write),
            setting("\(sitePath).proxy.retry.retries", "\(proxy.retry.retries)"),
        ]
        guard route.websocket else { return all }
        return all + tunnel(route.tunnel, path)
    }

    /// The limits of a route's WebSockets: the nearest that is written holds.
    private func tunnel(_ route: TunnelSettings, _ path: String) -> [Explanation.Setting] {
        let (site, limits) = (site.tunnel, configuration.limits)
        func nearest(
            _ key: String, _ value: KeyPath<TunnelSettings, Duration?>, _ common: Duration
        ) -> Explanation.Setting {
            if let own = route[keyPath: value] { return setting("\(path).\(key)", own, zero: "never") }
            if let own = site[keyPath: value] { return setting("\(sitePath).\(key)", own, zero: "never") }
            return setting("limits.\(key)", common, zero: "never")
        }
        var all = [
            nearest("tunnel_idle", \.idle, limits.tunnelIdle), nearest("tunnel_lifetime", \.lifetime, limits.tunnelLifetime),
            nearest("tunnel_ping", \.ping, limits.tunnelPing), nearest("tunnel_stall", \.stall, limits.tunnelStall),
            setting("\(path).max_tunnels", Self.limit(route.maxTunnels ?? 0)),
        ]
        if let most = site.maxTunnels { all.append(setting("\(sitePath).max_tunnels", Self.limit(most))) }
        let owner = route.maxMessageSize == nil && site.maxMessageSize != nil ? sitePath : path
        all.append(
            setting(
                "\(owner).max_message_size", Self.limit(route.maxMessageSize ?? site.maxMessageSize ?? 0, " bytes")))
        return all
    }

    /// The rules for the answer's fields, in the order in which they are applied; later ones decide.
    var answerFields: [Explanation.Setting] {
        let isOwn = route.map { $0.route.action != .proxy } ?? true
        var rules: [Explanation.Setting] = []
        if isOwn || configuration.security.headersOnProxied {
            rules += fields(configuration.security.securityHeaders, "default", "security.security_headers")
        }
        rules += fields(site.headers, "set", "\(sitePath).headers")
        rules += self.rules(site.responseHeaders, "\(sitePath).response_headers")
        if let (route, path) = route {
            if case .respond(let fixed) = route.action { rules += fields(fixed.headers, "set", "\(path).respond.headers") }
            rules += self.rules(route.responseHeaders, "\(path).response_headers")
        }
        if configuration.security.hideServerHeader { rules.append(setting("security.hide_server_header", "remove Server")) }
        return rules
    }

    private func fields(_ fields: [HeaderField], _ word: String, _ key: String) -> [Explanation.Setting] {
        fields.map { field in
            let value = MaskedConfiguration.fieldValue(field.name, field.value)
            return setting("\(key).\(field.name)", "\(word) \(field.name): \(value)")
        }
    }

    private func rules(_ rules: HeaderRules, _ key: String) -> [Explanation.Setting] {
        rules.remove.map { setting("\(key).remove", "remove \($0)") } + fields(rules.set, "set", "\(key).set")
            + fields(rules.add, "add", "\(key).add") + fields(rules.defaults, "default", "\(key).default")
    }
}
