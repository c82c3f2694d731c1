import Buffers
import EventLoop
import StaticFiles

/// What a worker does once in a while, whoever asks for something or nobody: it ends what is too old, counts what is open, and
/// hands over what is collected.
struct WorkerUpkeep {
    private var ticks = 0
    /// The shared count of shortages at the last tick.
    private var seenShortages = 0
    private var unusedMemory = UnusedMemory()

    /// What open tunnels carry is counted every five seconds.
    private static let ticksPerTunnelCount = 20

    /// - Parameter actsForAll: whether it is this worker that does what one has to do for all.
    mutating func tick(_ resources: WorkerResources, actsForAll: Bool) {
        let (generation, shared, worker) = (resources.generation, resources.shared, resources.number)
        generation.sweep(worker: worker)
        ticks &+= 1
        if ticks % Self.ticksPerTunnelCount == 0 {
            for connection in resources.connections.all { connection.forEachTunnel { $0.count() } }
        }
        publishCounts(of: resources)
        for cache in generation.caches { cache.publish(worker: worker) }
        if shared.shortageCount != seenShortages { resources.fileCache.closeFiles() }
        seenShortages = shared.shortageCount
        for _ in 0..<shared.takeWanted() where resources.connections.closeLongestIdle() { _ = shared.countEviction() }
        resources.fileCache.tidy(now: resources.clock.seconds)
        if actsForAll {
            unusedMemory.tick()
            generation.plan.lookAtFiles(now: resources.now, on: shared.watchThreads)
        }
        // Each does, since the others may have ended before it.
        shared.fileThreads.expire(now: resources.now)
        resources.records.flush()
        for tap in resources.taps { tap.flush() }
    }

    private func publishCounts(of resources: WorkerResources) {
        resources.records.series.set(resources.connections.count, at: WorkerSeries.Index.connections)
        resources.records.series.set(resources.generations.numbers.count, at: WorkerSeries.Index.generations)
        resources.records.series.set(resources.buffers.counts)
    }
}
