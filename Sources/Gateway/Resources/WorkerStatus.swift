/// What a worker alone can tell of itself.
package struct WorkerStatus: Sendable {
    /// Numbers of the generations of plans that are still there; the last one is in use.
    package var generations: [Int]
    /// The newest first.
    package var failures: [FailureReport]
    /// Exchanges that were refused or came to nothing, since the start, whether they are written down or not.
    package var failureCount: UInt64
    /// What its caches hold, one for each site that has a cache, in the order of its configuration.
    var caches: [ResponseCache.Counts]
}

extension Gateway {
    /// Asks one worker; one that is stuck does not answer.
    /// - Parameter worker: its number.
    package func status(ofWorker worker: Int) async -> WorkerStatus { await workers[worker].status }

    package var workerCount: Int { workers.count }
}

extension Worker {
    var status: WorkerStatus {
        let failures = resources.map { $0.records.failures }
        return WorkerStatus(
            generations: generations, failures: failures?.all ?? [], failureCount: failures?.count ?? 0, caches: cacheCounts())
    }
}
