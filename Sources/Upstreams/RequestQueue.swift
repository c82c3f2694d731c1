package import EventLoop
import Synchronization

/// One worker's requests that wait for room at the servers of a group, first come first served.
package final class RequestQueue {
    /// How many may wait, over all workers, and for how long.
    package struct Limit: Sendable {
        package var maxWaiting: Int
        /// Nanoseconds.
        package var timeout: UInt64

        package init(maxWaiting: Int, timeout: UInt64) {
            self.maxWaiting = maxWaiting
            self.timeout = timeout
        }
    }

    /// How many wait, over all workers. It outlives a plan: the lines of the same servers share it.
    package final class Count: Sendable {
        private let waiting = Atomic<Int>(0)

        package init() {}

        /// Requests that wait now.
        package var value: Int { waiting.load(ordering: .relaxed) }

        func enter(atMost most: Int) -> Bool {
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

    package let count: Count
    private var waiters: [Waiter] = []

    package init(_ count: Count) {
        self.count = count
    }

    package var isEmpty: Bool { waiters.isEmpty }

    /// Is it this one's turn?
    package func isFirst(_ waiter: Waiter) -> Bool { waiters.first === waiter }

    /// Takes the last place.
    /// - Parameter limit: of the caller's plan.
    /// - Returns: false if there is none; else `leave` must follow.
    package func enter(_ waiter: Waiter, _ limit: Limit) -> Bool {
        guard count.enter(atMost: limit.maxWaiting) else { return false }
        waiters.append(waiter)
        return true
    }

    /// Gives the place in the queue up.
    package func leave(_ waiter: Waiter) {
        guard let index = waiters.firstIndex(where: { $0 === waiter }) else { return }
        waiters.remove(at: index)
        count.leave()
        // There may be room for more than one: each that leaves tells the next.
        notifyFirst()
    }

    /// Waits for room, or for a socket that the caller has made its waiter watch.
    /// - Parameters:
    ///   - since: when waiting began, in monotonic nanoseconds.
    ///   - limit: of the caller's plan.
    package nonisolated(nonsending) func wait(_ waiter: Waiter, since: UInt64, _ limit: Limit) async -> Outcome {
        let end = since &+ limit.timeout
        guard waiter.loop.now < end else { return .timedOut }
        // Room that another worker's request leaves is not told to this one: look again soon in any case.
        _ = await waiter.wait(timeout: min(end - waiter.loop.now, Self.recheckInterval))
        return .lookAgain
    }

    /// Tells the first in line that there may be room.
    func notifyFirst() {
        waiters.first?.wake(.ready)
    }

    private static let recheckInterval: UInt64 = 100_000_000
}
