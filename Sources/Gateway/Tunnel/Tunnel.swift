import EventLoop
import Messages
import Upstreams
import WebSocket

/// Two connections joined after an upgrade (RFC 6455): bytes both ways, back-pressure each way, half-close kept, in one task.
///
/// It owns the upstream's lease and its slot among the route's tunnels, and gives both back when it is dropped. While it waits
/// it holds no buffer.
final class Tunnel: ReadinessHandler {
    private let waiter: Waiter
    private let loop: EventLoop
    private let plan: TunnelPlan
    private let lease: Lease
    private let slot: TunnelSlot
    /// What its client asked for.
    let target: TunnelTarget
    private var traffic: UniqueBox<TunnelTraffic>
    /// The access-log line, to be completed at the end; empty if there is no log.
    var logLine = AccessLog.Template()

    /// The flight recorder's of its handshake; 0 if that was not recorded.
    var recordNumber: UInt64 = 0

    /// Counts what passes; nil if nothing is counted.
    var counting: TunnelCounting?

    /// When its handshake began to be answered, in monotonic nanoseconds.
    let born: UInt64
    /// The URL of the upstream server at its other end, as the configuration writes it.
    var serverURL: String { lease.server.url }
    private var pingedAt: UInt64 = 0
    /// When the gateway itself begins to close the tunnel, in monotonic nanoseconds, and why; `.max` once it has begun.
    private var plannedEnd: (reason: TunnelEnding.Reason, at: UInt64)?
    /// It is its site that drains, not the gateway that stops.
    private var drainsWithSite = false
    /// Why it is to end at once.
    private var cutReason: TunnelEnding.Reason?
    /// The Close frame that an operator has ordered.
    private var operatorClose: OperatorClose?

    /// - Parameter lease: of the upstream that has answered 101.
    init(
        _ traffic: consuming TunnelTraffic, lease: consuming Lease, plan: TunnelPlan, waiter: Waiter,
        slot: consuming TunnelSlot, to target: TunnelTarget
    ) {
        self.target = target
        self.waiter = waiter
        loop = waiter.loop
        self.plan = plan
        born = traffic.progressAt
        traffic.down.source.attach(to: waiter)
        self.traffic = UniqueBox(traffic)
        self.lease = lease
        self.slot = slot
    }

    /// Relays until both ways have ended, one has broken, or a limit strikes. The client's socket is the caller's to close.
    /// - Returns: nil when the tunnel is silent and needs no task: then `sleep`.
    nonisolated(nonsending) func run() async -> TunnelEnding? {
        var turns = 0
        while true {
            withTraffic { $0.relay(now: loop.now) }
            if let ending = withTraffic({ $0.takeEnding() }) {
                counting?.count(ending.up, ending.down)
                return ending
            }
            if withTraffic({ $0.isBusy }) {
                turns += 1
                // A fast pair of peers must not keep the others of this loop waiting.
                if turns % 4 == 0 { await loop.yield() }
                continue
            }
            turns = 0
            let now = loop.now
            let deadline = nextDeadline
            if deadline > now {
                withTraffic { $0.watch() }
                let wake = await waiter.wait(timeout: min(deadline - now, Self.taskKeepTime), handler: self)
                withTraffic { $0.unwatch() }
                if wake == .deadline, loop.now < nextDeadline, canSleep { return nil }
            }
            check()
        }
    }

    /// What a wait does when a socket is ready: relays on the spot. The task need not run for a message, only when there is
    /// something to decide (it costs a third of a small message's time to wake it).
    func becameReady() -> Bool { withTraffic { $0.relayOnTheSpot(now: loop.now) } }

    /// Lends the traffic. Price 1: it is taken out and put back, everywhere that others are called meanwhile.
    @inline(__always)
    private func withTraffic<Result>(_ body: (inout TunnelTraffic) -> Result) -> Result {
        var lent = exchange(&traffic, with: UniqueBox())
        let result = body(&lent.value)
        _ = exchange(&traffic, with: lent)
        return result
    }

    /// How long a task waits with a silent tunnel: who talks seldom is served without one.
    private static let taskKeepTime: UInt64 = 1_000_000_000

    /// What has come since the deadline passed woke nobody, and a stream of HTTP/2 does not announce it again: its connection may
    /// have read it just now.
    private var canSleep: Bool { withTraffic { $0.isQuiet && !$0.mayMove } && plannedEnd == nil && cutReason == nil }

    /// Waits without a task: bytes are relayed on the spot.
    /// - Parameter onWake: called once, when there is something to decide: then `run` again.
    func sleep(onWake: @escaping () -> Void) {
        withTraffic {
            $0.up.source.releaseMemory()
            $0.watch()
        }
        let now = loop.now
        waiter.sleep(timeout: max(nextDeadline, now) - now, handler: self) { _ in onWake() }
    }

    /// The gateway stops: a Close frame each way after `delay` nanoseconds, then the peers have until they are cut.
    func drain(after delay: UInt64) {
        let time = loop.now &+ delay
        switch plannedEnd {
        case nil: plannedEnd = (.drained, time)
        // It is leaving already; now it must be gone before the gateway is.
        case (.routeGone, let at)?: plannedEnd = (.routeGone, min(at, time))
        case (.drained, let at)? where drainsWithSite: plannedEnd = (.drained, min(at, time))
        default: return
        }
        waiter.notify()
    }

    /// Its site drains: a Close frame each way after `delay` nanoseconds. The gateway goes on and nobody cuts the peers later, so
    /// they have as long as after its other Close frames.
    func drainWithSite(after delay: UInt64) {
        guard plannedEnd == nil else { return }
        drainsWithSite = true
        plannedEnd = (.drained, loop.now &+ delay)
        waiter.notify()
    }

    /// Adds what has passed since the last call to what is counted.
    func count() {
        let counts = counts
        counting?.count(counts.up, counts.down)
    }

    /// What its route's tunnels are counted by, in whatever plan.
    var route: TunnelCount { slot.ofRoute }

    /// Its route is gone: a Close frame each way after `delay` nanoseconds.
    func endWithRoute(after delay: UInt64) {
        guard plannedEnd == nil else { return }
        plannedEnd = (.routeGone, loop.now &+ delay)
        waiter.notify()
    }

    /// An operator ends it: this Close frame each way now.
    func endByOperator(_ close: OperatorClose) {
        guard plannedEnd == nil else { return }
        operatorClose = close
        plannedEnd = (.byOperator, loop.now)
        waiter.notify()
    }

    /// Has the headers of its frames shown from the next one on that begins; by one tap at a time, the newest.
    /// - Parameter connection: the identifier of the client's.
    func show(_ tap: WorkerTap, as connection: String) {
        withTraffic {
            $0.up.frames = FrameTap(tap, connection: connection, direction: "in")
            $0.down.frames = FrameTap(tap, connection: connection, direction: "out")
        }
    }

    func showNothing(of tap: Tap) {
        withTraffic {
            guard $0.up.frames?.own.tap === tap else { return }
            ($0.up.frames, $0.down.frames) = (nil, nil)
        }
    }

    /// All that has passed.
    var counts: (up: TunnelEnding.Counts, down: TunnelEnding.Counts) { withTraffic { ($0.up.counts, $0.down.counts) } }

    /// Ends it at once.
    /// - Parameter reason: the drain's time is over, or an operator wants it so.
    func cut(_ reason: TunnelEnding.Reason) {
        cutReason = reason
        waiter.notify()
    }

    // MARK: Limits

    private var nextDeadline: UInt64 {
        let nearest = leavingDeadline
        if let until = withTraffic({ $0.closing?.until }) { return min(nearest, until) }
        return min(nearest, idleDeadline, plannedEnd?.at ?? .max, lifetimeDeadline, stallDeadline, pingDeadline)
    }

    /// A client whose upstream is gone has been told so: it gets no more than a moment to leave. Nor do both after their Close
    /// frames.
    private var leavingDeadline: UInt64 {
        withTraffic {
            $0.down.isDone || $0.up.hasEndedWithClose || $0.isClosingHandshakeDone ? $0.progressAt &+ plan.closing : .max
        }
    }

    private var progressAt: UInt64 { withTraffic { $0.progressAt } }
    private var idleDeadline: UInt64 { plan.idle.deadline(from: progressAt) }
    private var lifetimeDeadline: UInt64 { plan.lifetime.deadline(from: born) }
    private var pingDeadline: UInt64 { plan.ping.deadline(from: max(progressAt, pingedAt)) }

    private var stallDeadline: UInt64 {
        let since = withTraffic { $0.stalledSince }
        return since == .max ? .max : plan.stall.deadline(from: since)
    }

    /// Looks at what may have ended the wait besides the sockets.
    private func check() {
        guard withTraffic({ $0.ended == nil }) else { return }
        let now = loop.now
        if let cutReason { return withTraffic { $0.cut(cutReason, now: now) } }
        if now >= leavingDeadline { return withTraffic { $0.end() } }
        if let until = withTraffic({ $0.closing?.until }) {
            if now >= until { withTraffic { $0.end() } }
        } else if let reason = plannedEnd?.reason, now >= plannedEnd?.at ?? .max {
            plannedEnd?.at = .max
            beginPlannedEnd(reason, now)
        } else if now >= idleDeadline {
            close(.idle, .goingAway, plan.idle.key, "idle for too long")
        } else if now >= lifetimeDeadline {
            close(.lifetime, .serviceRestart, plan.lifetime.key, "open for too long")
        } else if now >= stallDeadline {
            close(.stalled, .tryAgainLater, plan.stall.key, "the peer takes nothing")
        } else if now >= pingDeadline {
            ping(now)
        }
    }

    private func beginPlannedEnd(_ reason: TunnelEnding.Reason, _ now: UInt64) {
        // RFC 6455 §7.4.1: 1001 is an endpoint "going away"; 1012, of IANA's registry, a service that begins anew.
        if let operatorClose, reason == .byOperator {
            withTraffic { $0.close(reason, operatorClose.code, nil, operatorClose.reason, until: now &+ plan.closing) }
        } else if reason == .routeGone {
            withTraffic { $0.close(reason, .serviceRestart, nil, "the route is gone", until: now &+ plan.closing) }
        } else if drainsWithSite {
            withTraffic { $0.close(reason, .goingAway, nil, "the site drains", until: now &+ plan.closing) }
        } else {
            withTraffic { $0.close(reason, .goingAway, nil, "the gateway stops", until: .max) }
        }
    }

    private func ping(_ now: UInt64) {
        guard withTraffic({ $0.unansweredPings }) < Self.maxUnansweredPings else {
            return close(.silent, .goingAway, plan.ping.key, "no answer to pings")
        }
        pingedAt = now
        withTraffic { $0.ping() }
    }

    /// Pings without any answer after which a peer counts as gone.
    private static let maxUnansweredPings = 3

    private func close(_ reason: TunnelEnding.Reason, _ code: CloseCode, _ key: String, _ text: String) {
        withTraffic { $0.close(reason, code, key, text, until: loop.now &+ plan.closing) }
    }
}
