package import TLS
package import Transport

/// One server of a group: its address, how to speak to it, and what all workers know of it.
///
/// Immutable but for the atomics of its state, so it is read on a request's way without a lock.
package final class UpstreamServer: Sendable {
    /// What makes a server the same across a reload: state is carried over by it.
    package struct Identity: Sendable, Hashable {
        package var isTLS: Bool
        /// A host name, an IP address without brackets, or the absolute path of a Unix socket.
        package var host: String
        /// 0 for a Unix socket.
        package var port: UInt16
        package var basePath: String

        package init(isTLS: Bool, host: String, port: UInt16, basePath: String) {
            self.isTLS = isTLS
            self.host = host
            self.port = port
            self.basePath = basePath
        }

        /// Stands for the identity in cookies and in consistent hashing: the same in every process.
        package var hash: UInt64 {
            var hash = StableHash()
            hash.combine(isTLS ? 1 : 0)
            hash.combine(UInt8(truncatingIfNeeded: port >> 8))
            hash.combine(UInt8(truncatingIfNeeded: port))
            hash.combine(host.utf8)
            hash.combine(0)
            hash.combine(basePath.utf8)
            return hash.value
        }
    }

    /// Which version of HTTP is spoken to a server.
    package enum Version: Sendable, Equatable {
        case http1
        /// HTTP/2 by ALPN, or without TLS by prior knowledge (RFC 9113 §3.3).
        case http2
        /// What the server chooses by ALPN.
        case negotiated
    }

    /// How requests may be given to it.
    package struct Parameters: Sendable, Equatable {
        /// 0: takes no requests.
        package var weight = 1
        /// Exchanges under way at once, over all workers; 0: no limit.
        package var maxConns = 0
        /// Used only when too few of the others are healthy.
        package var isBackup = false
        /// It takes no new work but from those who are stuck to it; `takeEffect` tells its state so.
        package var isDraining = false
        package var health = ServerHealth.Settings()
        /// How long idle connections to it are kept, in nanoseconds; nil: as long as those to any other.
        package var idleTimeout: UInt64?
        /// What each connection to it begins with. It is about one client, so that such connections are used once.
        package var proxyHeader: ProxyHeaderVersion?
        package var version = Version.http1
        /// Exchanges that one connection may carry at once in HTTP/2, however many the server would take.
        package var maxStreams = 128
        /// Nanoseconds for which such a connection may be silent while answers are awaited, before a PING; 0: none goes.
        package var pingInterval: UInt64 = 10_000_000_000
        /// Nanoseconds that its answer may take.
        package var pingTimeout: UInt64 = 20_000_000_000

        package init() {}
    }

    package let identity: Identity
    /// `Identity.hash`, worked out once.
    package let identityHash: UInt64
    /// The URL as the configuration writes it, for logs: "http://127.0.0.1:3001".
    package let url: String
    /// Host and port as a `Host` field says them.
    package let authority: [UInt8]
    /// Put before every path; empty or "/base".
    package let basePath: [UInt8]
    package let parameters: Parameters
    /// Nil for a plain upstream.
    package let tls: TLSClientContext.Settings?
    package let state: ServerState

    /// - Parameter state: of the server with the same identity in the plan before; a new one if there was none.
    package init(
        _ identity: Identity, url: String, authority: String, parameters: Parameters = Parameters(),
        tls: TLSClientContext.Settings?,
        state: ServerState = ServerState()
    ) {
        self.identity = identity
        identityHash = identity.hash
        self.url = url
        self.authority = Array(authority.utf8)
        basePath = Array(identity.basePath.utf8)
        self.parameters = parameters
        self.tls = tls
        self.state = state
    }

    /// Its share of requests now: as an operator says, or the configuration.
    package var weight: Int { state.weightOverride ?? parameters.weight }

    /// Makes the weights that an operator has given some servers hold for the groups of all of them. Where there is none their
    /// schedules hold again.
    package static func applyWeightOverrides(_ servers: [UpstreamServer]) {
        let isReweighted = servers.contains { $0.state.weightOverride != nil }
        for server in servers where server.state.isReweighted != isReweighted { server.state.setReweighted(isReweighted) }
    }

    /// Its parameters become those of the server that is in use: its plan is in use from now on.
    package func takeEffect() { state.setDraining(parameters.isDraining) }

    /// Exchanges and tunnels under way, over all workers.
    package var load: Int { state.load }

    /// Ends what a pick began, when no lease has taken it over.
    package func release() { state.end() }

    /// A request to it failed.
    /// - Parameters:
    ///   - reason: in words, for the log.
    ///   - began: when it was sent, in monotonic nanoseconds; nil: now.
    ///   - now: monotonic nanoseconds.
    ///   - kind: of a bad answer, without details that differ from one time to the next.
    ///   - client: who has sent it, if its requests come to one server as long as that is well; nil: anybody.
    ///   - mayEject: whether it is the server's own fault.
    package func failed(
        _ fault: ServerHealth.Fault, reason: String, began: UInt64? = nil, now: UInt64, kind: String = "",
        client: UInt64? = nil, mayEject: Bool = true
    ) {
        let failure = ServerHealth.Failure(
            fault: fault, reason: reason, kind: kind, began: began, client: client, mayEject: mayEject)
        state.failed(failure, now: now, parameters.health)
    }

    /// It answered well.
    /// - Parameter duration: nanoseconds to the answer's head.
    package func succeeded(in duration: UInt64, now: UInt64) {
        state.add(latency: duration, now: now)
        state.succeeded(now: now, parameters.health)
    }

    /// It has taken a connection: its circuit closes now, and not when the request is answered. Until then the others would be
    /// refused, and a server that has just started takes its time for the first answer.
    package func reached(now: UInt64) { state.reached(now: now, parameters.health) }

    /// A probe of it came to an end.
    package func probed(_ probe: ProbeHistory.Last, now: UInt64) {
        state.probed(probe, now: now, parameters.health)
    }

    /// A probe of it came to what another member of the fleet says, whose own probes are as many as it takes.
    package func confirmed(_ probe: ProbeHistory.Last, now: UInt64) {
        state.confirmed(probe, now: now, parameters.health)
    }

    /// Does it take its full share, and has room? What a pick asks first.
    var isAvailable: Bool { state.isUnimpaired && hasRoom }

    var hasRoom: Bool { parameters.maxConns == 0 || state.load < parameters.maxConns }
}
