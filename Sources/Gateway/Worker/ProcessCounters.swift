import EventLoop
import Synchronization

/// What all workers count together, whatever the plan; the limits come with each call.
package final class ProcessCounters: Sendable {
    private let connections = Atomic<Int>(0)
    private let ceiling = Atomic<Int>(.max)
    private let own = Atomic<Int>(0)
    private let pauses = Atomic<Int>(0)
    private let shortages = Atomic<Int>(0)
    private let shortageLoggedAt = Atomic<UInt64>(0)
    private let evictions = Atomic<Int>(0)
    private let wanted = Atomic<Int>(0)
    private let stopping = Atomic<Bool>(false)
    private let draining = Atomic<Bool>(false)
    private let handedOver = Atomic<Bool>(false)
    private let workers = Mutex<[WorkerSeries]>([])
    let clients = ClientCounts()
    let clientTunnels = ClientTunnelCounts()
    let passed = PassthroughConnections()
    let fileThreads = FileThreads(name: "files")
    /// Looks now and then whether the sites' directories are there: one that hangs keeps no request from its file.
    let directoryThread = FileThreads(name: "directories")
    /// Read the files that say who comes in, when these have changed: no other file that hangs is in their way.
    let watchThreads = FileThreads(name: "watched files")
    let passwords = PasswordThread(cores: Processors.count)

    /// A worker begins, and counts there.
    func add(_ series: WorkerSeries) { workers.withLock { $0.append(series) } }

    /// The numbers of each worker, in the order of the workers.
    var workerSeries: [WorkerSeries] { workers.withLock { $0 } }

    /// Connections for which room is taken.
    var connectionCount: Int { connections.load(ordering: .relaxed) }

    /// How often accepting has paused for want of room.
    var pauseCount: Int { pauses.load(ordering: .relaxed) }

    /// Idle connections that were closed in favour of new clients.
    var evictionCount: Int { evictions.load(ordering: .relaxed) }

    /// Makes health checks say that clients are to go elsewhere.
    func stop() { stopping.store(true, ordering: .relaxed) }

    /// Has the gateway been told to stop?
    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// Notes that listeners close.
    func beginDrain() { draining.store(true, ordering: .relaxed) }

    /// Have the listeners been told to close?
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// Notes that another process accepts from the sockets.
    func handOver() { handedOver.store(true, ordering: .relaxed) }

    /// Has another process taken over? No socket may be opened beside its own: who connects to that is reset at the end.
    var isHandedOver: Bool { handedOver.load(ordering: .relaxed) }

    /// How many descriptors were open when this was first asked.
    var ownDescriptors: Int {
        let known = own.load(ordering: .relaxed)
        guard known == 0 else { return known }
        let count = OpenDescriptors.count
        own.store(count, ordering: .relaxed)
        return count
    }

    /// How many connections there may be at most, however many a plan allows, since each needs descriptors.
    var connectionCeiling: Int {
        get { ceiling.load(ordering: .relaxed) }
        set { ceiling.store(newValue, ordering: .relaxed) }
    }

    /// Takes room for one connection. False when there is none: accepting must pause.
    func reserve(atMost limit: Int) -> Bool {
        guard connections.wrappingAdd(1, ordering: .relaxed).newValue <= min(limit, connectionCeiling) else {
            connections.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
        return true
    }

    func release() {
        connections.wrappingSubtract(1, ordering: .relaxed)
    }

    /// Counts one pause of accepting.
    /// - Returns: how many there have been.
    func countPause() -> Int {
        pauses.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// Counts an idle connection that is closed in favour of a new client.
    /// - Returns: how many there have been.
    func countEviction() -> Int {
        evictions.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// A worker has a client waiting and no idle connection of its own to close: another one's may do.
    func wantRoom() {
        if wanted.load(ordering: .relaxed) < 64 { wanted.wrappingAdd(1, ordering: .relaxed) }
    }

    /// How many clients wait for room that the caller's worker may make.
    func takeWanted() -> Int {
        wanted.load(ordering: .relaxed) == 0 ? 0 : wanted.exchange(0, ordering: .relaxed)
    }

    /// How often a worker could not accept for want of descriptors.
    var shortageCount: Int { shortages.load(ordering: .relaxed) }

    /// Counts that accepting pauses for want of descriptors. The files that other workers keep open may be in the way: they
    /// close them when they see it.
    /// - Returns: how often it has.
    func countShortage() -> Int {
        shortages.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// Is a line of the log due about a shortage? The first is, and then one in ten seconds, of all workers.
    /// - Parameter now: monotonic nanoseconds.
    func mayLogShortage(now: UInt64) -> Bool {
        let last = shortageLoggedAt.load(ordering: .relaxed)
        guard last == 0 || now &- last >= 10_000_000_000 else { return false }
        return shortageLoggedAt.compareExchange(expected: last, desired: max(1, now), ordering: .relaxed).exchanged
    }
}
