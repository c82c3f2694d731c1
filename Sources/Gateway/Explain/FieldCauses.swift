import Configuration

/// Which rule of the configuration, or of HTTP, changes a request's field.
struct FieldCauses {
    struct Cause {
        var why: String
        var key: String?
        var at: String?
        /// A rule of the configuration has the value: it may be a secret of the operator's, and not of whoever asks.
        var hasValue = false
    }

    let configuration: Configuration
    let site: Site
    /// The site's key path.
    let sitePath: String
    let route: Route
    /// The route's key path.
    let routePath: String

    /// Of a connection or of a message's framing: never passed on (RFC 9110 §7.6.1).
    private static let hopByHop: Set = [
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "content-length",
        "expect",
        "http2-settings", "max-forwards",
    ]

    /// - Parameters:
    ///   - name: lower case.
    ///   - isSent: whether the upstream gets the field.
    func cause(of name: String, isSent: Bool) -> Cause {
        if var rule = isSent ? writing(name) : removing(name) {
            rule.hasValue = isSent
            return rule
        }
        let headers = "\(sitePath).proxy.headers"
        switch name {
        case "host": return configured("\(headers).preserve_host", "the upstream's own, or the client's with preserve_host")
        case "via": return configured("\(headers).add_via", "each intermediary adds itself (RFC 9110 §7.6.3)")
        case "forwarded": return configured("\(headers).add_forwarded", "who the client is (RFC 7239)")
        case "x-real-ip": return configured("\(headers).add_x_real_ip", "the client's address")
        case "x-request-id": return configured("\(headers).add_request_id", "tells the request from all others")
        case "x-forwarded-prefix": return configured("\(headers).add_x_forwarded_prefix", "what the route takes off the path")
        case "traceparent" where configuration.tracing.endpoint != nil:
            return configured("tracing.endpoint", "the trace, and the gateway's own request in it")
        case "tracestate" where configuration.tracing.endpoint != nil:
            return configured("tracing.endpoint", "is of the trace that it came with, and another one begins here")
        case "if-none-match" where isSent, "if-match" where isSent:
            return configured("\(sitePath).compression", "names the entity tag that the upstream knows, too")
        case "authorization" where !isSent:
            return Cause(why: "has been looked at, and forward_authorization is not true")
        case "proxy-authorization", "proxy-authenticate": return Cause(why: "credentials for a proxy are not for an upstream")
        default: break
        }
        if name.hasPrefix("x-forwarded-") || name.hasPrefix("x-original-") {
            return isSent
                ? configured("\(headers).add_x_forwarded", "who the client is")
                : Cause(why: "says who somebody is, and the peer is no trusted proxy (docs/forwarding.md)")
        }
        if Self.hopByHop.contains(name) { return Cause(why: "belongs to a connection, and is written anew (RFC 9110 §7.6.1)") }
        if name.contains("_") { return configured("\(headers).allow_underscores", "can be taken for another name") }
        return Cause(why: isSent ? "written by the gateway" : "named by Connection, or of those that say who somebody is")
    }

    // MARK: Rules of the configuration

    private func writing(_ name: String) -> Cause? {
        for (rules, path) in [
            (route.requestHeaders, "\(routePath).request_headers"), (site.requestHeaders, "\(sitePath).request_headers"),
        ] {
            for (fields, word) in [(rules.set, "set"), (rules.add, "add"), (rules.defaults, "default")] {
                if let found = fields.last(where: { $0.name.lowercased() == name }) {
                    return configured("\(path).\(word).\(found.name)", word)
                }
            }
        }
        return site.proxy?.headers.add.last { $0.name.lowercased() == name }.map {
            configured("\(sitePath).proxy.headers.add.\($0.name)", "add")
        }
    }

    private func removing(_ name: String) -> Cause? {
        let headers = site.proxy?.headers ?? ProxyHeaders()
        for (names, key) in [
            (route.requestHeaders.remove, "\(routePath).request_headers.remove"),
            (site.requestHeaders.remove, "\(sitePath).request_headers.remove"),
            (headers.remove, "\(sitePath).proxy.headers.remove"),
            (headers.removeUntrusted, "\(sitePath).proxy.headers.remove_untrusted"),
        ] where names.contains(where: { $0.lowercased() == name }) {
            return configured(key, "remove")
        }
        return nil
    }

    private func configured(_ key: String, _ why: String) -> Cause {
        Cause(why: why, key: key, at: configuration.locationText(of: key))
    }
}
