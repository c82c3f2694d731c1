import EventLoop
import HTTP
import HTTP1
import Transport
import Upstreams
import WebSocket

/// Two connections joined after an upgrade (RFC 6455): bytes both ways, back-pressure each way, half-close kept, in one task.
///
/// It owns the upstream's lease and its place among the route's tunnels, and gives both back when it is dropped. While it waits
/// it holds no buffer.
final class Tunnel: Pump {
    private let client: Stream
    private let upstream: Stream
    private let waiter: Waiter
    private let buffers: BufferPool
    private let plan: TunnelPlan
    private let lease: Lease
    private let seat: TunnelSeat

    private let up: TunnelWay
    private let down: TunnelWay
    /// The access-log line, to be completed at the end; empty if there is no log.
    var line: [UInt8] = []

    /// When its handshake began to be answered, in monotonic nanoseconds.
    let born: UInt64
    private var progressAt: UInt64
    private var pingedAt: UInt64 = 0
    /// When the drain reaches this tunnel.
    private var drainAt = UInt64.max
    private var isCut = false
    /// Why the gateway closes it, and until when it waits for the peers; nil while it does not.
    private var closing: (reason: TunnelEnding.Reason, code: CloseCode, key: String?, until: UInt64)?
    private var firstEnd: TunnelEnding.Reason?
    private var firstCode: CloseCode?
    /// What `pump` found; for the task to return.
    private var ended: TunnelEnding?

    /// - Parameters:
    ///   - client: both halves; what it sent early goes to the upstream first.
    ///   - lease: of the connection whose upstream has answered 101.
    ///   - extensions: what the 101 negotiated.
    init(
        client: (inflow: Inflow, outflow: Outflow), lease: consuming Lease, extensions: Extensions, plan: TunnelPlan,
        waiter: Waiter, buffers: BufferPool, seat: consuming TunnelSeat
    ) {
        let connection = lease.connection
        self.client = client.inflow.stream
        upstream = connection.stream
        self.waiter = waiter
        self.buffers = buffers
        self.plan = plan
        up = TunnelWay(
            from: client.inflow.stream, to: connection.stream, sender: .client, extensions: extensions, plan: plan,
            waiting: client.inflow.takeBuffer())
        down = TunnelWay(
            from: connection.stream, to: client.outflow.stream, sender: .server, extensions: extensions, plan: plan,
            waiting: connection.inflow.takeBuffer())
        self.lease = consume lease
        self.seat = consume seat
        born = waiter.loop.now
        progressAt = born
        upstream.socket.waiter = waiter
    }

    /// Relays until both ways have ended, one has broken, or a limit strikes. The client's socket is the caller's to close.
    /// - Returns: nil when the tunnel is silent and needs no task: then `sleep`.
    nonisolated(nonsending) func run() async -> TunnelEnding? {
        var turns = 0
        while true {
            if let ending = ended ?? relay() { return ending }
            if up.isBusy || down.isBusy {
                turns += 1
                // A fast pair of peers must not keep the others of this loop waiting.
                if turns % 4 == 0 { await waiter.loop.yield() }
                continue
            }
            turns = 0
            let now = waiter.loop.now
            let deadline = nextDeadline
            if deadline > now {
                watch()
                let wake = await waiter.wait(timeout: min(deadline - now, Self.nap), pumping: self)
                client.socket.interest = .none
                upstream.socket.interest = .none
                if wake == .deadline, waiter.loop.now < nextDeadline, canSleep { return nil }
            }
            if let ending = check() { return ending }
        }
    }

    /// What a wait does when a socket is ready: relays on the spot. The task need not run for a message, only when there is
    /// something to decide (it costs a third of a small message's time to wake it).
    func pump() -> Bool {
        ended = relay()
        guard ended == nil, up.isQuiet, down.isQuiet, closing == nil, !isClosingHandshakeDone else { return false }
        watch()
        return true
    }

    /// How long a task waits with a silent tunnel: who talks seldom is served without one.
    private static let nap: UInt64 = 1_000_000_000

    private var canSleep: Bool { up.isQuiet && down.isQuiet && closing == nil && drainAt == .max && !isCut }

    /// Waits without a task: bytes are relayed on the spot.
    /// - Parameter onWake: called once, when there is something to decide: then `run` again.
    func sleep(onWake: @escaping () -> Void) {
        client.rest()
        watch()
        let now = waiter.loop.now
        waiter.sleep(timeout: max(nextDeadline, now) - now, pumping: self) { _ in onWake() }
    }

    private func watch() {
        client.socket.interest = interest(reading: up, writing: down)
        upstream.socket.interest = interest(reading: down, writing: up)
    }

    /// The gateway stops: a Close frame each way after `delay` nanoseconds, then the peers have until they are cut.
    func drain(after delay: UInt64) {
        guard drainAt == .max else { return }
        drainAt = waiter.loop.now &+ delay
        waiter.tell()
    }

    /// The drain's time is over.
    func cut() {
        isCut = true
        waiter.tell()
    }

    // MARK: Relaying

    /// Moves what there is, both ways.
    /// - Returns: the ending, if that was the last.
    private func relay() -> TunnelEnding? {
        let now = waiter.loop.now
        do throws(TunnelWay.Break) {
            if try up.move(buffers, now: now) { progressAt = now }
        } catch {
            // A peer that takes nothing more may have said why before.
            if error.side == .sink { _ = try? down.move(buffers, now: now) }
            return broken(error.side == .source ? .clientBroke : .upstreamBroke)
        }
        note(up, .clientClosed)
        do throws(TunnelWay.Break) {
            if try down.move(buffers, now: now) { progressAt = now }
        } catch {
            if error.side == .sink { _ = try? up.move(buffers, now: now) }
            return broken(error.side == .source ? .upstreamBroke : .clientBroke)
        }
        note(down, .upstreamClosed)
        if let violation = up.refused ?? down.refused, closing == nil { refuse(violation) }
        return finished
    }

    /// Remembers who was the first to end it.
    private func note(_ way: TunnelWay, _ reason: TunnelEnding.Reason) {
        guard firstEnd == nil, way.sourceHasClosed else { return }
        firstEnd = reason
        if way.hasSeenClose { firstCode = way.closeCode ?? .noStatusReceived }
    }

    private var finished: TunnelEnding? {
        if up.isDone, down.isDone { return ending(firstEnd ?? .clientClosed) }
        // RFC 6455 §7.1.1: after both Close frames the server closes first; there is nothing more to come from the client.
        if down.isDone, up.hasClosed { return ending(firstEnd ?? .upstreamClosed) }
        guard closing != nil else { return nil }
        if up.cannotClose || down.cannotClose { return ending(.violation) }
        return up.hasClosed && down.hasClosed && up.sourceHasClosed && down.sourceHasClosed ? ending(.drained) : nil
    }

    /// RFC 6455 §7.1.4: has each side's Close frame been passed on? Then there is nothing left but to close, which is the
    /// upstream's part (§7.1.1).
    private var isClosingHandshakeDone: Bool { up.hasSeenClose && down.hasSeenClose && up.hasClosed && down.hasClosed }

    /// One side broke. With a Close frame passed on that is no more than an early end, and after the other's end no more than
    /// an answer to it.
    private func broken(_ reason: TunnelEnding.Reason) -> TunnelEnding {
        note(up, .clientClosed)
        note(down, .upstreamClosed)
        if let firstEnd, firstCode != nil || firstEnd.closedBy != reason.closedBy { return ending(firstEnd) }
        // RFC 8446 §6.1: no close_notify, which would tell the upstream that it has all.
        if reason == .clientBroke { upstream.breakOff() }
        return ending(reason)
    }

    private func interest(reading source: TunnelWay, writing sink: TunnelWay) -> Socket.Interest {
        var interest = Socket.Interest.none
        if source.sourceBlocked { interest = interest.union(source.source.readInterest) }
        if sink.sinkBlocked { interest = interest.union(sink.sink.writeInterest) }
        return interest
    }

    // MARK: Limits

    private var nextDeadline: UInt64 {
        // A client whose upstream is gone has been told so: it gets no more than a moment to leave. Nor do both after their Close
        // frames.
        var nearest = down.isDone || isClosingHandshakeDone ? progressAt &+ plan.closing : .max
        if let closing { return min(nearest, closing.until) }
        nearest = min(nearest, plan.idle.deadline(from: progressAt), drainAt, plan.lifetime.deadline(from: born), stallDeadline)
        if plan.ping.nanoseconds > 0 { nearest = min(nearest, plan.ping.deadline(from: max(progressAt, pingedAt))) }
        return nearest
    }

    private var stallDeadline: UInt64 {
        let since = min(up.stalledSince == 0 ? .max : up.stalledSince, down.stalledSince == 0 ? .max : down.stalledSince)
        return since == .max ? .max : plan.stall.deadline(from: since)
    }

    /// Looks at what may have ended the wait besides the sockets.
    /// - Returns: the ending, if there is nothing to wait for any more.
    private func check() -> TunnelEnding? {
        let now = waiter.loop.now
        if isCut {
            closing = (.cut, closing?.code ?? .abnormalClosure, "limits.drain_timeout", now)
            return ending(.cut)
        }
        if down.isDone || isClosingHandshakeDone, now >= progressAt &+ plan.closing { return ending(firstEnd ?? .upstreamClosed) }
        if let closing { return now >= closing.until ? ending(closing.reason) : nil }
        if now >= drainAt {
            drainAt = .max
            // RFC 6455 §7.4.1: 1001 is an endpoint "going away".
            close(.drained, .goingAway, nil, "the gateway stops", until: .max)
        } else if now >= plan.idle.deadline(from: progressAt) {
            close(.idle, .goingAway, plan.idle.key, "idle for too long")
        } else if now >= plan.lifetime.deadline(from: born) {
            close(.lifetime, .serviceRestart, plan.lifetime.key, "open for too long")
        } else if now >= stallDeadline {
            close(.stalled, .tryAgainLater, plan.stall.key, "the peer takes nothing")
        } else if plan.ping.nanoseconds > 0, now >= plan.ping.deadline(from: max(progressAt, pingedAt)) {
            ping(now)
        }
        return nil
    }

    private func ping(_ now: UInt64) {
        guard max(up.unansweredPings, down.unansweredPings) < Self.patience else {
            return close(.silent, .goingAway, plan.ping.key, "no answer to pings")
        }
        pingedAt = now
        up.ping(mask: freshMask())
        down.ping(mask: nil)
        up.unansweredPings += 1
        down.unansweredPings += 1
    }

    /// Pings without any answer after which a peer counts as gone.
    private static let patience = 3

    private func refuse(_ violation: Violation) {
        let isSize = violation == .messageTooBig
        close(
            isSize ? .tooBig : .violation, violation.closeCode,
            "sites.proxy.routes.\(isSize ? "max_message_size" : "websocket_strict")", violation.reason)
    }

    /// Begins the closing handshake with both peers (RFC 6455 §7.1.2).
    private func close(
        _ reason: TunnelEnding.Reason, _ code: CloseCode, _ key: String?, _ words: String, until: UInt64? = nil
    ) {
        closing = (reason, code, key, until ?? waiter.loop.now &+ plan.closing)
        up.close(code, reason: words, mask: freshMask())
        down.close(code, reason: words, mask: nil)
    }

    /// RFC 6455 §5.3: fresh for each frame and unpredictable. Towards the upstream the gateway is the client.
    private func freshMask() -> MaskKey {
        MaskKey(bigEndian: UInt32.random(in: 0...UInt32.max))
    }

    // MARK: The end

    private func ending(_ reason: TunnelEnding.Reason) -> TunnelEnding {
        up.discard(buffers)
        down.discard(buffers)
        let code = closing?.code ?? firstCode ?? .abnormalClosure
        return TunnelEnding(
            reason: closing?.reason ?? reason, closeCode: code, key: closing?.key, up: up.direction,
            down: down.direction)
    }
}
