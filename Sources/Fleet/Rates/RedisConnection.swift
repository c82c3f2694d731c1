import ACME
import Buffers
import EventLoop
import TLS
import Transport

/// A connection to Redis, of one task, one round trip at a time.
final class RedisConnection {
    private let stream: Stream
    private let waiter: Waiter
    private let buffer = Buffer(capacity: 64 * 1024)
    private var reader = RESPReader()

    private init(_ stream: Stream, _ waiter: Waiter) {
        self.stream = stream
        self.waiter = waiter
    }

    /// Connects, and shakes hands where TLS is wanted. Redis has not been asked for anything then.
    /// - Parameter givesUp: true ends it.
    static nonisolated(nonsending) func open(
        _ endpoint: ServiceURL, _ settings: RedisSettings, _ lookup: ServiceLookup, _ waiter: Waiter, givesUp: () -> Bool
    ) async throws(RedisError) -> RedisConnection {
        do {
            let tls = try endpoint.isTLS ? TLSClientContext(Self.tls(endpoint, settings)) : nil
            let stream = try await Stream.connect(
                toAnyOf: try await lookup.addresses(of: endpoint), tls: tls, waiter: waiter, connectTimeout: settings.timeout,
                handshakeTimeout: settings.timeout, givesUp: givesUp)
            return RedisConnection(stream, waiter)
        } catch {
            if givesUp() { throw .stopped }
            throw .unreachable("\(endpoint.authority): \((error as? TLSError)?.reason ?? "\(error)")")
        }
    }

    private static func tls(_ endpoint: ServiceURL, _ settings: RedisSettings) -> TLSClientContext.Settings {
        TLSClientContext.Settings(
            serverName: endpoint.host, caFile: settings.caFile, clientCertificateFile: settings.certFile,
            clientKeyFile: settings.keyFile)
    }

    func close() { stream.close() }

    /// Sends commands, all at once, and waits for a reply to each.
    /// - Parameters:
    ///   - timeout: nanoseconds, for all.
    ///   - meanwhile: is called whenever the waiter wakes; false ends it.
    nonisolated(nonsending) func ask(
        _ commands: RESPCommands, timeout: UInt64, meanwhile: () -> Bool
    ) async throws(RedisError) -> [RESPValue] {
        let deadline = waiter.loop.now &+ timeout
        var sent = 0
        var replies: [RESPValue] = []
        do {
            while true {
                while sent < commands.bytes.count {
                    let count = try stream.write(commands.bytes.span.extracting(sent...))
                    if count == 0 { break }
                    sent += count
                }
                if sent == commands.bytes.count { _ = try stream.flush() }
                try read()
                while replies.count < commands.count, let reply = try reader.next() { replies.append(reply) }
                if replies.count == commands.count {
                    // It would be taken for an answer to the next question.
                    guard reader.isEmpty else { throw Self.unasked }
                    return replies
                }
                let now = waiter.loop.now
                guard now < deadline else { throw RedisError.timedOut }
                stream.watch(reading: true, writing: sent < commands.bytes.count || stream.hasUnsent)
                _ = await waiter.wait(timeout: deadline - now)
                stream.watch(reading: false, writing: false)
                guard meanwhile() else { throw RedisError.stopped }
            }
        } catch { throw Self.error(error) }
    }

    /// Has anything come, or has it ended, although nothing was asked?
    func checkSilence() throws(RedisError) {
        do { try read() } catch { throw Self.error(error) }
        guard reader.isEmpty else { throw Self.unasked }
    }

    private static let unasked = RedisError.malformed("it speaks without being asked")

    /// - Parameter reading: whether the waiter is woken when anything comes.
    func watch(reading: Bool) { stream.watch(reading: reading, writing: false) }

    /// What has come.
    private func read() throws {
        while stream.mayRead {
            buffer.clear()
            switch try stream.read(into: buffer) {
            case .bytes: try buffer.withBytes { bytes throws(RESPFault) in try reader.append(bytes) }
            case .end: throw RedisError.unreachable("it has closed the connection")
            case .blocked: return
            }
        }
    }

    private static func error(_ error: any Error) -> RedisError {
        switch error {
        case let error as RedisError: error
        case let fault as RESPFault: .malformed(fault.reason)
        default: .unreachable("\(error)")
        }
    }
}
