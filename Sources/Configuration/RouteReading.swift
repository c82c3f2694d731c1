extension Route {
    /// nil if it cannot match or leads nowhere; that is reported.
    init?(reading table: TableReader) {
        let path = table.string(["path"])
        let upstream = table.string(["upstream"], allowEmpty: false)
        if !table.has("path") { table.missing("path", hint: "such as \"/api/\"; \"/\" matches every path") }
        if !table.has("upstream") { table.missing("upstream", hint: "the name of one of [[sites.proxy.upstreams]]") }
        var target: String?
        if let path, let reason = PathText.fault(in: path.value) { table.reading.error(path, reason) }
        if let text = table.string(["rewrite_target"]) {
            if let reason = PathText.fault(in: text.value) { table.reading.error(text, reason) } else { target = text.value }
        }
        self.path = path?.value ?? ""
        self.upstream = upstream?.value ?? ""
        rewriteTarget = target
        table.read("strip_prefix", into: &stripPrefix)
        table.read("websocket", into: &websocket)
        table.read("request_trailers", into: &requestTrailers)
        method = table.balancingMethod()
        hashOn = table.hashKey()
        table.readDuration("tunnel_idle", into: &tunnelIdle)
        allowedOrigins = table.origins("allowed_origins")
        table.readDuration("tunnel_lifetime", into: &tunnelLifetime, orZero: true)
        table.readDuration("tunnel_ping", into: &tunnelPing, orZero: true)
        table.read("max_tunnels", into: &maxTunnels, in: 0...10_000_000)
        table.readSize("max_message_size", into: &maxMessageSize, in: 0...(1 << 50))
        table.read("websocket_strict", into: &websocketStrict)
        access = Access(reading: table.table("access"))
        rateLimit = RateLimiting(reading: table.table("rate_limit"))
        concurrency = Concurrency(reading: table.table("concurrency"))
        (tokens, liftsTokens) = Tokens.read(table.table("jwt"))
        (forwardAuth, liftsForwardAuth) = ForwardAuth.read(table.table("forward_auth"))
        table.finish()
        if path == nil || upstream == nil { return nil }
    }
}

/// What holds between the routes of one site.
enum RouteChecks {
    /// - Parameter severity: of a route whose upstream does not exist.
    static func check(_ tables: [TableReader], poolNames: [String], severity: Problem.Severity) {
        let known = Set(poolNames)
        var places: [String: Int] = [:]
        for table in tables {
            if let path = text(table, "path") {
                if let line = places[path.value] {
                    let message = "\"\(path.value)\" has a route already, in line \(line)"
                    table.reading.error(path, message, hint: "the first would always win")
                } else {
                    places[path.value] = path.position.line
                }
            }
            if let upstream = text(table, "upstream"), !upstream.value.isEmpty, !known.contains(upstream.value) {
                table.reading.report(
                    severity, upstream.keyPath, at: upstream.position, "no upstream is named \"\(upstream.value)\"",
                    hint: table.reading.isFull ? nil : hint(for: upstream.value, among: poolNames))
            }
        }
    }

    private static func hint(for name: String, among names: [String]) -> String {
        if names.isEmpty { return "add [[sites.proxy.upstreams]] with name = \"\(name)\" and url" }
        return DidYouMean.hint(for: name, among: names)
            ?? "the site has: \(names.prefix(8).map { "\"\($0)\"" }.joined(separator: ", "))"
    }

    private static func text(_ table: TableReader, _ key: String) -> Written<String>? {
        guard let node = table.peek(key), case .string(let text) = node.value else { return nil }
        return Written(value: text, keyPath: "\(table.path).\(key)", position: node.position)
    }
}

/// Paths as routes and upstreams write them.
enum PathText {
    /// Why a text is no path that a request could match; nil if it is one.
    static func fault(in path: String) -> String? {
        guard path.hasPrefix("/") else { return "must begin with \"/\"" }
        guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return "must not hold spaces or characters outside ASCII: write them percent-encoded"
        }
        if path.contains("?") || path.contains("#") { return "must not hold a query or a fragment" }
        if path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) {
            return "must not hold \".\" or \"..\": requests are matched after these are resolved"
        }
        return nil
    }
}
