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
    let generations: WorkerGenerations
    /// That of the plan in use.
    var generation: Generation { generations.present }
    let passwords: PasswordCache
    let tokenKeys = VersionedContentCache<WebKeys>()
    let addressLists = VersionedContentCache<AddressSet>()
    let encoders = EncoderPool()
    /// What the fleet is told of its rate limits.
    let spendings: SpendingRing
    let records: WorkerRecords
    /// The taps of those who look on; nearly always none.
    var taps: [WorkerTap] {
        get { presentTaps }
        set { presentTaps = newValue }
    }
    // Price 6.
    private var presentTaps: [WorkerTap] = []
    /// Which worker it is of, from 0.
    let number: Int
    let clock: WallClock
    /// Counts this worker's answers since it began.
    private(set) var answers = AnswerCounts()
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
    let heads = SpareHeads()
    private var spareLines: [UInt8] = []
    /// Encoded heads of answers to clients in HTTP/2, which repeat.
    let encodedAnswers = EncodedSections()
    /// Pipes for connections that are passed on, kept for the next.
    let pipes = FreeList<SplicePipe>(keeping: 32)
    var requestIDs = RequestIDs()
    let connections: ClientConnections
    let room: ConnectionRoom
    private var drainState = Drain()
    /// Starts a task for a connection that had none.
    let resume: (ObjectIdentifier) -> Void
    let streamTasks: StreamTasks

    /// - Parameters:
    ///   - records: this worker's.
    ///   - number: of the worker, from 0.
    ///   - probes: whether it is this worker that probes.
    ///   - startStreamTask: makes a task that calls `streamTasks.run()`.
    /// - Throws: when an upstream's TLS files cannot be used.
    init(
        _ plan: Plan, loop: EventLoop, shared: ProcessCounters, records: consuming WorkerRecords, number: Int, probes: Bool,
        resume: @escaping (ObjectIdentifier) -> Void,
        startStreamTask: @escaping () -> Void
    ) throws(TLSError) {
        self.resume = resume
        streamTasks = StreamTasks(loop: loop, startTask: startStreamTask)
        self.loop = loop
        self.shared = shared
        connections = ClientConnections(counts: shared.clients)
        room = ConnectionRoom(shared)
        passwords = PasswordCache(shared.passwords)
        spendings = plan.carried.sharedRates.ring()
        shared.add(records.series)
        self.records = records
        self.number = number
        clock = WallClock(loop: loop)
        buffers = BufferPool(smallCapacity: Self.smallCapacity(plan))
        fileCache = StaticCache(plan.fileCache, closer: shared.fileThreads)
        generations = try WorkerGenerations(plan, loop: loop, buffers: buffers, probes: probes)
    }

    // MARK: Another plan

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
        records.recorder.resize(to: next.plan.recordedExchanges)
        generations.adopt(next)
    }

    /// A head must fit into a small buffer.
    private static func smallCapacity(_ plan: Plan) -> Int { max(16_384, plan.limits.head.maxHeadBytes) }

    /// How long whoever is ready waits for its turn.
    func measureLag() async {
        let began = monotonicNanoseconds()
        await loop.yield()
        records.series.waited(monotonicNanoseconds() &- began)
    }

    // MARK: Looked at and lent

    // Not inlined: whoever asks holds the resources, and would count what is asked besides (price 2).

    /// Monotonic nanoseconds: the loop's.
    var now: UInt64 { @inline(never) get { loop.now } }
    /// An IMF-fixdate (RFC 9110 §5.6.7).
    var httpDate: [UInt8] { @inline(never) get { clock.httpDate } }

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

    // MARK: The end

    func remove(_ connection: ClientConnection) {
        connections.remove(connection)
        room.release()
    }

    /// Makes every answer its connection's last, and closes idle connections.
    func drain() {
        drainState.begin(now: now)
        for connection in connections.all { connection.drain() }
        generation.drain()
    }

    var isDraining: Bool { drainState.hasBegun }

    /// Until when a client that has asked for nothing yet may ask; see `Drain`.
    func arrivalDeadline(of arrival: UInt64) -> UInt64 { drainState.arrivalDeadline(of: arrival) }

    /// Cuts what is left after the drain's deadline.
    func cutAll() {
        generation.names.close()
        shared.fileThreads.abandon()
        for connection in connections.all { connection.cut() }
    }
}
