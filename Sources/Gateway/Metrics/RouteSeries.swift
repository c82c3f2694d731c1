import HTTP
import Synchronization

/// What is counted of a route's requests, or of a site's that no route took. It outlives a plan: a reload sets nothing back.
final class RouteSeries: Sendable {
    let labels: MetricLabels
    private let workers: [Counters<88>]
    /// Made when the first exchange comes that has a trace which is sent.
    private let firstExemplars = AtomicLazyReference<Exemplars>()

    /// Methods of which each has its own series, in the order of `HTTP.Method`; the last is any other.
    static let methods: [StaticString] = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "other",
    ]
    /// Classes of statuses, 1xx to 5xx.
    static let classes: [StaticString] = ["1xx", "2xx", "3xx", "4xx", "5xx"]

    /// Where each number is.
    enum Index {
        static let requests = 0
        static let durations = requests + 50
        static let durationSum = durations + DurationBuckets.count
        static let sent = durationSum + 1
        static let sentSum = sent + SizeBuckets.count
        static let received = sentSum + 1
        static let receivedSum = received + SizeBuckets.count
        static let retries = receivedSum + 1
        static let tunnels = retries + 1
        static let messagesIn = tunnels + 1
        static let messagesOut = messagesIn + 1
        static let bytesIn = messagesOut + 1
        static let bytesOut = bytesIn + 1
        static let failures = bytesOut + 1
    }

    init(_ labels: MetricLabels, workers: Int) {
        self.labels = labels
        self.workers = (0..<workers).map { _ in Counters() }
    }

    /// Counts an exchange that has ended, or has become a tunnel.
    /// - Parameter worker: the number of the one that calls.
    @inline(__always)
    func count(_ record: borrowing AccessRecord, worker: Int) {
        let counters = workers[worker]
        let statusClass = min(max(record.status / 100 - 1, 0), 4)
        counters.add(1, at: Index.requests + Int(record.method.rawValue) * 5 + statusClass)
        counters.add(1, at: Index.durations + DurationBuckets.bucket(record.duration))
        counters.add(record.duration, at: Index.durationSum)
        counters.add(1, at: Index.sent + SizeBuckets.bucket(record.bodyBytesSent))
        counters.add(record.bodyBytesSent, at: Index.sentSum)
        counters.add(1, at: Index.received + SizeBuckets.bucket(record.bodyBytesReceived))
        counters.add(record.bodyBytesReceived, at: Index.receivedSum)
        if record.isFailure { counters.add(1, at: Index.failures) }
        if record.attempts > 1 { counters.add(UInt64(record.attempts - 1), at: Index.retries) }
    }

    /// Remembers an exchange whose trace can be looked at.
    /// - Parameter time: when it ended, in nanoseconds since 1970.
    func note(_ trace: TraceContext, duration: UInt64, time: UInt64, worker: Int) {
        let exemplars = firstExemplars.load() ?? firstExemplars.storeIfNil(Exemplars(workers: workers.count))
        exemplars.set(Exemplars.Exemplar(high: trace.high, low: trace.low, duration: duration, time: time), worker: worker)
    }

    /// Nil if there is none.
    var exemplars: Exemplars? { firstExemplars.load() }

    /// Counts what is not of every exchange.
    func add(_ amount: UInt64, at index: Int, worker: Int) { workers[worker].add(amount, at: index) }

    /// Has anything been counted? Every request is in one of these.
    var hasRequests: Bool { (0..<DurationBuckets.count).contains { self[Index.durations + $0] > 0 } }

    /// All workers' together.
    subscript(index: Int) -> UInt64 { workers.reduce(0) { $0 &+ $1[index] } }
}
