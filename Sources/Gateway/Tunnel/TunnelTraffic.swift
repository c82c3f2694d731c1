import Buffers
import Messages
import WebSocket

/// What passes between the two peers of a tunnel: bytes both ways, and each way's end.
///
/// A value of its own, so that a message costs one check of exclusive access, which is that of the whole.
struct TunnelTraffic: ~Copyable {
    /// The gateway's own end of a tunnel.
    struct Closing {
        var reason: TunnelEnding.Reason
        var code: CloseCode
        /// The configuration key of the limit that struck.
        var key: String?
        /// When the peers have had their time, in monotonic nanoseconds.
        var until: UInt64
    }

    /// The bytes from the client to the upstream.
    var up: TunnelDirection
    /// The bytes from the upstream to the client.
    var down: TunnelDirection
    private let buffers: BufferPool
    /// Nanoseconds for the peers' Close frames once the gateway has sent its own.
    private let closingTime: UInt64
    /// Who has said which frames are refused.
    private let (sizeOwner, strictOwner): (SettingOwner, SettingOwner)

    /// When anything last moved, in monotonic nanoseconds.
    private(set) var progressAt: UInt64
    /// Nil while the gateway does not end it.
    private(set) var closing: Closing?
    /// How it ended; nil while it goes on.
    private(set) var ended: TunnelEnding.Reason?
    /// RFC 6455 §7.1.4: each side's Close frame has been passed on. Then there is nothing left but to close, which is the
    /// upstream's part (§7.1.1).
    private(set) var isClosingHandshakeDone = false
    /// Our side of the connection has ended, after both Close frames on it.
    private var hasEndedClient = false
    private var hasEndedUpstream = false
    private var firstEnd: TunnelEnding.Reason?
    private var firstCode: CloseCode?

    /// - Parameters:
    ///   - client, upstream: with what was read of them before the tunnel began, which goes first.
    ///   - extensions: what the 101 negotiated.
    init(
        client: (duplex: any Duplex, unread: Buffer?), upstream: (duplex: any Duplex, unread: Buffer?), extensions: Extensions,
        plan: borrowing TunnelPlan, buffers: BufferPool, now: UInt64
    ) {
        up = TunnelDirection(
            from: client.duplex, to: upstream.duplex, sender: .client, extensions: extensions, plan: plan,
            waiting: client.unread)
        down = TunnelDirection(
            from: upstream.duplex, to: client.duplex, sender: .server, extensions: extensions, plan: plan,
            waiting: upstream.unread)
        self.buffers = buffers
        closingTime = plan.closing
        (sizeOwner, strictOwner) = (plan.maxMessageSizeOwner, plan.strictOwner)
        progressAt = now
    }

    /// Is there more to do than the bound of one turn allowed?
    var isBusy: Bool { up.isBusy || down.isBusy }

    /// Can `relay` come to anything?
    var mayMove: Bool { up.mayMove || down.mayMove }

    /// Does it do nothing but wait for the peers?
    var isQuiet: Bool { up.isQuiet && down.isQuiet && closing == nil }

    // MARK: Relaying

    /// Relays, and sets the interests for what comes next.
    /// - Returns: does it do nothing but wait for the peers' next bytes?
    @inline(__always)
    mutating func relayOnTheSpot(now: UInt64) -> Bool {
        relay(now: now)
        guard ended == nil, isQuiet, !isClosingHandshakeDone else { return false }
        watch()
        return true
    }

    /// Moves what there is, both ways. `ended` says whether that was the last.
    @inline(__always)
    mutating func relay(now: UInt64) {
        guard ended == nil else { return }
        do throws(TunnelDirection.Break) {
            if up.mayMove, try up.move(buffers, now: now) { progressAt = now }
        } catch {
            // A peer that takes nothing more may have said why before.
            if error.side == .sink { _ = try? down.move(buffers, now: now) }
            return broken(error.side == .source ? .clientBroke : .upstreamBroke)
        }
        do throws(TunnelDirection.Break) {
            if down.mayMove, try down.move(buffers, now: now) { progressAt = now }
        } catch {
            if error.side == .sink { _ = try? up.move(buffers, now: now) }
            return broken(error.side == .source ? .upstreamBroke : .clientBroke)
        }
        noteFirstEnd()
        if let violation = up.refused ?? down.refused, closing == nil { refuse(violation, now) }
        noteEnd()
    }

    /// Remembers who was the first to end it.
    @inline(__always)
    private mutating func noteFirstEnd() {
        guard firstEnd == nil else { return }
        if up.sourceHasClosed {
            firstEnd = .clientClosed
            firstCode = up.sourceCode
        } else if down.sourceHasClosed {
            firstEnd = .upstreamClosed
            firstCode = down.sourceCode
        }
    }

    @inline(__always)
    private mutating func noteEnd() {
        isClosingHandshakeDone = up.hasSeenClose && down.hasSeenClose && up.hasClosed && down.hasClosed
        if down.isDone, up.isDone {
            ended = firstEnd ?? .clientClosed
        } else if closing != nil {
            if up.cannotClose || down.cannotClose {
                ended = .violation
            } else {
                endFinishedSides()
                if hasEndedClient, hasEndedUpstream { ended = .drained }
            }
        } else if down.isDone, up.hasClosed {
            // RFC 6455 §7.1.1: after both Close frames the server closes first; there is nothing more to come from the client.
            ended = firstEnd ?? .upstreamClosed
        }
    }

    /// After a Close frame of the gateway's own each connection ends as soon as both Close frames have passed on it, whatever the
    /// other one does (RFC 6455 §7.1.1).
    private mutating func endFinishedSides() {
        if !hasEndedClient, down.hasClosed, up.sourceHasClosed, !down.sink.hasUnsent {
            hasEndedClient = true
            down.sink.shutdownWrite()
        }
        if !hasEndedUpstream, up.hasClosed, down.sourceHasClosed, !up.sink.hasUnsent {
            hasEndedUpstream = true
            up.sink.shutdownWrite()
        }
    }

    /// One side broke. With a Close frame passed on that is no more than an early end, and after the other's end no more than
    /// an answer to it.
    private mutating func broken(_ reason: TunnelEnding.Reason) {
        noteFirstEnd()
        ended = reason
        if let firstEnd, firstCode != nil || firstEnd.closedBy != reason.closedBy {
            ended = firstEnd
        } else if reason == .clientBroke {
            // RFC 8446 §6.1: no close_notify, which would tell the upstream that it has all.
            up.sink.breakOff()
        }
    }

    // MARK: Waiting

    /// Says what wakes the waiter. Inlined: price 4.
    @inline(__always)
    func watch() {
        up.source.watch(reading: up.blockedBy == .source, writing: down.blockedBy == .sink)
        down.source.watch(reading: down.blockedBy == .source, writing: up.blockedBy == .sink)
    }

    /// Nothing wakes the waiter.
    func unwatch() {
        up.source.watch(reading: false, writing: false)
        down.source.watch(reading: false, writing: false)
    }

    /// Since when a peer has taken nothing; `.max` if both take what comes.
    var stalledSince: UInt64 {
        min(up.stalledSince == 0 ? .max : up.stalledSince, down.stalledSince == 0 ? .max : down.stalledSince)
    }

    // MARK: The gateway's own frames

    /// Pings since the more silent peer last sent anything.
    var unansweredPings: Int { max(up.unansweredPings, down.unansweredPings) }

    /// Sends a Ping each way.
    mutating func ping() {
        up.ping(mask: freshMask())
        down.ping(mask: nil)
    }

    private mutating func refuse(_ violation: Violation, _ now: UInt64) {
        let isSize = violation == .messageTooBig
        let key =
            isSize ? "\(sizeOwner.rawValue).max_message_size" : "\(strictOwner.rawValue).websocket_strict"
        close(isSize ? .tooBig : .violation, violation.closeCode, key, violation.reason, until: now &+ closingTime)
    }

    /// Begins the closing handshake with both peers (RFC 6455 §7.1.2).
    /// - Parameters:
    ///   - key: of the configuration's limit that struck.
    ///   - text: the reason in the Close frames.
    mutating func close(
        _ reason: TunnelEnding.Reason, _ code: CloseCode, _ key: String?, _ text: String, until: UInt64
    ) {
        closing = Closing(reason: reason, code: code, key: key, until: until)
        up.close(code, reason: text, mask: freshMask())
        down.close(code, reason: text, mask: nil)
    }

    /// RFC 6455 §5.3: fresh for each frame and unpredictable. Towards the upstream the gateway is the client.
    private func freshMask() -> MaskKey {
        MaskKey(bigEndian: UInt32.random(in: 0...UInt32.max))
    }

    // MARK: The end

    /// The peers have had their time to leave.
    mutating func end() {
        ended = firstEnd ?? .upstreamClosed
    }

    /// Ends it at once, whatever the peers have still to say.
    mutating func cut(_ reason: TunnelEnding.Reason, now: UInt64) {
        let key = reason == .cut ? "limits.drain_timeout" : nil
        closing = Closing(reason: reason, code: closing?.code ?? .abnormalClosure, key: key, until: now)
        ended = .cut
    }

    /// What there is to say of it once it has ended; nil before. Nothing moves any more.
    mutating func takeEnding() -> TunnelEnding? {
        guard let ended else { return nil }
        up.discard(buffers)
        down.discard(buffers)
        return TunnelEnding(
            reason: closing?.reason ?? ended, isAbnormal: ended.isAbnormal,
            closeCode: closing?.code ?? firstCode ?? .abnormalClosure, key: closing?.key,
            up: up.counts, down: down.counts)
    }
}
