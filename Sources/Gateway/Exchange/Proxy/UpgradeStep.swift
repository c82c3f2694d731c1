import EventLoop
import HTTP
import Upstreams
import WebSocket

/// The checks of a WebSocket handshake before it goes upstream, and the tunnel after it.
extension Exchange {
    /// Is this a WebSocket handshake for a route that takes them? On other routes the request goes on without its upgrade
    /// (RFC 9110 §7.8: a server may ignore it).
    /// - Throws: what the client did wrong (400, 426), a foreign origin (403), a full house (503).
    mutating func checkUpgrade(of request: RequestHead, over route: ProxyRoute) throws(Failure) -> Bool {
        guard request.upgrade == .websocket else { return false }
        guard route.takesWebSocket else {
            if request.isExtendedConnect { throw Router.noWebSocket }
            record.ignoredHandshake = true
            return false
        }
        try Self.checkHandshake(request, over: route, of: record.site)
        slot = try TunnelSlot(
            route, client: record.site.flatMap { endpoint.clientAddress(of: request, for: $0) },
            clients: resources.shared.clientTunnels,
            clientLimit: generation.limits.maxTunnelsPerClient)
        return true
    }

    /// Holds a WebSocket handshake against the rules, and against what its route and site say of who may open one.
    static func checkHandshake(_ request: RequestHead, over route: ProxyRoute, of site: SitePlan?) throws(Failure) {
        // What a client was told before the site was changed cannot be taken back (RFC 8441 §3).
        if request.isExtendedConnect, site?.takesHTTP2WebSockets == false {
            throw Failure(.noWebSocket, detail: "WebSockets are opened over HTTP/1.1 here", key: "sites.h2_websocket")
        }
        if let refusal = Handshake.refusal(of: handshake(request)) {
            // RFC 6455 §4.4: a 426 says which version.
            throw Failure(
                .webSocketHandshake, status: refusal.status, detail: refusal.reason,
                fields: refusal.namesVersion ? AnswerFields("Sec-WebSocket-Version", "13") : AnswerFields())
        }
        if let allowed = route.allowedOrigins, !request.hasOrigin(among: allowed.values) {
            throw Failure(.originRefused, detail: "A WebSocket needs an Origin that is allowed here.", key: allowed.key)
        }
        if let site, site.isDraining {
            throw Failure(.siteDraining, detail: "No WebSocket is opened here any more.", key: "sites.drain")
        }
    }

    /// Holds the server's handshake rate.
    /// - Returns: false if it has had all that it may get now; the others are tried in turn, and none of that is an attempt.
    /// - Throws: if all have had all that they may get.
    mutating func admitsHandshake(_ proxied: inout ProxiedRequest, to choice: Int) throws(Failure) -> Bool {
        let route = proxied.route
        if route.pool.handshakeRates[choice].admit(now: resources.now) { return true }
        // No lease takes over what the pick began.
        generation.pool(of: route, choice).leaseEnded()
        guard !proxied.pick.excluded.contains(choice), proxied.overRate < route.group.servers.count else {
            throw Failure(
                .handshakeRate, detail: "Too many WebSockets are being opened; try again soon.",
                key: "sites.proxy.upstreams.handshake_rate")
        }
        proxied.overRate += 1
        proxied.pick.excluded.insert(choice)
        return false
    }

    /// Makes a tunnel of the two connections; it begins when the exchange has ended.
    mutating func beginTunnel(_ route: ProxyRoute, _ response: ResponseHead, _ lease: consuming Lease) {
        guard let slot = slot.take() else { return }
        var extensions = Extensions.none
        for line in response.fields.lines where line.known == .secWebSocketExtensions {
            let value = Array(response.fields.bytes[line.value])
            extensions.add(fieldValue: value.span)
        }
        let (upstream, client) = (lease.side.upgrade(), client.upgrade())
        let traffic = TunnelTraffic(
            client: client, upstream: upstream, extensions: extensions, plan: route.tunnel, buffers: resources.buffers,
            now: resources.now)
        let target = TunnelTarget(of: self.client.request, by: names)
        tunnel = Tunnel(traffic, lease: lease, plan: route.tunnel, waiter: self.client.waiter, slot: slot, to: target)
    }

    private static func handshake(_ request: RequestHead) -> Handshake.Request {
        Handshake.Request(
            isGet: request.method == .get, isHTTP11OrLater: request.minorVersion >= 1, asksForUpgrade: true,
            version: request.joined(.secWebSocketVersion), key: request.joined(.secWebSocketKey))
    }
}

extension RequestHead {
    /// All values of a field joined by commas (RFC 9110 §5.3); nil if it does not occur.
    fileprivate func joined(_ field: KnownField) -> [UInt8]? {
        var value: [UInt8]?
        for line in fields.lines where line.known == field {
            value = (value.map { $0 + [0x2C] } ?? []) + fields.bytes[line.value]
        }
        return value
    }

    /// Is the request's `Origin` one of these? A request without one, or with several, is of none.
    fileprivate func hasOrigin(among allowed: [String]) -> Bool {
        guard fields.count(of: .origin) == 1, let line = fields.first(.origin) else { return false }
        let origin = string(line.value).lowercased()
        return allowed.contains { $0 == "*" || $0 == origin }
    }
}

extension ResponseHead {
    /// Does this 101 prove that the upstream read the client's handshake and switches to what was asked for (RFC 6455 §4.1, the
    /// client's checks 2 to 4)?
    func completesHandshake(of request: RequestHead) -> Bool {
        guard connection.contains(.upgrade), fields.contains(.upgrade, token: "websocket") else { return false }
        guard fields.count(of: .secWebSocketAccept) == 1, let accept = fields.first(.secWebSocketAccept),
            let key = request.fields.first(.secWebSocketKey)
        else { return false }
        let answer = Array(fields.bytes[accept.value])
        let question = Array(request.fields.bytes[key.value])
        return Handshake.isValidAccept(answer.span, for: question.span)
    }
}
