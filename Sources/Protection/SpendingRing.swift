import Synchronization

/// What is told of a client that was let in under a shared limit, or was blocked by it.
package struct Spending: Sendable, Equatable {
    /// The limit's.
    package var number: UInt32
    /// Has the client sent too many, so that it is refused everything for a while? Else it was let in once.
    package var isBlock: Bool
    package var client: UInt64
    /// Monotonic nanoseconds.
    package var time: UInt64

    package init(number: UInt32, isBlock: Bool, client: UInt64, time: UInt64) {
        self.number = number
        self.isBlock = isBlock
        self.client = client
        self.time = time
    }
}

/// What one worker tells of shared limits: written by it alone, read by one other thread, and nobody waits.
package final class SpendingRing: Sendable {
    /// At 50,000 requests a second a worker fills it in a sixth of a second.
    static let capacity: UInt64 = 8192
    private static let wordsOfEntry = 3

    private let words = AtomicWords(count: Int(SpendingRing.capacity) * SpendingRing.wordsOfEntry)
    private let written = Atomic<UInt64>(0)
    private let read = Atomic<UInt64>(0)
    private let refused = Atomic<UInt64>(0)

    /// How many spendings the ring had no room for.
    package var missing: UInt64 { refused.load(ordering: .relaxed) }

    /// Of the worker alone. When the ring is full the spending is counted as missing.
    @inline(__always)
    func put(_ spending: Spending) {
        let position = written.load(ordering: .relaxed)
        guard position &- read.load(ordering: .acquiring) < Self.capacity else {
            refused.store(refused.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
            return
        }
        let index = Int(position % Self.capacity) * Self.wordsOfEntry
        words.store(spending.client, at: index)
        words.store(UInt64(spending.number) << 1 | (spending.isBlock ? 1 : 0), at: index + 1)
        words.store(spending.time, at: index + 2)
        // Sequentially consistent: who puts looks then whether the reader sleeps, and the reader says so before it looks here.
        written.store(position &+ 1, ordering: .sequentiallyConsistent)
    }

    /// Of the reader alone.
    func takeAll(_ body: (Spending) -> Void) {
        let end = written.load(ordering: .sequentiallyConsistent)
        var position = read.load(ordering: .relaxed)
        while position != end {
            let index = Int(position % Self.capacity) * Self.wordsOfEntry
            let word = words.load(index + 1)
            body(
                Spending(
                    number: UInt32(truncatingIfNeeded: word >> 1), isBlock: word & 1 == 1, client: words.load(index),
                    time: words.load(index + 2)))
            position &+= 1
        }
        read.store(position, ordering: .releasing)
    }
}
