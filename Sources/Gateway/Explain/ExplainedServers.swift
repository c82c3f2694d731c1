import Configuration
import HTTP
import Upstreams

/// Which of an upstream's servers would be picked, and why not the others: in a process that has just started, or now.
struct ExplainedServers {
    let configuration: Configuration
    /// Are they in use, so that their states say something?
    let isLive: Bool
    let group: UpstreamGroup
    let pick: UpstreamGroup.Pick
    let request: UpstreamGroup.Request

    /// Asked of a group that is in use nothing counts as under way, and nobody's turn is taken.
    init(_ group: UpstreamGroup, _ request: UpstreamGroup.Request, _ configuration: Configuration, isLive: Bool) {
        self.configuration = configuration
        self.isLive = isLive
        self.group = group
        self.request = request
        pick = group.preview(request)
    }

    /// The server that is picked; the first, where none is: what it would get is shown all the same.
    var choice: Int { if case .server(let choice) = pick { choice } else { 0 } }

    /// - Parameters:
    ///   - site: the configuration's.
    ///   - keyPath: of the site.
    func all(of site: Site, at keyPath: String) -> [Explanation.Server] {
        let members = configuration.servers(ofPool: group.name, in: site, at: keyPath)
        return all { $0 < members.count ? "\(members[$0].keyPath).url" : nil }
    }

    /// - Parameter key: of a server's address in the configuration, by the server's index.
    func all(_ key: (Int) -> String?) -> [Explanation.Server] {
        group.servers.enumerated().map { index, server in
            let isPicked = pick == .server(index)
            return Explanation.Server(
                url: server.url, weight: server.weight, isPicked: isPicked,
                why: isLive ? whyNow(server, index) : whyAtStart(server, isPicked: isPicked),
                at: key(index).flatMap { configuration.location(of: $0)?.description },
                states: isLive ? ServerReport.states(of: server) : nil, underWay: isLive ? server.load : nil,
                lastFault: isLive ? server.state.health.lastFault : nil)
        }
    }

    /// What becomes of the request where no server is picked; nil where one is.
    var refusal: Failure? {
        switch pick {
        case .server: nil
        case .full: Failure(.upstreamQueueFull, detail: "every server has as much as it may have", key: "max_conns")
        case .draining: Failure(.groupDraining, key: "sites.proxy.upstreams.drain")
        case .unavailable: Failure(.groupUnavailable, detail: "no server of the group can be reached")
        }
    }

    private func whyAtStart(_ server: UpstreamServer, isPicked: Bool) -> String {
        if server.parameters.isDraining { return "drains: only those who are stuck to it" }
        if server.weight == 0 { return "has weight 0" }
        if server.parameters.isBackup, !isPicked { return "a backup, asked when too few others are healthy" }
        guard isPicked else {
            if case .hash = group.method { return "the key falls to another" }
            return "another one's turn"
        }
        switch group.method {
        case .hash: return "the key falls to it"
        case .roundRobin, .weighted, .randomTwo: return "the first in turn of a process that has just started"
        case .leastConnections, .leastTime: return "none has less to do in a process that has just started"
        }
    }

    private func whyNow(_ server: UpstreamServer, _ index: Int) -> String {
        let load = "\(server.load) under way"
        if pick == .server(index) {
            if request.stuckTo == index { return "the client is stuck to it; \(load)" }
            switch group.method {
            case .hash: return "the key falls to it; \(load)"
            case .roundRobin, .weighted, .randomTwo: return "its turn now; \(load)"
            case .leastConnections, .leastTime: return "none has less to do now; \(load)"
            }
        }
        if server.weight == 0 { return "has weight 0" }
        let states = ServerReport.states(of: server).map { Self.text(of: $0, server.state.health.lastFault) }
        if !states.isEmpty { return states.joined(separator: ", ") }
        if server.parameters.maxConns > 0, server.load >= server.parameters.maxConns {
            return "full: \(load), and max_conns is \(server.parameters.maxConns)"
        }
        if server.parameters.isBackup { return "a backup, asked when too few others are healthy" }
        if request.stuckTo != nil { return "the client is stuck to another; \(load)" }
        switch group.method {
        case .hash: return "the key falls to another; \(load)"
        case .roundRobin, .weighted, .randomTwo: return "another one's turn; \(load)"
        case .leastConnections, .leastTime: return "another has less to do; \(load)"
        }
    }

    private static func text(of state: String, _ fault: String?) -> String {
        let why = fault.map { ": \($0)" } ?? ""
        return switch state {
        case "disabled": "an operator has disabled it"
        case "draining": "drains: only those who are stuck to it"
        case "probe_failing": "its probes fail\(why)"
        case "ejected": "ejected for a while\(why)"
        case "circuit_open": "its circuit is open\(why)"
        case "unresolved": "its name has no address"
        default: state
        }
    }
}
