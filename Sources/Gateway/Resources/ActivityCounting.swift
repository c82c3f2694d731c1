import EventLoop
import HTTP
import Transport

/// A request whose answer has not ended, as its session knows it.
struct RequestUnderWay {
    let head: RequestHead
    /// The number of the generation that its exchange holds.
    let generation: Int
    /// When its exchange began, in monotonic nanoseconds.
    let began: UInt64
}

extension WorkerResources {
    /// Counts what this worker has, in slices, so that nobody waits for it.
    /// - Parameters:
    ///   - next: the plan whose effect is asked for; nil: none.
    ///   - routes: the plan's in use, by what their tunnels are counted by.
    ///   - worker: this worker's number.
    nonisolated(nonsending) func activity(
        beside next: Plan?, _ routes: [ObjectIdentifier: ActivityReport.Route], worker: Int
    ) async -> ActivityReport {
        var activity = ActivityReport()
        var streams = streamsUnderWay
        for (index, identifier) in connections.identifiers.enumerated() {
            if index % Self.countedPerTurn == Self.countedPerTurn - 1 {
                await loop.yield()
                streams = streamsUnderWay
            }
            guard let connection = connections[identifier] else { continue }
            count(connection, connection.requestsUnderWay(among: streams), in: &activity, beside: next, routes, worker)
        }
        return activity
    }

    static let countedPerTurn = 256

    var streamsUnderWay: [ObjectIdentifier: [any StreamExchange]] {
        streamTasks.underWay.reduce(into: [:]) { streams, stream in
            if let session = stream.session { streams[ObjectIdentifier(session), default: []].append(stream) }
        }
    }

    private func count(
        _ connection: ClientConnection, _ requests: [RequestUnderWay], in activity: inout ActivityReport, beside next: Plan?,
        _ routesOfTunnels: [ObjectIdentifier: ActivityReport.Route], _ worker: Int
    ) {
        var all = ActivityReport.Counts()
        var sites: [String: ActivityReport.Counts] = [:]
        var routes: [ActivityReport.Route: ActivityReport.Counts] = [:]
        all.connections = 1
        if let site = connection.endpoint.siteOfConnection { sites[site.keyPath] = ActivityReport.Counts() }
        for request in requests {
            all.requests += 1
            if request.generation != generation.number, activity.holders.count < ActivityReport.maxHolders {
                activity.holders.append(holder(request, of: connection, worker))
            }
            guard let site = try? connection.endpoint.site(for: request.head) else { continue }
            sites[site.keyPath, default: ActivityReport.Counts()].requests += 1
            let endpoint = connection.endpoint
            let decision = Router.decide(site, request.head) { endpoint.origin(of: request.head, for: site) }
            guard let route = decision.route else { continue }
            routes[ActivityReport.Route(site: site.keyPath, name: route.name), default: ActivityReport.Counts()].requests += 1
        }
        connection.forEachTunnel { tunnel in
            all.tunnels += 1
            if let next, !next.keeps(tunnel) { activity.ending.tunnels += 1 }
            guard let route = routesOfTunnels[ObjectIdentifier(tunnel.route)] else { return }
            sites[route.site, default: ActivityReport.Counts()].tunnels += 1
            routes[route, default: ActivityReport.Counts()].tunnels += 1
        }
        if let next, !next.listeners.contains(where: { $0.isSame(as: connection.endpoint.listener) }) {
            activity.ending.connections += 1
        }
        activity.total += all
        activity.listeners[connection.endpoint.listener.address, default: ActivityReport.Counts()] += all
        for (site, counts) in sites { activity.sites[site, default: ActivityReport.Counts()] += counts.ofOneConnection }
        for (route, counts) in routes { activity.routes[route, default: ActivityReport.Counts()] += counts.ofOneConnection }
    }

    private func holder(_ request: RequestUnderWay, of connection: ClientConnection, _ worker: Int) -> ActivityReport.Holder {
        let head = request.head
        return ActivityReport.Holder(
            worker: worker, generation: request.generation, client: connection.endpoint.peer.description,
            request: "\(head.methodText) \(head.string(head.path))",
            milliseconds: Int((loop.now &- request.began) / 1_000_000))
    }
}

extension ActivityReport.Counts {
    fileprivate var ofOneConnection: ActivityReport.Counts {
        var counts = self
        counts.connections = 1
        return counts
    }
}

extension Plan {
    /// The routes that may have tunnels, by what these are counted by.
    var routesOfTunnels: [ObjectIdentifier: ActivityReport.Route] {
        var found: [ObjectIdentifier: ActivityReport.Route] = [:]
        for site in listeners.lazy.flatMap(\.sites) {
            for route in site.routes {
                guard let proxied = route.proxied, proxied.takesWebSocket else { continue }
                found[ObjectIdentifier(proxied.tunnelCount)] = ActivityReport.Route(site: site.keyPath, name: route.name)
            }
        }
        return found
    }
}
