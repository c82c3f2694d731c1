import Buffers
import TLS

/// What is counted of a worker, whatever the plan.
final class WorkerSeries: Sendable {
    private let counters = Counters<448>()

    enum Index {
        static let accepted = 0
        /// Where the counts of TLS handshakes begin: version times two, and one more if a session was resumed.
        static let handshakes = 1
        static let failedHandshakes = 5
        static let lag = failedHandshakes + HandshakeFault.allCases.count
        static let lagSum = lag + DurationBuckets.count
        static let generations = lagSum + 1
        static let connections = generations + 1
        static let usedBuffers = connections + 1
        static let keptSmallBuffers = usedBuffers + 1
        static let keptBulkBuffers = keptSmallBuffers + 1
        static let reasons = keptBulkBuffers + 1
    }

    // MARK: The worker

    func add(_ amount: UInt64 = 1, at index: Int) { counters.add(amount, at: index) }

    func set(_ value: Int, at index: Int) { counters.set(UInt64(max(0, value)), at: index) }

    func count(_ reason: Reason) {
        if let index = Self.reasonIndices[reason] { counters.add(1, at: Index.reasons + index) }
    }

    func handshake(_ session: TLSSession) {
        let isNew = session.version == "TLSv1.3"
        counters.add(1, at: Index.handshakes + (isNew ? 2 : 0) + (session.isResumed ? 1 : 0))
    }

    func failed(_ fault: HandshakeFault) {
        if let index = Self.faultIndices[fault] { counters.add(1, at: Index.failedHandshakes + index) }
    }

    private static let faultIndices: [HandshakeFault: Int] = Dictionary(
        uniqueKeysWithValues: HandshakeFault.allCases.enumerated().map { ($1, $0) })

    /// How long a task that was ready has waited for its turn.
    func waited(_ duration: UInt64) {
        counters.add(1, at: Index.lag + DurationBuckets.bucket(duration))
        counters.add(duration, at: Index.lagSum)
    }

    /// How many buffers there are; as of now.
    func set(_ buffers: BufferPool.Counts) {
        set(buffers.used, at: Index.usedBuffers)
        set(buffers.smallKept, at: Index.keptSmallBuffers)
        set(buffers.bulkKept, at: Index.keptBulkBuffers)
    }

    // MARK: Anybody

    subscript(index: Int) -> UInt64 { counters[index] }

    /// All words of `Reason`, each once.
    static let reasonWords: [String] = Reason.allCases.reduce(into: []) { words, reason in
        if !words.contains(reason.word) { words.append(reason.word) }
    }

    private static let reasonIndices: [Reason: Int] = Dictionary(
        Reason.allCases.compactMap { reason in reasonWords.firstIndex(of: reason.word).map { (reason, $0) } },
        uniquingKeysWith: { first, _ in first })
}
