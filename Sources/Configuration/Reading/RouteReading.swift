extension Route {
    /// nil if it cannot match or leads nowhere; that is reported.
    init?(reading table: TableReader) {
        let (kind, path) = Self.pattern(table)
        self.kind = kind
        match = RouteMatch(reading: table.table("match"))
        let upstream = table.string(["upstream"], allowEmpty: false)
        let files = Self.files(table)
        let answer = RouteAction.reading(table)
        let info = Self.tlsInfo(table)
        for key in ["files", "try_files", "tls_info"] where table.has(key) {
            guard answer != nil && (key == "tls_info" ? info : files) != nil || key == "tls_info" && files != nil && info != nil
            else { continue }
            table.error(
                at: key, "the route answers by itself already",
                hint: "keep one of redirect, respond, files and tls_info")
        }
        let ownAction = answer ?? files ?? info
        action = ownAction ?? .proxy
        if let upstream, ownAction != nil {
            table.reading.error(
                upstream, "the route answers by itself already",
                hint: "keep one of upstream, redirect, respond, files and tls_info")
        }
        if ownAction == nil, !table.has("upstream"), !table.has("redirect") {
            table.missing(
                "upstream",
                hint:
                    "the name of one of [[sites.proxy.upstreams]]; or redirect, respond, files or tls_info, to answer without one"
            )
        }
        requestHeaders = HeaderRules(reading: table.table("request_headers"))
        responseHeaders = HeaderRules(reading: table.table("response_headers"))
        let target = Self.rewriteTarget(table)
        self.path = path?.value ?? ""
        self.upstream = upstream?.value ?? ""
        rewriteTarget = target
        table.read("strip_prefix", into: &stripPrefix)
        readRewrite(table)
        readOtherURLs(table)
        table.read("websocket", into: &websocket)
        table.read("cache", into: &cache)
        table.read("request_trailers", into: &requestTrailers)
        method = table.balancingMethod()
        hashOn = table.hashKey()
        allowedOrigins = table.origins("allowed_origins")
        tunnel = TunnelSettings(reading: table)
        tunnel.checkTogether(table)
        requests = RequestSettings(reading: table, isRoute: true)
        access = Access(reading: table.table("access"))
        readClientAuthentication(table)
        rateLimit = RateLimiting(reading: table.table("rate_limit"))
        concurrency = Concurrency(reading: table.table("concurrency"))
        (tokens, liftsTokens) = Tokens.read(table.table("jwt"))
        (forwardAuth, liftsForwardAuth) = ForwardAuth.read(table.table("forward_auth"))
        if ownAction != nil {
            reportUseless(in: table)
        } else if !websocket {
            TunnelSettings.reportUseless(
                in: table, "the route takes no WebSockets", hint: "write websocket = true, or take it out")
            table.warnUselessOrigins(because: "the route takes none")
        }
        table.finish()
        if path == nil || (ownAction == nil && upstream == nil) { return nil }
    }

    /// nil if it is not written, or wrong, which is reported.
    private static func rewriteTarget(_ table: TableReader) -> String? {
        guard let text = table.string(["rewrite_target"]) else { return nil }
        if let reason = PathText.fault(in: text.value) {
            table.reading.error(text, reason)
            return nil
        }
        if text.value.contains(/\{[a-z0-9_]+\}/) {
            table.reading.warning(text, "has no variables: what stands in braces is sent as text", hint: "rewrite has variables")
        }
        return text.value
    }

    /// What becomes of the URLs in fields, of answers and of requests.
    private mutating func readOtherURLs(_ table: TableReader) {
        table.read("rewrite_location", into: &rewriteLocation)
        table.read("rewrite_cookies", into: &rewriteCookies)
        if rewriteCookies, !rewriteLocation {
            table.error(at: "rewrite_cookies", "does nothing with rewrite_location = false", hint: "take one of them out")
        }
        table.read("rewrite_destination", into: &rewriteDestination)
        if rewriteDestination, rewrite != nil {
            table.error(
                at: "rewrite_destination", "cannot follow rewrite, whose path is of the request alone",
                hint: "use strip_prefix or rewrite_target instead of rewrite")
        }
    }

    /// The path, by the one of its four keys that is written.
    private static func pattern(_ table: TableReader) -> (RouteKind, Written<String>?) {
        var found: (RouteKind, Written<String>?)?
        for kind in RouteKind.allCases {
            guard let text = table.string([kind.rawValue]) else { continue }
            if let first = found?.0 {
                table.reading.error(text, "the route has a \(first.rawValue) already", hint: "keep one of them")
                continue
            }
            found = (kind, text)
            switch kind {
            case .path:
                if let (reason, hint) = RoutePathText.fault(in: text.value) { table.reading.error(text, reason, hint: hint) }
            case .exact:
                if let reason = PathText.fault(in: text.value) { table.reading.error(text, reason) }
            case .glob:
                guard !text.value.hasPrefix("/") else { break }
                table.reading.error(
                    text, "must begin with \"/\"", hint: "\"/**/\(text.value)\" takes it in every directory, the topmost too")
            case .regex:
                if text.value.isEmpty { table.reading.error(text, "must not be empty") }
                if let (reason, hint) = RoutePathText.fault(inExpression: text.value) {
                    table.reading.error(text, reason, hint: hint)
                }
            }
        }
        if let found { return found }
        if !RouteKind.allCases.contains(where: { table.has($0.rawValue) }) {
            table.missing("path", hint: "such as \"/api/\"; \"/\" matches every path")
        }
        return (.path, nil)
    }

    /// `files` and `try_files`: the site's files; nil if neither is written.
    private static func files(_ table: TableReader) -> RouteAction? {
        var isWanted = false
        table.read("files", into: &isWanted)
        let paths = table.triedFiles()
        return isWanted || !paths.isEmpty ? .files(paths) : nil
    }

    /// `tls_info`; nil if it is not switched on.
    private static func tlsInfo(_ table: TableReader) -> RouteAction? {
        var isWanted = false
        table.read("tls_info", into: &isWanted)
        return isWanted ? .tlsInfo : nil
    }

    private mutating func readRewrite(_ table: TableReader) {
        if let text = table.string(["rewrite"]) {
            rewrite = text.value
            if !text.value.hasPrefix("/"), !["{path}", "{uri}", "{remainder}"].contains(where: text.value.hasPrefix) {
                table.reading.error(text, "must begin with \"/\"")
            }
            if PathText.hasDotSegment(text.value.prefix { $0 != "?" }) {
                table.reading.error(text, PathText.dotSegmentFault)
            }
        }
        let keys = ["strip_prefix", "rewrite_target"].filter(table.has)
        for key in keys where rewrite != nil || kind == .glob || kind == .regex {
            table.error(
                at: key, rewrite == nil ? "a \(kind.rawValue) has no prefix that could be taken" : "does nothing beside rewrite",
                hint: rewrite == nil ? "write rewrite = \"/…\", with {1} for the first wildcard or group" : "take it out")
        }
    }

    /// Keys that say how a request goes to an upstream do nothing on a route that has none.
    private func reportUseless(in table: TableReader) {
        let keys = [
            "strip_prefix", "rewrite_target", "rewrite", "rewrite_location", "rewrite_cookies", "rewrite_destination",
            "websocket", "cache", "request_trailers", "method", "hash_on", "allowed_origins", "request_headers",
        ]
        for key in keys + RequestSettings.keys + TunnelSettings.keys where table.has(key) {
            table.error(
                at: key, "does nothing on a route without an upstream",
                hint: "take it out")
        }
    }
}

/// What holds between the routes of one site.
enum RouteChecks {
    /// Reports routes that another one leaves nothing.
    static func checkOrder(_ tables: [TableReader]) {
        var positions: [RouteKind: [String: TomlPosition]] = [:]
        for table in tables {
            let kind = RouteKind.allCases.first { table.has($0.rawValue) } ?? .path
            // Of several routes with conditions it is not known which requests they share.
            if let path = text(table, kind.rawValue), !table.has("match") {
                if let position = positions[kind, default: [:]].updateValue(path.position, forKey: path.value) {
                    let first = table.reading.location(of: position, seenFrom: path.position)
                    let message = "\"\(path.value)\" has a route already, in \(first)"
                    table.reading.error(path, message, hint: "the first would always win")
                    // Later ones are told of the first, too.
                    positions[kind]?[path.value] = position
                }
            }
        }
        RouteOrderChecks.check(tables)
    }

    /// - Parameter severity: of a route whose upstream does not exist.
    static func checkUpstreams(_ tables: [TableReader], poolNames: [String], severity: Problem.Severity) {
        let known = Set(poolNames)
        for table in tables {
            if let upstream = text(table, "upstream"), !upstream.value.isEmpty, !known.contains(upstream.value) {
                table.reading.report(
                    severity, upstream.keyPath, at: upstream.position, "no upstream is named \"\(upstream.value)\"",
                    hint: table.reading.isFull ? nil : hint(for: upstream.value, among: poolNames))
            }
        }
    }

    private static func hint(for name: String, among names: [String]) -> String {
        if name.contains(":") { return "here stands the name of one of [[sites.proxy.upstreams]], whose url that is" }
        if names.isEmpty {
            return "add [[sites.proxy.upstreams]] with name = \"\(name)\" and url; or [[upstreams]], for all sites"
        }
        return DidYouMean.hint(for: name, among: names)
            ?? "there are: \(names.prefix(8).map { "\"\($0)\"" }.joined(separator: ", "))"
    }

    private static func text(_ table: TableReader, _ key: String) -> Written<String>? {
        guard let node = table.peek(key), case .string(let text) = node.value else { return nil }
        return Written(value: text, key: key, in: table, position: node.position)
    }
}

/// Paths as routes and upstreams write them.
enum PathText {
    /// Why a text is no path that a request could match; nil if it is one.
    static func fault(in path: String) -> String? {
        if isPlain(path) { return nil }
        guard path.hasPrefix("/") else { return "must begin with \"/\"" }
        guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return "must not hold spaces or characters outside ASCII: write them percent-encoded"
        }
        if path.contains("?") || path.contains("#") { return "must not hold a query or a fragment" }
        if hasDotSegment(path[...]) {
            return "must not hold \".\" or \"..\": requests are matched after these are resolved"
        }
        return nil
    }

    /// Why a path that the gateway makes cannot have a dot segment.
    static let dotSegmentFault = "must not hold \".\" or \"..\" as a segment: requests would be answered with 400"

    /// Has a path, without its query, a segment `.` or `..` (RFC 3986 §3.3)?
    static func hasDotSegment(_ path: Substring) -> Bool {
        path.split(separator: "/").contains { $0 == "." || $0 == ".." }
    }

    /// Is it made of letters, digits, dashes and slashes alone, as most of thousands are? Then nothing is wrong with it.
    static func isPlain(_ path: String) -> Bool {
        path.utf8.first == 0x2F
            && path.utf8.allSatisfy {
                switch $0 {
                case 0x2F, 0x2D, 0x5F, 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: false
                }
            }
    }
}
