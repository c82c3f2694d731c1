/// What a site or one of its routes says of WebSockets; nil where it says nothing.
package struct TunnelSettings: Sendable, Equatable {
    /// How long a tunnel may be without a byte in either direction.
    package var idle: Duration?
    /// Zero: no limit.
    package var lifetime: Duration?
    /// How long a tunnel is silent before the gateway pings both sides; zero: never.
    package var ping: Duration?
    /// A side that takes nothing while bytes wait for it; zero: no limit.
    package var stall: Duration?
    /// How many tunnels the whole site or the route may have at once; 0: no limit.
    package var maxTunnels: Int?
    /// Bytes of a message's payload on the wire; 0: no limit.
    package var maxMessageSize: Int?
    /// End a tunnel at the first violation of RFC 6455, instead of counting it.
    package var isStrict: Bool?

    package init() {}

    static let keys = [
        "tunnel_idle", "tunnel_lifetime", "tunnel_ping", "tunnel_stall", "max_tunnels", "max_message_size", "websocket_strict",
    ]
}

extension TunnelSettings {
    /// - Parameter table: a site's, or a route's.
    init(reading table: TableReader) {
        table.readDuration("tunnel_idle", into: &idle)
        table.readDuration("tunnel_lifetime", into: &lifetime, orZero: true)
        table.readDuration("tunnel_ping", into: &ping, orZero: true)
        table.readDuration("tunnel_stall", into: &stall, orZero: true)
        table.read("max_tunnels", into: &maxTunnels, in: 0...10_000_000)
        table.readSize("max_message_size", into: &maxMessageSize, in: 0...(1 << 50))
        table.read("websocket_strict", into: &isStrict)
    }

    /// What a route says itself: of what it does not say, others may.
    /// - Parameter table: the route's.
    func checkTogether(_ table: TableReader) {
        guard let ping, let idle, ping >= idle else { return }
        table.warnUseless("tunnel_ping", because: "a WebSocket that is silent so long is ended by tunnel_idle")
    }

    /// Limits of WebSockets do nothing where none can be opened.
    static func reportUseless(in table: TableReader, _ reason: String, hint: String) {
        for key in keys where table.has(key) {
            table.error(at: key, "does nothing: \(reason)", hint: hint)
        }
    }
}

/// What holds between the limits of WebSockets and that of connections.
enum TunnelChecks {
    /// Reports a `max_tunnels` that is out of reach: before it is met clients are not accepted any more, and get no answer.
    /// - Parameters:
    ///   - table: `[performance]`.
    ///   - most: clients' connections at once.
    static func checkConnections(_ table: TableReader, _ most: Int, of sites: [Site]) {
        var (largest, owner) = (most, Int?.none)
        func note(_ tunnels: TunnelSettings, of site: Int) {
            guard let count = tunnels.maxTunnels, count > largest else { return }
            (largest, owner) = (count, site)
        }
        // They are looked at in their places: a site is large, and there may be thousands.
        for site in sites.indices {
            note(sites[site].tunnel, of: site)
            for route in sites[site].routes.indices { note(sites[site].routes[route].tunnel, of: site) }
            let proxied = sites[site].proxy?.routes ?? []
            for route in proxied.indices { note(proxied[route].tunnel, of: site) }
        }
        guard let owner else { return }
        table.warning(
            at: "max_connections", "\(most) connections are fewer than the \(largest) WebSockets of \"\(sites[owner].name)\"",
            hint: "each takes one, but for those that share one by HTTP/2: raise max_connections, or lower max_tunnels")
    }
}

extension ConfigurationReference {
    /// Of a site, and of its routes.
    /// - Parameter owner: what the limits are of: "site" or "route".
    static func tunnelKeys(of owner: String) -> [Key] {
        let isSite = owner == "site"
        func common(_ key: String) -> Key.Default { .none(isSite ? "`limits.\(key)`" : "the site's") }
        return [
            Key(
                "tunnel_idle", "duration", common("tunnel_idle"),
                "A WebSocket of this \(owner) without a byte in either direction."),
            Key(
                "tunnel_lifetime", "duration; 0: no limit", common("tunnel_lifetime"),
                "The longest life of a WebSocket of this \(owner)."),
            Key(
                "tunnel_ping", "duration; 0: off", common("tunnel_ping"),
                "Silence on a WebSocket of this \(owner) before the gateway pings both sides."),
            Key(
                "tunnel_stall", "duration; 0: no limit", common("tunnel_stall"),
                "A WebSocket's side that takes nothing for so long while bytes wait for it; it is closed with code 1013."),
            Key(
                "max_tunnels", "count; 0: no limit", .none("`0`"),
                isSite
                    ? "WebSockets of all routes of this site at once. Over it: 503."
                    : "WebSockets of this route at once, besides what the site says. Over it: 503."),
            Key(
                "max_message_size", "size; 0: no limit", .none(isSite ? "`0`" : "the site's"),
                "Payload of one message on the wire. A bigger one ends the WebSocket with code 1009."),
            Key(
                "websocket_strict", "boolean", .none(isSite ? "`false`" : "the site's"),
                """
                A frame that breaks RFC 6455 ends the WebSocket with code 1002. Otherwise it is counted in the log and \
                relayed.
                """),
        ]
    }
}
