import Buffers
import EventLoop
import HTTP
import Messages
import Protection
import StaticFiles
import TLS
import Transport
import Upstreams

/// What one worker owns and its connections use, whatever the plan: never shared, never locked.
final class WorkerResources {
    let loop: EventLoop
    let shared: ProcessCounters
    let buffers: BufferPool
    private(set) var fileCache: StaticCache
    /// The generation of the plan in use. An exchange takes its own from the acceptor of its connection, once.
    private(set) var generation: Generation
    /// The one before, until what is not in use any more has ended.
    private var former: Generation?
    /// All that are still there.
    let generations = LiveGenerations()
    /// The numbers of those that only exchanges hold which are under way.
    var olderGenerations: Set<Int> { generations.numbers.subtracting([generation.number]) }
    let passwords: PasswordCache
    let tokenKeys = VersionedContentCache<WebKeys>()
    let addressLists = VersionedContentCache<AddressSet>()
    let encoders = EncoderPool()
    /// What the fleet is told of its rate limits.
    let spendings: SpendingRing
    let log: AccessLog
    let spans: SpanLog
    let recorder: FlightRecorder
    /// The taps of those who look on; nearly always none.
    var taps: [WorkerTap] {
        get { presentTaps }
        set { presentTaps = newValue }
    }
    // Price 6.
    private var presentTaps: [WorkerTap] = []
    /// Which worker it is of, from 0.
    let number: Int
    let series = WorkerSeries()
    let clock: WallClock
    /// Counts this worker's answers since it began.
    private(set) var answers = AnswerCounts()
    /// The newest that did not end well.
    let failures: RecentFailures
    /// Counts clients' TLS handshakes.
    var handshakes = HandshakeCounts()
    /// Bounds the log lines about handshakes that failed.
    var handshakeLines = LineBudget()
    /// Key authorizations by their tokens (RFC 8555 §8.1): empty but while a certificate is being got.
    var challengeAnswers: [String: String] {
        get { presentChallengeAnswers }
        set { presentChallengeAnswers = newValue }
    }
    // Price 6.
    private var presentChallengeAnswers: [String: String] = [:]
    /// Heads are reused, so that a request costs no allocation for them.
    // As many as a few busy clients in HTTP/2 have under way; each is a kilobyte or two.
    private let spareRequests = FreeList<RequestHead>(keeping: 384)
    private let spareResponses = FreeList<ResponseHead>(keeping: 384)
    private var spareLines: [UInt8] = []
    /// Encoded heads of answers to clients in HTTP/2, which repeat.
    let encodedAnswers = EncodedSections()
    /// Pipes for connections that are passed on, kept for the next.
    let pipes = FreeList<SplicePipe>(keeping: 32)
    var requestIDs = RequestIDs()
    let connections: ClientConnections
    /// Told when a connection has ended, because they wait for room.
    private var pausedListeners: [Waiter] = []
    /// Since when the worker drains, in monotonic nanoseconds; nil if it does not.
    private var drainStart: UInt64?
    /// The shared count of shortages at the last tick.
    private var seenShortages = 0
    private var ticks = 0
    /// What open tunnels carry is counted every five seconds.
    private static let ticksPerTunnelCount = 20
    private let probes: Bool
    private var unusedMemory = UnusedMemory()
    /// Starts a task for a connection that had none.
    let resume: (ObjectIdentifier) -> Void
    let streamTasks: StreamTasks

    /// - Parameters:
    ///   - number: of the worker, from 0.
    ///   - probes: whether it is this worker that probes.
    ///   - startStreamTask: makes a task that calls `streamTasks.run()`.
    /// - Throws: when an upstream's TLS files cannot be used.
    init(
        _ plan: Plan, loop: EventLoop, shared: ProcessCounters, log: AccessLog, spans: SpanLog, number: Int, probes: Bool,
        resume: @escaping (ObjectIdentifier) -> Void,
        startStreamTask: @escaping () -> Void
    ) throws(TLSError) {
        self.resume = resume
        streamTasks = StreamTasks(loop: loop, startTask: startStreamTask)
        self.probes = probes
        self.loop = loop
        self.shared = shared
        connections = ClientConnections(counts: shared.clients)
        passwords = PasswordCache(shared.passwords)
        spendings = plan.carried.sharedRates.ring()
        self.log = log
        self.spans = spans
        self.number = number
        failures = RecentFailures(worker: number)
        recorder = FlightRecorder(capacity: plan.recordedExchanges, worker: number, loop: loop)
        shared.add(series)
        clock = WallClock(loop: loop)
        buffers = BufferPool(smallCapacity: Self.smallCapacity(plan))
        fileCache = StaticCache(plan.fileCache, closer: shared.fileThreads)
        generation = try Generation(
            plan, after: nil, loop: loop, buffers: buffers, live: generations, probes: probes)
    }

    // MARK: Generations

    /// What another plan needs here. Changes nothing: the generation can be adopted or dropped.
    /// - Throws: when an upstream's TLS files cannot be used.
    func prepare(_ plan: Plan) async throws(TLSError) -> Generation {
        try await Generation.make(plan, after: generation, loop: loop, buffers: buffers, live: generations, probes: probes)
    }

    /// From now on this generation is the one in use.
    /// - Parameter next: prepared since the present one was adopted.
    func adopt(_ next: Generation) {
        buffers.hold(smallCapacity: Self.smallCapacity(next.plan))
        if next.plan.fileCache != generation.plan.fileCache {
            fileCache = StaticCache(next.plan.fileCache, closer: shared.fileThreads)
        }
        passwords.files.forget()
        tokenKeys.forget()
        addressLists.forget()
        recorder.resize(to: next.plan.recordedExchanges)
        generation.stopProbing()
        former = generation
        generation = next
    }

    /// What the generation in use has not taken over from the one before ends.
    func retireFormer() async {
        // Exchanges that are under way hold it.
        guard let former = former.take() else { return }
        await former.retire(for: generation)
    }

    /// How long whoever is ready waits for its turn.
    func measureLag() async {
        let began = monotonicNanoseconds()
        await loop.yield()
        series.waited(monotonicNanoseconds() &- began)
    }

    /// A head must fit into a small buffer.
    private static func smallCapacity(_ plan: Plan) -> Int { max(16_384, plan.limits.head.maxHeadBytes) }

    // MARK: Looked at and lent

    // Not inlined: whoever asks holds the resources, and would count what is asked besides (price 2).

    /// Monotonic nanoseconds: the loop's.
    var now: UInt64 { @inline(never) get { loop.now } }
    /// An IMF-fixdate (RFC 9110 §5.6.7).
    var httpDate: [UInt8] { @inline(never) get { clock.httpDate } }

    func acquireRequestHead() -> RequestHead { spareRequests.take() ?? RequestHead() }
    func acquireResponseHead() -> ResponseHead { spareResponses.take() ?? ResponseHead() }

    /// An empty array that has room for a head's lines, most likely.
    func acquireLines() -> [UInt8] { exchange(&spareLines, with: []) }

    /// - Parameter lines: is empty afterwards: held by its owner too, it could not be emptied without another being made.
    func release(lines: inout [UInt8]) {
        var taken = exchange(&lines, with: [])
        // One head beyond all measure must not hold memory for ever.
        guard taken.capacity <= 65_536 else { return }
        taken.removeAll(keepingCapacity: true)
        spareLines = taken
    }

    /// Counts an answer.
    /// - Parameter isFailure: is it a failure of ours or of an upstream?
    @inline(__always)  // Price 6.
    func countAnswer(isFailure: Bool) { answers.count(isFailure: isFailure) }

    func release(_ head: consuming RequestHead) {
        head.reset()
        spareRequests.put(head)
    }

    func release(_ head: consuming ResponseHead) {
        head.reset()
        spareResponses.put(head)
    }

    // MARK: Connections

    /// Takes room for one connection more, of all workers'. False when there is none.
    func reserve() -> Bool { shared.reserve(atMost: generation.limits.maxConnections) }

    /// What limits the connections, in words.
    var connectionLimit: String {
        shared.connectionCeiling < generation.limits.maxConnections ? "the limit on open files" : "max_connections"
    }

    /// Counts that accepting pauses.
    /// - Returns: what has been reached, and how often.
    func countPause() -> (limit: String, count: Int) {
        let isShort = shared.connectionCeiling < generation.limits.maxConnections
        return (connectionLimit, isShort ? shared.countShortage() : shared.countPause())
    }

    func remove(_ connection: ClientConnection) {
        connections.remove(connection)
        shared.release()
        while let paused = pausedListeners.popLast() { paused.notify() }
    }

    /// Notifies the waiter of a listener when there may be room for another connection.
    func pause(_ waiter: Waiter) {
        if !pausedListeners.contains(where: { $0 === waiter }) { pausedListeners.append(waiter) }
    }

    // MARK: Drain

    /// Makes every answer its connection's last, and closes idle connections.
    func drain() {
        if drainStart == nil { drainStart = now }
        for connection in connections.all { connection.drain() }
        generation.drain()
    }

    var isDraining: Bool { drainStart != nil }

    /// Until when a client that has asked for nothing yet may ask, in monotonic nanoseconds: a second, in a drain. Its request
    /// may be on its way, however long ago it came.
    /// - Parameter arrival: when its connection was ready for a request.
    /// - Returns: `UInt64.max` outside a drain.
    func arrivalDeadline(of arrival: UInt64) -> UInt64 {
        guard let drainStart else { return .max }
        return max(arrival, drainStart) &+ 1_000_000_000
    }

    /// How long a tunnel waits for its turn to be closed. Their clients all come back at once, so they are sent away one by
    /// one: a thousand in a second, within half of the drain's time.
    func drainDelay() -> UInt64 {
        let spread = min(UInt64(connections.count) * 1_000_000, generation.limits.drainTimeout / 2)
        return UInt64.random(in: 0...spread)
    }

    /// The plan in use has lost a listener: who came in by it gets the answer that is under way, or awaited, and leaves.
    func endConnectionsOfRetiredListeners() {
        for connection in connections.all where connection.endpoint.isListenerRetired { connection.endAfterExchange() }
    }

    /// Ends the tunnels whose route the plan in use has not, or whose site drains, each at a moment of its own: their clients all
    /// come back.
    func endTunnelsWithoutRoute() {
        let window = generation.limits.reloadCloseWindow
        for connection in connections.all {
            connection.forEachTunnel { tunnel in
                if !generation.plan.keeps(tunnel) {
                    tunnel.endWithRoute(after: UInt64.random(in: 0...window))
                } else if generation.plan.drains(tunnel) {
                    tunnel.drain(after: UInt64.random(in: 0...window))
                }
            }
        }
    }

    /// A tunnel begins, or goes on: what has happened in the meantime may have ended it.
    func check(_ tunnel: Tunnel) {
        if isDraining || generation.plan.drains(tunnel) { tunnel.drain(after: 0) }
        if !generation.plan.keeps(tunnel) { tunnel.endWithRoute(after: 0) }
    }

    /// A tunnel has ended: it is counted, and leaves its line.
    func note(_ ending: TunnelEnding, of tunnel: Tunnel) {
        let duration = loop.now &- tunnel.born
        log.append(tunnel.logLine, ending, duration: duration)
        recorder.record(ending, exchange: tunnel.recordNumber, duration: duration)
        if tunnel.counting != nil { series.count(.tunnel(ending.reason)) }
    }

    /// Cuts what is left after the drain's deadline.
    func cutAll() {
        generation.names.close()
        shared.fileThreads.abandon()
        for connection in connections.all { connection.cut() }
    }

    /// Once in a while: idle upstream connections that are too old or dead, files that nobody asks for, and the log.
    func tick() {
        generation.sweep(worker: number)
        ticks &+= 1
        if ticks % Self.ticksPerTunnelCount == 0 {
            for connection in connections.all { connection.forEachTunnel { $0.count() } }
        }
        series.set(connections.count, at: WorkerSeries.Index.connections)
        series.set(generations.numbers.count, at: WorkerSeries.Index.generations)
        series.set(buffers.counts)
        for cache in generation.caches { cache.publish(worker: number) }
        if shared.shortageCount != seenShortages { fileCache.closeFiles() }
        seenShortages = shared.shortageCount
        for _ in 0..<shared.takeWanted() where connections.closeLongestIdle() { _ = shared.countEviction() }
        fileCache.tidy(now: clock.seconds)
        if probes {
            unusedMemory.tick()
            generation.plan.lookAtFiles(now: loop.now, on: shared.watchThreads)
        }
        // Each does, since the others may have ended before it.
        shared.fileThreads.expire(now: loop.now)
        log.flush()
        spans.flush()
        for tap in taps { tap.flush() }
    }
}
