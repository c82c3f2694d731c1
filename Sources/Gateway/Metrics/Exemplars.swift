import HTTP
import Synchronization

/// Of each bucket of a histogram the last exchange that has a trace (OpenMetrics 1.0, "Exemplars").
///
/// Each worker writes places of its own, and a scrape reads them at any time: a number around each tells a reader that it was
/// written meanwhile, so nobody waits for anybody.
final class Exemplars: Sendable {
    /// An exchange that a bucket has counted.
    struct Exemplar: Equatable {
        /// Its trace.
        var high: UInt64
        var low: UInt64
        /// Nanoseconds that it took.
        var duration: UInt64
        /// When it ended, in nanoseconds since 1970.
        var time: UInt64
    }

    private final class Slots: Sendable {
        /// Five for each bucket: odd while it is written, and then the exemplar.
        let words: InlineArray<65, Atomic<UInt64>>

        init() {
            words = InlineArray { _ in Atomic(0) }
        }
    }

    private let workers: [Slots]

    init(workers: Int) {
        self.workers = (0..<workers).map { _ in Slots() }
    }

    /// - Parameter worker: the number of the one that calls.
    func set(_ exemplar: Exemplar, worker: Int) {
        let offset = DurationBuckets.bucket(exemplar.duration) * 5
        let slots = workers[worker]
        let number = slots.words[offset].load(ordering: .relaxed)
        slots.words[offset].store(number &+ 1, ordering: .relaxed)
        // Each is seen no earlier than that it is being written.
        slots.words[offset + 1].store(exemplar.high, ordering: .releasing)
        slots.words[offset + 2].store(exemplar.low, ordering: .releasing)
        slots.words[offset + 3].store(exemplar.duration, ordering: .releasing)
        slots.words[offset + 4].store(exemplar.time, ordering: .releasing)
        slots.words[offset].store(number &+ 2, ordering: .releasing)
    }

    /// The newest of all workers; nil if there is none, or if each is just being written.
    subscript(bucket: Int) -> Exemplar? {
        workers.compactMap { Self.read($0, bucket * 5) }.max { $0.time < $1.time }
    }

    private static func read(_ slots: Slots, _ offset: Int) -> Exemplar? {
        let number = slots.words[offset].load(ordering: .acquiring)
        guard number > 0, number % 2 == 0 else { return nil }
        let exemplar = Exemplar(
            high: slots.words[offset + 1].load(ordering: .acquiring), low: slots.words[offset + 2].load(ordering: .acquiring),
            duration: slots.words[offset + 3].load(ordering: .acquiring), time: slots.words[offset + 4].load(ordering: .acquiring)
        )
        return slots.words[offset].load(ordering: .relaxed) == number ? exemplar : nil
    }
}
