import EventLoop
import Transport

/// What became of bytes that were sent to whoever reads an upgraded connection.
package enum UpgradedSending: Sendable {
    case sent
    /// The connection is broken.
    case gone
    /// Not all of it was taken: the connection can only be reset.
    case untaken
}

extension UpgradedStreams {
    /// Sends all of it, to whoever reads as slowly as they like within a bound.
    /// - Parameters:
    ///   - timeout: nanoseconds that it may take.
    ///   - isOver: asked whenever nothing moves: is there no more time?
    package nonisolated(nonsending) func send(
        _ bytes: [UInt8], within timeout: UInt64, unless isOver: () -> Bool
    ) async -> UpgradedSending {
        let deadline = waiter.loop.now &+ timeout
        var sent = 0
        while true {
            do throws(PeerError) {
                if sent < bytes.count { sent += try outflow.write(bytes.span.extracting(sent..<bytes.count)) }
                if sent == bytes.count, try outflow.flush() { return .sent }
            } catch {
                return .gone
            }
            let now = waiter.loop.now
            guard now < deadline, !isOver() else { return .untaken }
            outflow.stream.socket.interest = outflow.stream.writeInterest
            _ = await waiter.wait(timeout: deadline - now)
            outflow.stream.socket.interest = .none
        }
    }
}
