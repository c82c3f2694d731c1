package import EventLoop
import TLS
package import Transport

/// How a pool makes connections.
extension Pool {
    /// A new connection. The lease takes over the place that the pick counted; a failure gives it back.
    /// - Parameters:
    ///   - waiter: the calling task's.
    ///   - header: the PROXY protocol's, where the server wants one.
    ///   - backoffDeadline: until when the server's backoff is waited for, in monotonic nanoseconds.
    package nonisolated(nonsending) func connect(
        _ waiter: Waiter, header: ConnectionPreface = .none, backoffDeadline: UInt64 = .max
    ) async throws(TransportError) -> Lease {
        if let shared { return try await connect(waiter, over: shared, backoffDeadline) }
        let made = try await make(waiter, header)
        return Lease(try side(over: made.stream, to: made.address, of: made.version), from: self, isNew: true)
    }

    /// A new connection for bytes that are none of HTTP's: the caller closes it, and then says `leaseEnded()`; a failure ends
    /// what the pick began.
    package nonisolated(nonsending) func connectStream(
        _ waiter: Waiter, header: ConnectionPreface
    ) async throws(TransportError) -> Stream {
        try await make(waiter, header).stream
    }

    /// A new connection, and which address of which version of the name's it leads to.
    /// - Parameter other: in place of the pool's TLS.
    nonisolated(nonsending) func make(
        _ waiter: Waiter, _ header: ConnectionPreface, tls other: TLSClientContext? = nil
    ) async throws(TransportError) -> (stream: Stream, address: SocketAddress?, version: Int) {
        do throws(TransportError) {
            let order = try await addresses.ordered(waiter, timeout: settings.connectTimeout)
            let version = addresses.version
            var index = 0
            let stream = try await Stream.connect(
                toAnyOf: order, tls: other ?? tls, waiter: waiter, connectTimeout: settings.connectTimeout,
                handshakeTimeout: settings.handshakeTimeout, preface: header, reached: { index = $0 })
            addresses.reached(index, of: order, now: loop.now)
            return (stream, isNamed ? order[index] : nil, version)
        } catch {
            switch error {
            case .system, .timedOut: addresses.expire()
            case .tls, .handshakeTimedOut, .unresolved, .spokeFirst, .backingOff, .closedEarly: break
            }
            leaseEnded()
            throw error
        }
    }
}
