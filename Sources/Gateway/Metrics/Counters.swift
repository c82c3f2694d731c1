import Synchronization

/// Numbers of one worker: it alone writes them, and whoever wants to reads them, at any time. No lock, and no cache line that two
/// workers write.
final class Counters<let size: Int>: Sendable {
    private let words: InlineArray<size, Atomic<UInt64>>

    init() {
        words = InlineArray { _ in Atomic(0) }
    }

    /// Counts. A load and a store are enough, since nobody else writes.
    @inline(__always)
    func add(_ amount: UInt64, at index: Int) {
        words[index].store(words[index].load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    /// Says how much there is of something now.
    func set(_ value: UInt64, at index: Int) { words[index].store(value, ordering: .relaxed) }

    subscript(index: Int) -> UInt64 { words[index].load(ordering: .relaxed) }
}
