/// What is counted of an upstream server. It outlives a plan, as the server's health does.
final class ServerSeries: Sendable {
    let labels: MetricLabels
    private let workers: [Counters<24>]

    enum Index {
        /// Where the counts of answers begin, one for each class of status.
        static let answers = 0
        static let durations = answers + 5
        static let durationSum = durations + DurationBuckets.count
        /// Attempts without an answer.
        static let failures = durationSum + 1
        static let opened = failures + 1
        /// Connections that wait to be used again, at the worker's last look.
        static let idle = opened + 1
    }

    init(_ labels: MetricLabels, workers: Int) {
        self.labels = labels
        self.workers = (0..<workers).map { _ in Counters() }
    }

    /// Counts an answer.
    /// - Parameter duration: nanoseconds from the attempt's beginning to the answer's head.
    @inline(__always)
    func answered(_ status: Int, in duration: UInt64, worker: Int) {
        let counters = workers[worker]
        counters.add(1, at: Index.answers + min(max(status / 100 - 1, 0), 4))
        counters.add(1, at: Index.durations + DurationBuckets.bucket(duration))
        counters.add(duration, at: Index.durationSum)
    }

    func add(_ amount: UInt64, at index: Int, worker: Int) { workers[worker].add(amount, at: index) }

    /// How many connections of a worker wait.
    func setIdle(_ count: Int, worker: Int) { workers[worker].set(UInt64(count), at: Index.idle) }

    subscript(index: Int) -> UInt64 { workers.reduce(0) { $0 &+ $1[index] } }
}
