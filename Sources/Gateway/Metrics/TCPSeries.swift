/// What is counted of a listener's connections to one pool, or of those that went nowhere. It outlives a plan: a reload sets
/// nothing back.
final class TCPSeries: Sendable {
    let labels: MetricLabels
    private let workers: [Counters<32>]

    enum Index {
        static let opened = 0
        /// Where the counts by outcome begin, in the order of `Outcome`.
        static let outcomes = opened + 1
        static let bytesIn = outcomes + Outcome.allCases.count
        static let bytesOut = bytesIn + 1
        static let durations = bytesOut + 1
        static let durationSum = durations + DurationBuckets.count
    }

    /// What has become of a connection.
    enum Outcome: Int, CaseIterable {
        /// Both sides have ended.
        case complete
        /// It went nowhere.
        case refused
        /// It was cut, or broke.
        case broken

        var word: StaticString {
            switch self {
            case .complete: "complete"
            case .refused: "refused"
            case .broken: "broken"
            }
        }
    }

    init(_ labels: MetricLabels, workers: Int) {
        precondition(Index.durationSum < 32, "the counters have no room for all places")
        self.labels = labels
        self.workers = (0..<workers).map { _ in Counters() }
    }

    /// A connection is being passed on.
    func opened(worker: Int) { workers[worker].add(1, at: Index.opened) }

    /// Counts one that has ended, or was refused.
    func count(_ record: borrowing AccessRecord, _ outcome: Outcome, worker: Int) {
        let counters = workers[worker]
        counters.add(1, at: Index.outcomes + outcome.rawValue)
        guard outcome != .refused else { return }
        counters.add(record.bodyBytesReceived, at: Index.bytesIn)
        counters.add(record.bodyBytesSent, at: Index.bytesOut)
        counters.add(1, at: Index.durations + DurationBuckets.bucket(record.duration))
        counters.add(record.duration, at: Index.durationSum)
    }

    /// All workers' together.
    subscript(index: Int) -> UInt64 { workers.reduce(0) { $0 &+ $1[index] } }

    func count(of outcome: Outcome) -> UInt64 { self[Index.outcomes + outcome.rawValue] }

    /// Connections that are being passed on.
    var open: UInt64 {
        // Read in this order: one that ends meanwhile is counted as open, and not as less than none.
        let ended = count(of: .complete) &+ count(of: .broken)
        return self[Index.opened] &- ended
    }
}

/// The families about `[[tcp]]`.
extension MetricsText {
    mutating func append(_ passages: [TCPSeries]) {
        let known = passages.filter { series in
            series[TCPSeries.Index.opened] > 0 || series.count(of: .refused) > 0
        }
        family("gatehouse_tcp_connections_open", .gauge, "Connections of [[tcp]] that are being passed on.")
        for series in known { sample(series.labels, series.open) }
        family("gatehouse_tcp_connections", .counter, "Connections of [[tcp]] that have ended, or were refused.")
        for series in known {
            for outcome in TCPSeries.Outcome.allCases {
                sample(series.labels, ("outcome", outcome.word), series.count(of: outcome))
            }
        }
        family(
            "gatehouse_tcp_bytes", .counter,
            "Bytes of connections of [[tcp]] that have ended, from (in) and to (out) the client.")
        for series in known {
            sample(series.labels, ("direction", "in"), series[TCPSeries.Index.bytesIn])
            sample(series.labels, ("direction", "out"), series[TCPSeries.Index.bytesOut])
        }
        family("gatehouse_tcp_connection_duration_seconds", .histogram, "How long connections of [[tcp]] were passed on.")
        for series in known where series[TCPSeries.Index.opened] > 0 {
            histogram(
                series.labels, DurationBuckets.bounds, bucket: { series[TCPSeries.Index.durations + $0] },
                sum: series[TCPSeries.Index.durationSum], isSeconds: true)
        }
    }
}
