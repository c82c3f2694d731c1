package import EventLoop
import Synchronization

/// One worker's requests that wait for room at the servers of a group, first come first served.
package final class WaitingLine {
    /// How many may wait, over all workers, and for how long.
    package final class Limit: Sendable {
        private let waiting = Atomic<Int>(0)
        private let most: Int
        /// Nanoseconds.
        package let timeout: UInt64

        package init(most: Int, timeout: UInt64) {
            self.most = most
            self.timeout = timeout
        }

        /// Requests that wait now, over all workers.
        package var count: Int { waiting.load(ordering: .relaxed) }

        func enter() -> Bool {
            guard waiting.wrappingAdd(1, ordering: .relaxed).newValue <= most else {
                leave()
                return false
            }
            return true
        }

        func leave() { waiting.wrappingSubtract(1, ordering: .relaxed) }
    }

    /// What became of waiting.
    package enum Outcome: Sendable, Equatable {
        /// Room may have become free: pick again.
        case lookAgain
        case timedOut
    }

    package let limit: Limit
    private var waiters: [Waiter] = []

    package init(_ limit: Limit) {
        self.limit = limit
    }

    package var isEmpty: Bool { waiters.isEmpty }

    /// Is it this one's turn?
    package func isFirst(_ waiter: Waiter) -> Bool { waiters.first === waiter }

    /// Takes the last place.
    /// - Returns: false if there is none; else `leave` must follow.
    package func enter(_ waiter: Waiter) -> Bool {
        guard limit.enter() else { return false }
        waiters.append(waiter)
        return true
    }

    /// Gives the place up.
    package func leave(_ waiter: Waiter) {
        guard let place = waiters.firstIndex(where: { $0 === waiter }) else { return }
        waiters.remove(at: place)
        limit.leave()
        // There may be room for more than one: each that leaves tells the next.
        tellFirst()
    }

    /// Waits for room, or for a socket that the caller has made its waiter watch.
    /// - Parameter since: when waiting began, in monotonic nanoseconds.
    package nonisolated(nonsending) func wait(_ waiter: Waiter, since: UInt64) async -> Outcome {
        let end = since &+ limit.timeout
        guard waiter.loop.now < end else { return .timedOut }
        // Room that another worker's request leaves is not told to this one: look again soon in any case.
        _ = await waiter.wait(timeout: min(end - waiter.loop.now, Self.glance))
        return .lookAgain
    }

    /// Tells the first in line that there may be room.
    func tellFirst() {
        waiters.first?.wake(.ready)
    }

    private static let glance: UInt64 = 100_000_000
}
