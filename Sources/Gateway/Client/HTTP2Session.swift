import EventLoop
import HTTP2
import Logging
import Messages
import Transport

/// A connection's exchanges in HTTP/2: many at a time, each in a task of its own.
///
/// What comes is read when the event loop tells of it, and what the exchanges of a turn have written goes out at its end: the
/// connection's own task is woken only where there is something to decide.
final class HTTP2Session: ClientSession {
    let http2: HTTP2Connection
    private let stream: Stream
    var localAddress: SocketAddress? { stream.localAddress }
    private let waiter: Waiter
    let resources: WorkerResources
    let endpoint: ClientEndpoint
    private let log: Logger

    /// The open tunnels, by their streams.
    var tunnels: [UInt32: Tunnel] = [:]
    var idleSince: UInt64 { timing.idleSince }
    private var timing: HTTP2SessionTiming
    private var requestCount = 0
    private var task = TaskState.busy
    /// Is the event loop going to tell of the end of its turn?
    private var awaitsTurnEnd = false
    /// How the session has ended while its task waited.
    private var endingMeanwhile: SessionEnding?
    /// When the task's wait ends at the latest, in monotonic nanoseconds; nil while it does not wait for the client.
    private var waitEnd: UInt64?

    /// What the session's own task does.
    private enum TaskState {
        case busy
        /// It is busy, and something has happened since the session last advanced.
        case due
        case waiting
    }

    init(
        _ stream: Stream, _ endpoint: ClientEndpoint, waiter: Waiter, resources: WorkerResources,
        log: Logger
    ) {
        self.stream = stream
        self.endpoint = endpoint
        self.waiter = waiter
        self.resources = resources
        self.log = log
        timing = HTTP2SessionTiming(now: resources.now)
        var limits = endpoint.limits.streams
        limits.enablesConnectProtocol = endpoint.offersHTTP2WebSockets
        http2 = HTTP2Connection(stream, buffers: resources.buffers, loop: resources.loop, limits: limits)
        http2.acceptor = self
        http2.onOutput = { [unowned self] in askForTurnEnd() }
    }

    var hasServed: Bool { requestCount > 0 }
    /// It may ask at any time, also before it has read that nobody listens any more (RFC 9113 §6.8). Whoever owes an answer to a
    /// PING is not waited for.
    var hasUnreadInput: Bool { !http2.awaitsPing }

    nonisolated(nonsending) func serve() async -> SessionEnding {
        let ending = await serveStreams()
        // Their tasks end before the connection does: they use what is its.
        http2.endStreams()
        while http2.runningExchanges > 0 {
            await sleep(timeout: nil)
            task = .busy
        }
        return ending
    }

    /// Reads, sends, and lets streams begin and end, until none is left.
    private nonisolated(nonsending) func serveStreams() async -> SessionEnding {
        while true {
            switch advance() {
            case .ending(let ending): return ending
            case .goesOn: await resources.loop.yield()
            case .waits: if let ending = await wait() { return ending }
            }
        }
    }

    /// What the session comes to when all that is ready has been done.
    private enum Outcome {
        /// It waits for the client, or for an exchange.
        case waits
        /// There is more to do, after others have had their turn.
        case goesOn
        case ending(SessionEnding)
    }

    /// Reads what has come, and sends what there is.
    private func advance() -> Outcome {
        if task == .due { task = .busy }
        let read: BodyRead
        let isSent: Bool
        do throws(PeerError) {
            read = try http2.receiveForTurn()
            isSent = try flush()
        } catch {
            endpoint.logBrokenTLS(error, to: log)
            // As in HTTP/1.1: no reset, which a balancer in between would count as a fault.
            return .ending(error.isEndWithoutCloseNotify ? .last : .cut)
        }
        if let ending = ending(read, isSent) { return .ending(ending) }
        // Full and all of it sent: what was in the way of reading is gone, and nothing else would tell.
        if read == .progress || read == .full && isSent || http2.wakeWriters(atMost: Self.writersPerTurn) {
            return .goesOn
        }
        stream.watch(reading: read != .full, writing: !isSent)
        return .waits
    }

    private static let writersPerTurn = 4

    /// A request has come: its exchange begins when what has come is read.
    /// - Returns: its number on this connection, from 1.
    func begin() -> Int {
        requestCount += 1
        if http2.runningExchanges > 0 { timing.goAway.sawConcurrency(at: resources.now) }
        http2.beginExchange()
        return requestCount
    }

    /// The exchange on a stream is over.
    func endExchange(on stream: HTTP2Stream) {
        http2.endExchange(on: stream)
        // However long they took: the client may read this answer together with the last one.
        if http2.runningExchanges > 0 { timing.goAway.sawConcurrency(at: resources.now) }
        timing.idleSince = resources.now
        askForTurnEnd()
    }

    private func flush() throws(PeerError) -> Bool {
        if isOver, !http2.hasStreams { sendGoAwayWhenDue() } else { timing.goAway.putOff() }
        let before = http2.unsentCount
        let isSent = try http2.flush()
        if isSent {
            timing.sentAll()
        } else {
            timing.wasBlocked(tookSome: http2.unsentCount < before, at: resources.now)
        }
        return isSent
    }

    /// Says that no more requests are taken.
    private func sendGoAwayWhenDue() {
        switch http2.hasSentGoAway ? .goAway : timing.goAway.step(at: resources.now, awaitsPing: http2.awaitsPing) {
        case .ping: http2.sendPing()
        case .wait: break
        case .goAway:
            timing.goAway.putOff()
            http2.goAway(isFinal: true)
        }
    }

    /// Has it had the requests that a connection may have? It ends when none is under way, since some clients give up those that
    /// have no answer yet when they see a GOAWAY, whatever it says.
    private var hasServedAll: Bool {
        let limit = endpoint.limits.maxRequestsPerConnection
        return limit > 0 && requestCount >= limit
    }

    /// Takes it no more requests?
    private var isOver: Bool {
        resources.isDraining || endpoint.mustClose && hasServed || http2.hasSentGoAway || hasServedAll
    }

    /// Is the session over, or without anything to do?
    private func ending(_ read: BodyRead, _ isSent: Bool) -> SessionEnding? {
        if let error = http2.error {
            report(error)
            return .last
        }
        if read == .end { return .last }
        if http2.hasStreams { return nil }
        if isOver { return timing.goAway.deadline == nil ? .last : nil }
        return isSent && read != .progress && http2.frameSince == nil ? .idle : nil
    }

    // MARK: Waiting

    /// Waits for what `advance` cannot settle: an end, or a deadline.
    /// - Returns: how the session has ended meanwhile; nil if it has not.
    private nonisolated(nonsending) func wait() async -> SessionEnding? {
        let now = resources.now
        let deadline = nearestDeadline
        guard deadline > now else { return deadlinePassed(now) }
        waitEnd = deadline
        let wake = await sleep(timeout: deadline == .max ? nil : deadline - now)
        waitEnd = nil
        stream.watch(reading: false, writing: false)
        return wake == .deadline ? deadlinePassed(resources.now) : endingMeanwhile
    }

    /// The next deadline of the connection, in monotonic nanoseconds; `.max` if there is none.
    private var nearestDeadline: UInt64 {
        var deadline = timing.nearest
        if let frameSince = http2.frameSince { deadline = min(deadline, frameSince &+ endpoint.limits.headTimeout) }
        if let since = timing.blockedSince { deadline = min(deadline, since &+ endpoint.limits.sendTimeout) }
        if let since = http2.firstAbandoned { deadline = min(deadline, since &+ endpoint.limits.lingeringTimeout) }
        return deadline
    }

    @discardableResult
    private nonisolated(nonsending) func sleep(timeout: UInt64?) async -> Waiter.Wake {
        guard task != .due else { return .notified }
        task = .waiting
        let wake = await waiter.wait(timeout: timeout, handler: self)
        if task == .waiting { task = .busy }
        // Notified when a socket had woken it already, a later wait, perhaps of another kind, would end at once.
        waiter.dropNotification()
        return wake
    }

    /// Advances without the task.
    /// - Returns: does the task's wait go on?
    private func advanceWithoutTask() -> Bool {
        // Without an end it waits for the last exchange alone.
        guard let waitEnd else { return false }
        switch advance() {
        case .waits: return nearestDeadline >= waitEnd
        case .goesOn:
            askForTurnEnd()
            return true
        case .ending(let ending):
            // Before the task runs more may come, which nobody would tell of: it looks for itself.
            if case .idle = ending { return false }
            endingMeanwhile = ending
            return false
        }
    }

    private func askForTurnEnd() {
        guard !awaitsTurnEnd else { return }
        awaitsTurnEnd = true
        resources.loop.atTurnEnd(self)
    }

    /// The session has something to look at. Notified while it does not wait, the connection's waiter would end a wait of another
    /// kind.
    private func wake() {
        let waited = task == .waiting
        task = .due
        if waited { waiter.notify() }
    }

    /// A deadline has passed.
    /// - Returns: `.cut` if the client has kept us waiting for too long.
    private func deadlinePassed(_ now: UInt64) -> SessionEnding? {
        let limits = endpoint.limits
        if let frameSince = http2.frameSince, now >= frameSince &+ limits.headTimeout {
            http2.fail(
                ConnectionError(.enhanceYourCalm, "a frame or a field section that does not end", key: "limits.head_timeout"))
            return nil
        }
        if let since = timing.blockedSince, now >= since &+ limits.sendTimeout {
            // It would not read a GOAWAY either.
            report(ConnectionError(.noError, "the client does not read", key: "limits.send_timeout"))
            return .cut
        }
        if timing.isDrainDue(at: now) {
            // RFC 9113 §6.8: first that it will go, then, when what was under way has come, that it has gone.
            timing.stepDrain(next: http2.hasSentGoAway ? nil : now &+ Self.goAwayDelay)
            http2.goAway(isFinal: http2.hasSentGoAway)
        }
        http2.endAbandoned(since: now &- limits.lingeringTimeout)
        return nil
    }

    /// Nanoseconds between the two GOAWAY frames: longer than a round trip.
    private static let goAwayDelay: UInt64 = 1_000_000_000

    // MARK: Idle

    var idleDeadline: UInt64 {
        let limits = endpoint.limits
        return timing.idleDeadline(keepAlive: limits.keepAliveTimeout, ping: limits.http2Ping)
    }

    func outlivesIdleDeadline() -> Bool {
        let now = resources.now
        guard now < idleSince &+ endpoint.limits.keepAliveTimeout else { return false }
        // A reload may have switched it off.
        guard endpoint.limits.http2Ping > 0 else { return true }
        if http2.awaitsPing, timing.pingedAt >= idleSince {
            report(ConnectionError(.noError, "no answer to a PING", key: "limits.http2_ping"))
            return false
        }
        timing.pinged(at: now)
        http2.sendPing()
        return (try? http2.flush()) != nil
    }

    // MARK: Drain and end

    nonisolated(nonsending) func refuse(_ failure: Failure) async {}

    func drain() {
        // Some clients give up every request that has no answer yet when they see a GOAWAY, whatever it says: they get the first
        // half of the drain's time to come to an end by themselves.
        timing.beginDrain(at: resources.now, after: endpoint.limits.drainTimeout / 2)
        wake()
    }

    func announceEnd() {
        http2.goAway(isFinal: true)
        // What the kernel does not take now is not worth waiting for.
        _ = try? http2.flush()
    }

    func releaseMemory() {
        http2.releaseMemory()
    }

    func discard() { http2.discard() }

    private func report(_ error: ConnectionError) {
        log.info(
            "HTTP/2 connection ended",
            metadata: [
                "client": "\(endpoint.peer.host)", "code": "\(error.code.name)", "reason": "\(error.reason)",
                "key": "\(error.key ?? "-")",
            ])
    }
}

extension HTTP2Session: ReadinessHandler, TurnEndHandler {
    func becameReady() -> Bool {
        let goesOn = advanceWithoutTask()
        if !goesOn, task == .waiting { task = .busy }
        return goesOn
    }

    func turnEnded() {
        awaitsTurnEnd = false
        if task != .waiting || !advanceWithoutTask() { wake() }
    }
}
