import EventLoop
import Transport

/// One worker's knowledge of a server's addresses: looked up when they are needed first, again when the answer is old.
///
/// A name that cannot be resolved any more keeps its old addresses; one that never could fails for a while without asking again.
struct NameLookup {
    private let identity: UpstreamServer.Identity
    private let fixed: [SocketAddress]?
    private var known: [SocketAddress] = []
    private var expires: UInt64 = 0
    private var failure: TransportError?
    private var turn = 0

    /// How long a failed look-up is believed, in nanoseconds.
    private static let failureLifetime: UInt64 = 2_000_000_000

    init(_ identity: UpstreamServer.Identity) {
        self.identity = identity
        if identity.host.hasPrefix("/") {
            fixed = [SocketAddress(family: .unix, bytes: Array(identity.host.utf8), port: 0)]
        } else {
            fixed = SocketAddress(literal: identity.host, port: identity.port).map { [$0] }
        }
    }

    /// The addresses, in the order in which they are to be tried this time.
    nonisolated(nonsending) mutating func addresses(_ loop: EventLoop) async throws(TransportError) -> [SocketAddress] {
        if let fixed { return fixed }
        if loop.now >= expires { await lookUp(loop) }
        if known.isEmpty, let failure { throw failure }
        turn &+= 1
        return AddressOrder.interleaved(known, turn: turn)
    }

    /// No address took a connection: the name may have moved.
    mutating func doubt() {
        expires = 0
    }

    private nonisolated(nonsending) mutating func lookUp(_ loop: EventLoop) async {
        do throws(TransportError) {
            known = try await Resolver.addresses(of: identity.host, port: identity.port)
            failure = nil
            expires = loop.now &+ Resolver.lifetime
        } catch {
            failure = error
            expires = loop.now &+ Self.failureLifetime
        }
    }
}
