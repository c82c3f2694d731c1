package import Buffers
package import EventLoop
package import Messages
package import TLS
import Transport

/// A server that a worker asks something for itself, at the address that its URL says, or at those of its name.
package final class AskedServer {
    private let addresses: ServerAddresses
    private let tls: TLSClientContext?

    /// - Throws: when the server's TLS files cannot be used.
    package init(_ server: UpstreamServer, names: NameCache) throws(TLSError) {
        addresses = ServerAddresses(server, names: names)
        if let settings = server.tls { tls = try TLSClientContext(settings) } else { tls = nil }
    }

    /// Sends a request, on a connection of its own, and reads the answer.
    /// - Parameters:
    ///   - waiter: the calling task's, on which no other socket waits.
    ///   - limits: its time is for everything, from looking a name up to the last byte.
    package nonisolated(nonsending) func send(
        _ request: Call.Request, waiter: Waiter, buffers: BufferPool, limits: Call.Limits
    ) async throws(CallError) -> Call.Answer {
        let began = waiter.loop.now
        let found: [SocketAddress]
        do throws(TransportError) {
            found = try await addresses.ordered(waiter, timeout: limits.timeout)
        } catch {
            throw .connect(error)
        }
        var left = limits
        left.timeout -= min(left.timeout, waiter.loop.now &- began)
        left.connectTimeout = min(left.connectTimeout, left.timeout)
        do throws(CallError) {
            return try await Call(waiter: waiter, buffers: buffers).send(
                request, to: Call.Server(addresses: found, tls: tls), limits: left)
        } catch {
            addresses.doubt()
            throw error
        }
    }
}
