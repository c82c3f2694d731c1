import Synchronization
package import TLS

/// One server of a group: its address, how to speak to it, and what all workers count of it.
///
/// Immutable but for the atomics, so it is read on a request's way without a lock.
package final class UpstreamServer: Sendable {
    /// What makes a server the same across a reload: state is carried over by it.
    package struct Identity: Sendable, Hashable {
        package var isTLS: Bool
        /// A host name, or an IP address without brackets.
        package var host: String
        package var port: UInt16
        package var basePath: String

        package init(isTLS: Bool, host: String, port: UInt16, basePath: String) {
            self.isTLS = isTLS
            self.host = host
            self.port = port
            self.basePath = basePath
        }
    }

    package let identity: Identity
    /// As the configuration writes it, for logs: "http://127.0.0.1:3001".
    package let url: String
    /// Host and port as a `Host` field says them.
    package let authority: [UInt8]
    /// Put before every path; empty or "/base".
    package let basePath: [UInt8]
    package let weight: Int
    /// Nil for a plain upstream.
    package let tls: TLSClientContext.Settings?
    /// This server's place among all servers of the plan: the index of its pool in each worker.
    package let index: Int

    private let inFlight = Atomic<Int>(0)

    package init(
        _ identity: Identity, url: String, authority: String, weight: Int, tls: TLSClientContext.Settings?, index: Int
    ) {
        self.identity = identity
        self.url = url
        self.authority = Array(authority.utf8)
        basePath = Array(identity.basePath.utf8)
        self.weight = weight
        self.tls = tls
        self.index = index
    }

    /// Exchanges and tunnels under way, over all workers.
    package var load: Int { inFlight.load(ordering: .relaxed) }

    func begin() { inFlight.wrappingAdd(1, ordering: .relaxed) }
    func end() { inFlight.wrappingSubtract(1, ordering: .relaxed) }
}
