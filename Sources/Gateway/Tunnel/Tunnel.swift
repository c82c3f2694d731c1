import EventLoop
import Messages
import Upstreams
import WebSocket

/// Two connections joined after an upgrade (RFC 6455): bytes both ways, back-pressure each way, half-close kept, in one task.
///
/// It owns the upstream's lease and its place among the route's tunnels, and gives both back when it is dropped. While it waits
/// it holds no buffer.
final class Tunnel: ReadinessHandler {
    private let waiter: Waiter
    private let loop: EventLoop
    private let plan: TunnelPlan
    private let lease: Lease
    private let slot: TunnelSlot
    private var traffic: TunnelTraffic
    /// The access-log line, to be completed at the end; blank if there is no log.
    var logLine = AccessLog.Template()

    /// The flight recorder's of its handshake; 0 if that was not recorded.
    var recordNumber: UInt64 = 0

    /// Counts what passes; nil if nothing is counted.
    var counting: TunnelCounting?

    /// When its handshake began to be answered, in monotonic nanoseconds.
    let born: UInt64
    private var pingedAt: UInt64 = 0
    /// The gateway has no use for this tunnel any more: why, and when it says so.
    private var farewell: (reason: TunnelEnding.Reason, at: UInt64)?
    private var isCut = false
    /// What an operator has its peers told.
    private var ordered: OrderedClose?

    /// - Parameter lease: of the upstream that has answered 101.
    init(
        _ traffic: consuming TunnelTraffic, lease: consuming Lease, plan: TunnelPlan, waiter: Waiter,
        slot: consuming TunnelSlot
    ) {
        self.waiter = waiter
        loop = waiter.loop
        self.plan = plan
        born = traffic.progressAt
        traffic.down.source.attach(to: waiter)
        self.traffic = traffic
        self.lease = lease
        self.slot = slot
    }

    /// Relays until both ways have ended, one has broken, or a limit strikes. The client's socket is the caller's to close.
    /// - Returns: nil when the tunnel is silent and needs no task: then `sleep`.
    nonisolated(nonsending) func run() async -> TunnelEnding? {
        var turns = 0
        while true {
            traffic.relay(now: loop.now)
            if let ending = traffic.takeEnding() {
                counting?.count(ending.up, ending.down)
                return ending
            }
            if traffic.isBusy {
                turns += 1
                // A fast pair of peers must not keep the others of this loop waiting.
                if turns % 4 == 0 { await loop.yield() }
                continue
            }
            turns = 0
            let now = loop.now
            let deadline = nextDeadline
            if deadline > now {
                traffic.watch()
                let wake = await waiter.wait(timeout: min(deadline - now, Self.taskKeepTime), handler: self)
                traffic.unwatch()
                if wake == .deadline, loop.now < nextDeadline, canSleep { return nil }
            }
            check()
        }
    }

    /// What a wait does when a socket is ready: relays on the spot. The task need not run for a message, only when there is
    /// something to decide (it costs a third of a small message's time to wake it).
    func becameReady() -> Bool { traffic.relayOnTheSpot(now: loop.now) }

    /// How long a task waits with a silent tunnel: who talks seldom is served without one.
    private static let taskKeepTime: UInt64 = 1_000_000_000

    /// What has come since the deadline passed woke nobody, and a stream of HTTP/2 does not announce it again: its connection may
    /// have read it just now.
    private var canSleep: Bool { traffic.isQuiet && !traffic.mayMove && farewell == nil && !isCut }

    /// Waits without a task: bytes are relayed on the spot.
    /// - Parameter onWake: called once, when there is something to decide: then `run` again.
    func sleep(onWake: @escaping () -> Void) {
        traffic.up.source.releaseMemory()
        traffic.watch()
        let now = loop.now
        waiter.sleep(timeout: max(nextDeadline, now) - now, handler: self) { _ in onWake() }
    }

    /// The gateway stops: a Close frame each way after `delay` nanoseconds, then the peers have until they are cut.
    func drain(after delay: UInt64) {
        let time = loop.now &+ delay
        switch farewell {
        case nil: farewell = (.drained, time)
        // It is leaving already; now it must be gone before the gateway is.
        case (.routeGone, let at)?: farewell = (.routeGone, min(at, time))
        default: return
        }
        waiter.tell()
    }

    /// Adds what has passed since the last call to what is counted.
    func count() { counting?.count(traffic.up.counts, traffic.down.counts) }

    /// What its route's tunnels are counted by, in whatever plan.
    var route: TunnelCount { slot.ofRoute }

    /// Its route is gone: a Close frame each way after `delay` nanoseconds.
    func endWithRoute(after delay: UInt64) {
        guard farewell == nil else { return }
        farewell = (.routeGone, loop.now &+ delay)
        waiter.tell()
    }

    /// An operator ends it: this Close frame each way now.
    func endByOrder(_ close: OrderedClose) {
        guard farewell == nil else { return }
        ordered = close
        farewell = (.ordered, loop.now)
        waiter.tell()
    }

    /// Has the headers of its frames shown from the next one on that begins; by one tap at a time, the newest.
    /// - Parameter connection: the identifier of the client's.
    func show(_ tap: WorkerTap, as connection: String) {
        traffic.up.frames = FrameTap(tap, connection: connection, direction: "in")
        traffic.down.frames = FrameTap(tap, connection: connection, direction: "out")
    }

    func showNothing(of tap: Tap) {
        guard traffic.up.frames?.own.tap === tap else { return }
        (traffic.up.frames, traffic.down.frames) = (nil, nil)
    }

    /// All that has passed.
    var counts: (up: TunnelEnding.Counts, down: TunnelEnding.Counts) { (traffic.up.counts, traffic.down.counts) }

    /// The drain's time is over.
    func cut() {
        isCut = true
        waiter.tell()
    }

    // MARK: Limits

    private var nextDeadline: UInt64 {
        let nearest = leavingDeadline
        if let closing = traffic.closing { return min(nearest, closing.until) }
        return min(nearest, idleDeadline, farewell?.at ?? .max, lifetimeDeadline, stallDeadline, pingDeadline)
    }

    /// A client whose upstream is gone has been told so: it gets no more than a moment to leave. Nor do both after their Close
    /// frames.
    private var leavingDeadline: UInt64 {
        traffic.down.isDone || traffic.up.hasLeft || traffic.isClosingHandshakeDone ? traffic.progressAt &+ plan.closing : .max
    }

    private var idleDeadline: UInt64 { plan.idle.deadline(from: traffic.progressAt) }
    private var lifetimeDeadline: UInt64 { plan.lifetime.deadline(from: born) }
    private var pingDeadline: UInt64 { plan.ping.deadline(from: max(traffic.progressAt, pingedAt)) }

    private var stallDeadline: UInt64 {
        let since = traffic.stalledSince
        return since == .max ? .max : plan.stall.deadline(from: since)
    }

    /// Looks at what may have ended the wait besides the sockets.
    private func check() {
        guard traffic.ended == nil else { return }
        let now = loop.now
        if isCut { return traffic.cut(now: now) }
        if now >= leavingDeadline { return traffic.end() }
        if let closing = traffic.closing {
            if now >= closing.until { traffic.end() }
        } else if let reason = farewell?.reason, now >= farewell?.at ?? .max {
            farewell?.at = .max
            takeLeave(reason, now)
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

    private func takeLeave(_ reason: TunnelEnding.Reason, _ now: UInt64) {
        // RFC 6455 §7.4.1: 1001 is an endpoint "going away"; 1012, of IANA's registry, a service that begins anew.
        if let ordered, reason == .ordered {
            traffic.close(reason, ordered.code, nil, ordered.reason, until: now &+ plan.closing)
        } else if reason == .routeGone {
            traffic.close(reason, .serviceRestart, nil, "the route is gone", until: now &+ plan.closing)
        } else {
            traffic.close(reason, .goingAway, nil, "the gateway stops", until: .max)
        }
    }

    private func ping(_ now: UInt64) {
        guard traffic.unansweredPings < Self.maxUnansweredPings else {
            return close(.silent, .goingAway, plan.ping.key, "no answer to pings")
        }
        pingedAt = now
        traffic.ping()
    }

    /// Pings without any answer after which a peer counts as gone.
    private static let maxUnansweredPings = 3

    private func close(_ reason: TunnelEnding.Reason, _ code: CloseCode, _ key: String, _ words: String) {
        traffic.close(reason, code, key, words, until: loop.now &+ plan.closing)
    }
}
