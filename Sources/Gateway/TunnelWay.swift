import EventLoop
import Transport
import WebSocket

/// One direction of a tunnel: reads from one peer, shows the frames to an observer, writes to the other.
///
/// It holds a buffer only while bytes wait in it, and does not read while the sink is blocked: that is the back-pressure. No
/// payload is copied. Frames of the gateway's own go between two frames of the peer's, or not at all.
final class TunnelWay {
    /// A side of the tunnel that broke.
    struct Break: Error {
        enum Side { case source, sink }
        let side: Side
    }

    private enum Phase {
        /// Bytes pass.
        case open
        /// A Close frame of the gateway's own goes out at the next boundary.
        case closing
        /// It has been sent: what still comes from the source is read for its Close frame and dropped.
        case closed
    }

    /// What follows the bytes that have been read. It is kept, since a socket tells some of it only once.
    private enum Tail {
        case open, end, broken
    }

    let source: Stream
    let sink: Stream
    private var observer: FrameObserver
    /// The last byte of the source's Close frame has been read. Kept apart from the observer, whose every look is checked for
    /// exclusive access at run time: this one is asked for several times a message.
    private(set) var hasSeenClose = false
    /// The source has ended; its end has been passed on.
    private(set) var isDone = false
    private(set) var sourceBlocked = false
    private(set) var sinkBlocked = false
    /// When the sink last refused to take anything; 0 while it takes what comes.
    private(set) var stalledSince: UInt64 = 0
    /// Pings of the gateway's own since the source last sent anything.
    var unansweredPings = 0
    /// Bytes read from the source.
    private(set) var bytes: UInt64 = 0
    /// The rule whose breaking ends the tunnel.
    private(set) var refused: Violation?

    /// Read and not yet sent.
    private var waiting: Buffer?
    /// Frames of the gateway's own that go before what is waiting.
    private var own: [UInt8] = []
    private var hasOwn = false
    private var closeFrame: [UInt8] = []
    private var phase = Phase.open
    /// How many bytes of what is waiting go before the last place where no frame is open; nil when a frame is under way.
    private var boundary: Int? = 0
    /// A blocked TLS write must be repeated with at least these bytes (SSL_write(3)).
    private var committed = 0
    private var tail = Tail.open
    /// The last read filled its buffer: the next gets a bulk one.
    private var isBulky = false
    /// Frames may be refused, so a header is held back until it is whole.
    private let enforces: Bool
    private let isStrict: Bool

    /// - Parameter waiting: bytes that the source sent before the tunnel began.
    init(
        from source: Stream, to sink: Stream, sender: Sender, extensions: Extensions, plan: borrowing TunnelPlan,
        waiting: Buffer?
    ) {
        self.source = source
        self.sink = sink
        observer = FrameObserver(of: sender, extensions: extensions, maxMessageSize: plan.maxMessageSize)
        isStrict = plan.isStrict
        enforces = plan.isStrict || plan.maxMessageSize != nil
        if let waiting {
            self.waiting = waiting
            didRead(waiting, before: 0)
        }
    }

    // MARK: Moving

    /// Moves what can be moved now, up to a bound, so that the other direction has its turn.
    /// - Returns: did anything move?
    func move(_ buffers: BufferPool, now: UInt64) throws(Break) -> Bool {
        var moved = false
        sourceBlocked = false
        sinkBlocked = false
        for _ in 0..<Self.movesPerTurn {
            guard try flush(now) else { return moved }
            if sendable > 0 {
                guard try send(buffers, now) else { return moved }
                moved = true
                continue
            }
            if case .closing = phase, boundary == 0, committed == 0 {
                enterClosed(buffers)
                moved = true
                continue
            }
            guard !isDone, !awaitsVerdict, try fill(buffers) else { return moved }
            moved = true
        }
        return moved
    }

    /// A frame has been refused and the tunnel does not know it yet.
    private var awaitsVerdict: Bool { refused != nil && phase == .open }

    /// Does nothing but wait for the source?
    var isQuiet: Bool { sourceBlocked && !sinkBlocked && !isDone && refused == nil }

    /// Is there more to do than the bound of one turn allowed?
    var isBusy: Bool { !isDone && !awaitsVerdict && !sourceBlocked && !sinkBlocked }

    private static let movesPerTurn = 8
    /// RFC 8446 §5.1: payload of one record.
    private static let recordSize = 16_384

    /// What may be sent of what is waiting.
    private var sendable: Int {
        guard let waiting else { return 0 }
        if refused != nil { return boundary ?? 0 }
        if phase == .closing, let boundary, boundary >= committed { return boundary }
        return waiting.count - (enforces ? heldBack : 0)
    }

    /// Bytes of a header that is not whole. Never inlined: its access to the observer would be hoisted out of the condition.
    @inline(never)
    private var heldBack: Int { observer.pendingHeaderBytes }

    private func send(_ buffers: BufferPool, _ now: UInt64) throws(Break) -> Bool {
        guard let waiting else { return false }
        let limit = sendable
        let count: Int
        do throws(TransportError) {
            count = try sink.write(waiting, atMost: limit)
        } catch {
            throw Break(side: .sink)
        }
        guard count > 0 else {
            committed = sink.tls == nil ? 0 : min(limit, Self.recordSize)
            noteBlocked(now)
            return false
        }
        committed = 0
        stalledSince = 0
        if let ahead = boundary { boundary = ahead >= count ? ahead - count : nil }
        if waiting.isEmpty {
            buffers.release(waiting)
            self.waiting = nil
        }
        return true
    }

    /// Sends what TLS and the gateway itself have left over.
    private func flush(_ now: UInt64) throws(Break) -> Bool {
        do throws(TransportError) {
            guard try sink.flush() else {
                noteBlocked(now)
                return false
            }
        } catch {
            throw Break(side: .sink)
        }
        return hasOwn ? try flushOwn(now) : true
    }

    private func flushOwn(_ now: UInt64) throws(Break) -> Bool {
        do throws(TransportError) {
            while hasOwn {
                let count = try Self.write(own, to: sink)
                guard count > 0 else {
                    noteBlocked(now)
                    return false
                }
                own.removeFirst(count)
                hasOwn = !own.isEmpty
            }
        } catch {
            throw Break(side: .sink)
        }
        return true
    }

    private static func write(_ bytes: [UInt8], to sink: Stream) throws(TransportError) -> Int {
        try sink.write(bytes.span)
    }

    private func noteBlocked(_ now: UInt64) {
        sinkBlocked = true
        if stalledSince == 0 { stalledSince = now }
    }

    /// Reads until the source has nothing more or the buffer is full, or passes the source's end on.
    /// - Returns: did anything happen?
    private func fill(_ buffers: BufferPool) throws(Break) -> Bool {
        guard tail == .open else { return try end(buffers) }
        guard source.mayRead else {
            sourceBlocked = true
            return false
        }
        let buffer = waiting ?? buffers.acquire(isBulky ? .bulk : .small)
        waiting = buffer
        if buffer.room == 0 { buffer.compact() }
        let before = buffer.count
        read(into: buffer)
        let count = buffer.count - before
        isBulky = buffer.room == 0 || (isBulky && count > 4096)
        if count > 0 { didRead(buffer, before: before) }
        if buffer.isEmpty || phase == .closed { drop(buffer, buffers) }
        sourceBlocked = count == 0 && tail == .open
        return !sourceBlocked
    }

    private func read(into buffer: Buffer) {
        while buffer.room > 0, source.mayRead {
            do throws(TransportError) {
                switch try source.read(into: buffer) {
                case .bytes: continue
                case .blocked: return
                case .end: tail = .end
                }
            } catch {
                tail = .broken
            }
            return
        }
    }

    /// What was read has been sent: now the end.
    private func end(_ buffers: BufferPool) throws(Break) -> Bool {
        discard(buffers)
        // After its Close frame a peer has nothing to lose: how its connection then ends does not matter (RFC 6455 §7.1.1).
        if tail == .broken, !hasSeenClose { throw Break(side: .source) }
        isDone = true
        sink.shutdownWrite()
        return true
    }

    private func drop(_ buffer: Buffer, _ buffers: BufferPool) {
        buffers.release(buffer)
        waiting = nil
    }

    // MARK: Frames

    private func didRead(_ buffer: Buffer, before: Int) {
        bytes += UInt64(buffer.count - before)
        unansweredPings = 0
        let observation = buffer.withBytes { observe($0.extracting(before..<$0.count)) }
        if let offset = observation.boundary { boundary = before + offset }
        guard enforces, refused == nil, let violation = observation.violation else { return }
        if isStrict || violation == .messageTooBig {
            refuse(violation, at: before + observation.violationOffset)
        } else if observer.count(of: .messageTooBig) > 0 {
            // Reported behind another violation, so its place is unknown: nothing more may pass.
            refuse(.messageTooBig, at: -1)
        }
    }

    private func observe(_ bytes: Span<UInt8>) -> FrameObserver.Observation {
        let observation = observer.observe(bytes)
        hasSeenClose = observer.hasSeenClose
        return observation
    }

    /// The code in the source's Close frame, if it has one.
    var closeCode: CloseCode? { observer.closeCode }

    /// What stands from `offset` on is never sent. Below 0 its beginning has gone already: no boundary is left.
    private func refuse(_ violation: Violation, at offset: Int) {
        refused = violation
        boundary = offset >= committed ? offset : nil
    }

    /// Can a frame of the gateway's own go out now, before anything else?
    var isAtBoundary: Bool { boundary == 0 && waiting == nil && !hasOwn && phase == .open && !isDone }

    /// Sends a Ping to the sink if no frame is under way.
    func ping(mask: MaskKey?) {
        guard isAtBoundary else { return }
        let empty: [UInt8] = []
        FrameEncoder.ping(empty.span, maskKey: mask, to: &own)
        hasOwn = true
    }

    /// Ends the direction with a Close frame at the next boundary, unless the source has sent one itself.
    func close(_ code: CloseCode, reason: String, mask: MaskKey?) {
        guard phase == .open, !isDone else { return }
        if hasSeenClose {
            // What follows it and is refused goes nowhere.
            if refused != nil { phase = .closing }
            return
        }
        phase = .closing
        FrameEncoder.close(code, reason: reason, maskKey: mask, to: &closeFrame)
    }

    /// No boundary will come any more: the frame under way is one that must not pass.
    var cannotClose: Bool { phase == .closing && refused != nil && boundary == nil }

    /// Has the sink been told of the end, by a Close frame or the source's own end?
    var hasClosed: Bool { isDone || (!hasOwn && waiting == nil && (phase == .closed || hasSeenClose)) }

    /// Has the source said that it is done?
    var sourceHasClosed: Bool { isDone || hasSeenClose }

    private func enterClosed(_ buffers: BufferPool) {
        own.append(contentsOf: closeFrame)
        hasOwn = !own.isEmpty
        closeFrame = []
        phase = .closed
        if let waiting { drop(waiting, buffers) }
    }

    /// Gives the buffer back; what it held is lost.
    func discard(_ buffers: BufferPool) {
        if let waiting { drop(waiting, buffers) }
    }

    var direction: TunnelEnding.Direction {
        let counters = observer.counters
        return TunnelEnding.Direction(
            bytes: bytes, frames: counters.frames, messages: counters.messages, violations: counters.violations)
    }
}
