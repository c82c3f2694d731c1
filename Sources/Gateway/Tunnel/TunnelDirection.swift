import Buffers
import Messages
import WebSocket

/// One direction of a tunnel: reads from one peer, writes to the other.
///
/// It holds a buffer only while bytes wait in it, and does not read while the sink is blocked: that is the back-pressure. No
/// payload is copied. What may be sent, its `FrameGate` says.
struct TunnelDirection: ~Copyable {
    /// One of the two peers.
    enum Side {
        case source, sink
    }

    /// A side of the tunnel that broke.
    struct Break: Error {
        let side: Side
    }

    /// What follows the bytes that have been read. It is kept, since a socket tells some of it only once.
    private enum Tail {
        case open, end, broken
    }

    let source: any Duplex
    let sink: any Duplex
    private var gate: FrameGate
    /// Who looks on; nearly always nobody.
    var frames: FrameTap?
    /// The source has ended; its end has been passed on.
    private(set) var isDone = false
    /// Whom the next move waits for; nil if it waits for nobody, or if that is not known.
    private(set) var blockedBy: Side?
    /// When the sink last refused to take anything; 0 while it takes what comes.
    private(set) var stalledSince: UInt64 = 0
    /// Pings of the gateway's own since the source last sent anything.
    private(set) var unansweredPings = 0
    /// Bytes read from the source.
    private(set) var bytes: UInt64 = 0

    /// Read and not yet sent.
    private var waiting: Buffer?
    /// Frames of the gateway's own that go before what is waiting.
    private var own: [UInt8] = []
    private var tail = Tail.open
    /// The last read filled its buffer: the next gets a bulk one.
    private var isBulky = false
    private let mayEndWithClose: Bool

    /// - Parameter waiting: bytes that the source sent before the tunnel began.
    init(
        from source: any Duplex, to sink: any Duplex, sender: Sender, extensions: Extensions, plan: borrowing TunnelPlan,
        waiting: Buffer?
    ) {
        self.source = source
        mayEndWithClose = sender == .client && source.endsWithLastBytes
        self.sink = sink
        gate = FrameGate(of: sender, extensions: extensions, plan: plan)
        if let waiting {
            self.waiting = waiting
            waiting.withBytes(from: 0) { didRead($0, at: 0) }
        }
    }

    // MARK: Moving

    /// Can `move` come to anything? What a quiet way's sink may have unsent is TLS's answer to a key update, which need not go
    /// before the next data (RFC 8446 §4.6.3).
    var mayMove: Bool { !isQuiet || source.mayReceive }

    /// Does nothing but wait for the source?
    var isQuiet: Bool { blockedBy == .source && !isDone && refused == nil }

    /// Is there more to do than the bound of one turn allowed?
    var isBusy: Bool { blockedBy == nil && !isDone && !gate.awaitsVerdict }

    private static var movesPerTurn: Int { 8 }

    /// Moves what can be moved now, up to a bound, so that the other direction has its turn.
    /// - Returns: did anything move?
    mutating func move(_ buffers: BufferPool, now: UInt64) throws(Break) -> Bool {
        // Only what is sent can leave something over.
        var mayHaveUnsent = blockedBy != .source
        blockedBy = nil
        for step in 0..<Self.movesPerTurn {
            guard try moveOnce(buffers, now, &mayHaveUnsent) else { return step > 0 }
            if hasNothingToSend, !sink.hasUnsent { return true }
        }
        blockedBy = nil
        return true
    }

    /// All that was read has been taken by the sink, and the source has nothing more: the usual end of a move.
    private var hasNothingToSend: Bool { blockedBy == .source && waiting == nil && own.isEmpty && gate.isOpen }

    /// Sends if it can, else reads: what has been read goes out before more is taken in. Inlined, as are the steps of a message's
    /// way below, of which each has one caller.
    @inline(__always)
    private mutating func moveOnce(
        _ buffers: BufferPool, _ now: UInt64, _ mayHaveUnsent: inout Bool
    ) throws(Break) -> Bool {
        if !own.isEmpty || (mayHaveUnsent && sink.hasUnsent) {
            guard try flush(now) else { return false }
        }
        mayHaveUnsent = false
        if let buffer = waiting.take() {
            let sendable = gate.sendable(of: buffer.count)
            if sendable > 0 {
                mayHaveUnsent = true
                return try send(buffer, sendable, buffers, now)
            }
            waiting = buffer
        }
        if gate.isCloseDue {
            enterClosed(buffers)
            return true
        }
        guard blockedBy == nil, !isDone, !gate.awaitsVerdict else { return false }
        return tail == .open ? fill(buffers) : try end(buffers)
    }

    @inline(__always)
    private mutating func send(
        _ buffer: consuming Buffer, _ sendable: Int, _ buffers: BufferPool, _ now: UInt64
    ) throws(Break) -> Bool {
        let count: Int
        do {
            count = try sink.send(buffer, atMost: sendable)
        } catch {
            buffers.release(buffer)
            throw Break(side: .sink)
        }
        if buffer.isEmpty { buffers.release(buffer) } else { waiting = buffer }
        guard count > 0 else {
            gate.wasBlocked(owed: sink.owed(of: sendable))
            noteBlocked(now)
            return false
        }
        gate.didSend(count)
        stalledSince = 0
        return true
    }

    /// Sends what TLS and the gateway itself have left over.
    private mutating func flush(_ now: UInt64) throws(Break) -> Bool {
        do {
            guard try sink.sendRest() else {
                noteBlocked(now)
                return false
            }
            while !own.isEmpty {
                let count = try sink.send(own.span)
                guard count > 0 else {
                    noteBlocked(now)
                    return false
                }
                own.removeFirst(count)
            }
        } catch {
            throw Break(side: .sink)
        }
        return true
    }

    private mutating func noteBlocked(_ now: UInt64) {
        blockedBy = .sink
        if stalledSince == 0 { stalledSince = now }
    }

    /// Reads until the source has nothing more or the buffer is full.
    /// - Returns: did anything happen?
    @inline(__always)
    private mutating func fill(_ buffers: BufferPool) -> Bool {
        guard let begun = waiting.take() else { return fill(buffers.acquire(isBulky ? .bulk : .small), buffers) }
        if begun.room == 0 { begun.compact() }
        return fill(begun, buffers)
    }

    private mutating func fill(_ buffer: consuming Buffer, _ buffers: BufferPool) -> Bool {
        let before = buffer.count
        let count = read(into: buffer)
        isBulky = count > 4096 && (isBulky || buffer.room == 0)
        if count > 0 { buffer.withBytes(from: before) { didRead($0, at: before) } }
        if before + count == 0 || gate.isClosed { buffers.release(buffer) } else { waiting = buffer }
        if count > 0 || tail != .open { return true }
        blockedBy = .source
        return false
    }

    /// - Returns: how many bytes were read.
    @inline(__always)
    private mutating func read(into buffer: Buffer) -> Int {
        var total = 0
        do {
            while buffer.room > 0 {
                switch try source.receive(into: buffer) {
                case .bytes(let count):
                    total += count
                    if source.mayReceive { continue }
                    blockedBy = .source
                case .blocked:
                    blockedBy = .source
                case .end:
                    tail = .end
                }
                return total
            }
        } catch {
            tail = .broken
        }
        return total
    }

    /// Passes the source's end on, now that what was read has been sent.
    private mutating func end(_ buffers: BufferPool) throws(Break) -> Bool {
        discard(buffers)
        // After its Close frame a peer has nothing to lose: how its connection then ends does not matter (RFC 6455 §7.1.1).
        if tail == .broken, !hasSeenClose { throw Break(side: .source) }
        isDone = true
        // With a Close frame of the gateway's own each side ends by its own exchange of them: see `TunnelTraffic`.
        // Nor does a client's end go on that came in one DATA frame with its Close frame (RFC 8441 §5): a server that sees it may
        // leave without a Close frame of its own.
        if !gate.isClosed, !hasEndedWithClose { sink.shutdownWrite() }
        return true
    }

    // MARK: Frames

    /// - Parameter before: how many bytes were waiting already.
    @inline(__always)
    private mutating func didRead(_ bytes: Span<UInt8>, at before: Int) {
        self.bytes += UInt64(bytes.count)
        unansweredPings = 0
        if let frames { frames.read(bytes, isAtBoundary: gate.isBetweenFrames) }
        gate.didRead(bytes, at: before)
    }

    /// The rule whose breaking ends the tunnel.
    var refused: Violation? { gate.refused }

    /// The source is a client that has ended its side together with its Close frame.
    var hasEndedWithClose: Bool { mayEndWithClose && isDone && hasSeenClose }

    /// The last byte of the source's Close frame has been read.
    var hasSeenClose: Bool { gate.hasSeenClose }

    /// The code of the source's Close frame, if it has sent one: 1005 if that held none (RFC 6455 §7.1.5).
    var sourceCode: CloseCode? { gate.sourceCode }

    /// Can a frame of the gateway's own go out now, before anything else?
    private var isAtBoundary: Bool { gate.isAtBoundary && waiting == nil && own.isEmpty && gate.isOpen && !isDone }

    /// Sends a Ping to the sink if no frame is under way. A Pong is awaited either way: the source is silent.
    mutating func ping(mask: MaskKey?) {
        unansweredPings += 1
        guard isAtBoundary else { return }
        let empty: [UInt8] = []
        FrameEncoder.ping(empty.span, maskKey: mask, to: &own)
        blockedBy = nil
    }

    /// Ends the direction with a Close frame at the next boundary, unless the source has sent one itself.
    mutating func close(_ code: CloseCode, reason: String, mask: MaskKey?) {
        guard gate.isOpen, !isDone else { return }
        blockedBy = nil
        gate.close(code, reason: reason, mask: mask)
    }

    /// No boundary will come any more: the frame under way is one that must not pass.
    var cannotClose: Bool { gate.cannotClose }

    /// Has the sink been told of the end, by a Close frame or the source's own end?
    var hasClosed: Bool {
        isDone || (own.isEmpty && waiting == nil && (gate.isClosed || (gate.isOpen && hasSeenClose)))
    }

    /// Has the source said that it is done?
    var sourceHasClosed: Bool { isDone || hasSeenClose }

    private mutating func enterClosed(_ buffers: BufferPool) {
        own.append(contentsOf: gate.takeCloseFrame())
        discard(buffers)
    }

    /// Gives the buffer back; what it held is lost.
    mutating func discard(_ buffers: BufferPool) {
        if let buffer = waiting.take() { buffers.release(buffer) }
    }

    var counts: TunnelEnding.Counts { gate.counts(bytes: bytes) }
}
