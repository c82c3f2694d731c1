package import Buffers
package import EventLoop
import HTTP
package import Messages
package import TLS
import Transport

/// What a worker asks a server for itself goes by a client of that server: to the address that its URL says, or to those of its
/// name. Connections are kept for the next question.
package final class UpstreamClient {
    private let server: UpstreamServer
    private let addresses: ServerAddresses
    private let tls: TLSClientContext?
    private let loop: EventLoop
    private var idle: IdleConnections<KeptConnection>
    private let idleSettings: IdleSettings
    /// Woken when the server closes one of the idle connections.
    private let watch: Waiter
    private var isWatching = false
    private var isRetired = false

    /// Which idle connections are kept, and for how long.
    package struct IdleSettings: Sendable {
        /// How many idle ones at most.
        package var maxConnections: Int
        /// Nanoseconds for which an idle one is kept.
        package var timeout: UInt64

        package init(maxConnections: Int, timeout: UInt64) {
            self.maxConnections = maxConnections
            self.timeout = timeout
        }
    }

    /// - Throws: when the server's TLS files cannot be used.
    package init(_ server: UpstreamServer, names: NameCache, loop: EventLoop, idle idleSettings: IdleSettings) throws(TLSError) {
        self.server = server
        self.loop = loop
        self.idleSettings = idleSettings
        addresses = ServerAddresses(server, names: names)
        idle = IdleConnections(maxConnections: idleSettings.maxConnections, timeout: idleSettings.timeout)
        watch = Waiter(loop: loop)
        if let settings = server.tls { tls = try TLSClientContext(settings) } else { tls = nil }
    }

    deinit {
        // The loop must not wake the watch of who is gone.
        closeIdle()
    }

    /// Is it the same server, asked in the same way?
    package func isSame(as other: UpstreamServer) -> Bool { server.identity == other.identity && server.tls == other.tls }

    /// Sends a request and reads the answer.
    /// - Parameters:
    ///   - request: of a method that may be repeated: over a kept connection it is sent again if the server closes that meanwhile
    ///     (RFC 9112 §9.3.1).
    ///   - waiter: the calling task's, on which no other socket waits.
    ///   - limits: its time is for everything, from looking a name up to the last byte.
    package nonisolated(nonsending) func send(
        _ request: Call.Request, waiter: Waiter, buffers: BufferPool, limits: Call.Limits
    ) async throws(CallError) -> Call.Answer {
        let began = loop.now
        let call = Call(waiter: waiter, buffers: buffers)
        if let connection = takeClean() {
            do throws(CallError) {
                return keep(try await call.sendAndKeep(request, over: connection, limits: limits))
            } catch {
                switch error {
                case .noAnswer, .broken: break
                // What is left of the answer before: a body that came late behind one that has none.
                case .malformed(let refusal) where refusal.reason == .statusLineMalformed: break
                default: throw error
                }
            }
        }
        let found: [SocketAddress]
        do throws(TransportError) {
            found = try await addresses.ordered(waiter, timeout: left(of: limits, since: began).timeout)
        } catch {
            throw .connect(error)
        }
        do throws(CallError) {
            let target = Call.Server(addresses: found, tls: tls)
            return keep(try await call.sendAndKeep(request, to: target, limits: left(of: limits, since: began)))
        } catch {
            addresses.expire()
            throw error
        }
    }

    private func left(of limits: Call.Limits, since began: UInt64) -> Call.Limits {
        var left = limits
        left.timeout -= min(left.timeout, loop.now &- began)
        left.connectTimeout = min(left.connectTimeout, left.timeout)
        return left
    }

    // MARK: Idle connections

    private func takeClean() -> KeptConnection? {
        while let (connection, isExpired) = idle.takeNewest(now: loop.now) {
            if !isExpired, connection.isClean { return connection }
            connection.close()
        }
        return nil
    }

    private func keep(_ outcome: (answer: Call.Answer, kept: KeptConnection?)) -> Call.Answer {
        guard let connection = outcome.kept else { return outcome.answer }
        let limit = KeepAlive.limit(outcome.answer.fields) ?? .max
        if !isRetired, connection.isClean, idle.put(connection, limit: limit, now: loop.now) {
            connection.park(watchedBy: watch)
            if !isWatching { watchIdle() }
        } else {
            connection.close()
        }
        return outcome.answer
    }

    /// Closes what has been idle too long, or was closed by the server.
    package func sweep() {
        for (connection, _) in idle.takeStale(now: loop.now, isClean: \.isClean) { connection.close() }
    }

    /// Lets the event loop tell when the server closes an idle connection, without a task.
    private func watchIdle() {
        isWatching = true
        watch.sleep(timeout: idleSettings.timeout) { [unowned self] _ in
            isWatching = false
            sweep()
            if !idle.isEmpty { watchIdle() }
        }
    }

    /// Nobody asks it any more, but for those who have begun to: closes all idle connections, and keeps none from now on.
    package func retire() {
        isRetired = true
        closeIdle()
    }

    /// Closes all idle connections.
    package func closeIdle() {
        watch.retire()
        for connection in idle.takeAll() { connection.close() }
    }
}
