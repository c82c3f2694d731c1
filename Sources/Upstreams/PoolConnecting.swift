package import EventLoop
import TLS
package import Transport

/// How a pool makes connections.
extension Pool {
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
            var place = 0
            let stream = try await Stream.connect(
                toAnyOf: order, tls: other ?? tls, waiter: waiter, connectTimeout: settings.connectTimeout,
                handshakeTimeout: settings.handshakeTimeout, preface: header, reached: { place = $0 })
            addresses.reached(place, of: order, now: loop.now)
            return (stream, isNamed ? order[place] : nil, version)
        } catch {
            switch error {
            case .system, .timedOut: addresses.doubt()
            case .tls, .handshakeTimedOut, .unresolved, .spokeFirst: break
            }
            leaseEnded()
            throw error
        }
    }
}
