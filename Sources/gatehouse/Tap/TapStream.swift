import EventLoop
import Gateway
import HTTP
import Messages
import Transport

/// Sends what a tap shows to one reader. What the reader does not take waits in the tap, and is lost where that is full: no
/// exchange waits for it.
final class TapStream: Upgraded {
    private let tap: Tap
    private let streams: UpgradedStreams
    private let leave: @Sendable () async -> Void
    private var isOver = false
    private(set) var isBroken = false

    /// Nanoseconds between two looks at what there is.
    private static let pause: UInt64 = 200_000_000
    /// Nanoseconds that a reader may take nothing; then it is cut.
    private static let sendTimeout: UInt64 = 60_000_000_000

    /// - Parameter leave: called once, when nobody reads any more.
    init(_ tap: Tap, _ streams: UpgradedStreams, leave: @escaping @Sendable () async -> Void) {
        self.tap = tap
        self.streams = streams
        self.leave = leave
    }

    func run() async {
        await follow()
        await leave()
    }

    func drain() { isOver = true }

    func cut() { isOver = true }

    private func follow() async {
        // So that whoever waits knows that it has begun.
        guard await send(Array("{\"tap\":\"begun\"}\n".utf8)) else { return }
        while !isOver {
            let lines = tap.take()
            if !lines.isEmpty {
                guard await send(lines) else { return }
                continue
            }
            let socket = streams.outflow.stream.socket
            socket.interest = .read
            _ = await streams.waiter.wait(timeout: Self.pause)
            socket.interest = .none
            guard !isOver, isThere else { return }
        }
    }

    /// A reader says nothing more; what comes is its end.
    private var isThere: Bool {
        do throws(PeerError) {
            switch try streams.inflow.read() {
            case .end: return false
            case .progress, .full, .blocked:
                streams.inflow.discard()
                return true
            }
        } catch {
            return false
        }
    }

    /// - Returns: false: it was not taken.
    private func send(_ lines: [UInt8]) async -> Bool {
        switch await streams.send(lines, within: Self.sendTimeout, unless: { isOver }) {
        case .sent: return true
        case .gone: return false
        case .untaken:
            isBroken = true
            return false
        }
    }
}
