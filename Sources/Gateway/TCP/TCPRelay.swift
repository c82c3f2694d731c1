import EventLoop
import Transport

/// A connection that is passed on as it is: bytes both ways until both sides have ended, one breaks, or nothing comes for too
/// long.
struct TCPRelay: ~Copyable {
    /// How it came to its end.
    enum Ending: Equatable {
        case complete
        case idle
        /// The gateway stops, or an operator has closed it.
        case cut
        case broken(String, Failure.Blame)
    }

    private let client: Socket
    private let server: Socket
    private(set) var up: TCPDirection
    private(set) var down: TCPDirection

    init(_ client: Stream, _ server: Stream) {
        self.client = client.socket
        self.server = server.socket
        up = TCPDirection(from: client, to: server)
        down = TCPDirection(from: server, to: client)
    }

    /// - Parameters:
    ///   - waiter: of both sockets.
    ///   - idleTimeout: nanoseconds.
    mutating nonisolated(nonsending) func run(
        _ waiter: Waiter, _ pipes: FreeList<SplicePipe>, idleTimeout: UInt64
    ) async -> Ending {
        var lastMoved = waiter.loop.now
        while true {
            let (goesUp, goesDown): (TCPDirection.Progress, TCPDirection.Progress)
            do throws(TCPDirection.Break) { goesUp = try up.advance(pipes) } catch {
                return Self.broken(error, from: .client, to: .upstream)
            }
            do throws(TCPDirection.Break) { goesDown = try down.advance(pipes) } catch {
                return Self.broken(error, from: .upstream, to: .client)
            }
            if up.isDone, down.isDone { return .complete }
            if goesUp != .nothing || goesDown != .nothing { lastMoved = waiter.loop.now }
            if goesUp == .more || goesDown == .more {
                await waiter.loop.yield()
                continue
            }
            let idle = waiter.loop.now &- lastMoved
            guard idle < idleTimeout else { return .idle }
            up.addInterests()
            down.addInterests()
            let wake = await waiter.wait(timeout: idleTimeout - idle)
            (client.interest, server.interest) = (.none, .none)
            if wake == .notified { return .cut }
        }
    }

    private static func broken(_ error: TCPDirection.Break, from source: Failure.Blame, to target: Failure.Blame) -> Ending {
        switch error.location {
        case .here: .broken(error.reason, .gateway)
        case .source: .broken(error.reason, source)
        case .target: .broken(error.reason, target)
        }
    }
}
