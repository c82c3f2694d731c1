import TLS

/// The families about the process's workers.
extension MetricsText {
    mutating func append(_ workers: [WorkerSeries]) {
        func sum(_ index: Int) -> UInt64 { workers.reduce(0) { $0 &+ $1[index] } }
        family("gatehouse_connections_accepted", .counter, "Connections of clients.")
        sample(sum(WorkerSeries.Index.accepted))
        family("gatehouse_tls_handshakes", .counter, "TLS handshakes with clients, by version and whether a session was resumed.")
        for (index, version) in (["version=\"1.2\"", "version=\"1.3\""] as [StaticString]).enumerated() {
            for (resumed, word) in (["no", "yes"] as [StaticString]).enumerated() {
                sample(
                    MetricLabels(written: version), ("resumed", word), sum(WorkerSeries.Index.handshakes + index * 2 + resumed))
            }
        }
        family("gatehouse_tls_handshake_failures", .counter, "TLS handshakes with clients that came to nothing.")
        for (index, fault) in HandshakeFault.allCases.enumerated() {
            sample(MetricLabels(["reason": fault.rawValue]), sum(WorkerSeries.Index.failedHandshakes + index))
        }
        family("gatehouse_reasons", .counter, "Exchanges and WebSockets with a reason in the log, by that word.")
        for (index, word) in WorkerSeries.reasonWords.enumerated() {
            let count = sum(WorkerSeries.Index.reasons + index)
            if count > 0 { sample(MetricLabels(["reason": word]), count) }
        }
        appendLoops(workers)
    }

    private mutating func appendLoops(_ workers: [WorkerSeries]) {
        let labels = workers.indices.map { MetricLabels(["worker": "\($0)"]) }
        family(
            "gatehouse_loop_lag_seconds", .histogram,
            "How long a task that is ready waits for its turn, looked at four times a second.")
        for (worker, label) in zip(workers, labels) {
            histogram(
                label, DurationBuckets.bounds, bucket: { worker[WorkerSeries.Index.lag + $0] },
                sum: worker[WorkerSeries.Index.lagSum], isSeconds: true)
        }
        family("gatehouse_worker_connections", .gauge, "Connections of clients that are open.")
        for (worker, label) in zip(workers, labels) { sample(label, worker[WorkerSeries.Index.connections]) }
        family(
            "gatehouse_worker_generations", .gauge, "Configurations in use: more than one while exchanges of an older one go on.")
        for (worker, label) in zip(workers, labels) { sample(label, worker[WorkerSeries.Index.generations]) }
        appendBuffers(workers, labels)
    }

    private mutating func appendBuffers(_ workers: [WorkerSeries], _ labels: [MetricLabels]) {
        family("gatehouse_buffers_used", .gauge, "Buffers that hold bytes on their way.")
        for (worker, label) in zip(workers, labels) { sample(label, worker[WorkerSeries.Index.usedBuffers]) }
        family("gatehouse_buffers_kept", .gauge, "Buffers that wait for the next who needs one.")
        for (worker, label) in zip(workers, labels) {
            sample(label, ("size", "small"), worker[WorkerSeries.Index.keptSmallBuffers])
            sample(label, ("size", "bulk"), worker[WorkerSeries.Index.keptBulkBuffers])
        }
    }
}
