import WebSocket

/// What of one peer's bytes may go on to the other, and where a frame of the gateway's own may go between them: between two
/// frames, or not at all.
///
/// It knows the bytes by their numbers alone: whoever moves them says what it has read and what has been sent.
struct FrameGate {
    private enum Phase {
        /// Bytes pass.
        case open
        /// A Close frame of the gateway's own goes out at the next boundary.
        case closing
        /// It has been sent: what still comes from the source is read for its Close frame and dropped.
        case closed
    }

    private var observer: FrameObserver
    private var phase = Phase.open
    /// How many bytes of what is waiting go before the last place where no frame is open; nil when a frame is under way.
    private var boundary: Int? = 0
    /// The next write must offer at least these bytes: see `Duplex.owed`.
    private var owed = 0
    private var closeFrame: [UInt8] = []
    /// The rule whose breaking ends the tunnel.
    private(set) var refused: Violation?
    /// The Close frame that the source has sent is, or stands behind, what must not pass.
    private var isCloseRefused = false
    /// Frames may be refused, so a header is held back until it is whole.
    private let mayRefuse: Bool
    private let isStrict: Bool

    init(of sender: Sender, extensions: Extensions, plan: borrowing TunnelPlan) {
        observer = FrameObserver(of: sender, extensions: extensions, maxMessageSize: plan.maxMessageSize)
        isStrict = plan.isStrict
        mayRefuse = plan.isStrict || plan.maxMessageSize != nil
    }

    var isOpen: Bool { phase == .open }
    var isClosed: Bool { phase == .closed }

    /// A frame has been refused and the tunnel does not know it yet.
    var awaitsVerdict: Bool { refused != nil && phase == .open }

    /// Has all that was read come to the end of a frame?
    var isBetweenFrames: Bool { observer.isAtFrameBoundary }

    /// Is no frame of the source's under way in what has been sent?
    var isAtBoundary: Bool { boundary == 0 }

    /// No boundary will come any more: the frame under way is one that must not pass.
    var cannotClose: Bool { phase == .closing && refused != nil && boundary == nil }

    /// The last byte of the source's Close frame has been read.
    var hasSeenClose: Bool { observer.hasSeenClose }

    /// The code of the source's Close frame, if it has sent one: 1005 if that held none (RFC 6455 §7.1.5).
    var sourceCode: CloseCode? { hasSeenClose ? observer.closeCode ?? .noStatusReceived : nil }

    // MARK: Bytes

    /// - Parameter before: how many bytes were waiting already.
    @inline(__always)
    mutating func didRead(_ bytes: Span<UInt8>, at before: Int) {
        let hadSeenClose = observer.hasSeenClose
        let observation = observer.observe(bytes)
        if let offset = observation.boundary { boundary = before + offset }
        guard mayRefuse, refused == nil, let violation = observation.violation else { return }
        isCloseRefused = !hadSeenClose && violation != .dataAfterClose && observer.hasSeenClose
        if isStrict || violation == .messageTooBig {
            refuse(violation, at: before + observation.violationOffset)
        } else if let offset = observation.tooBigOffset {
            // Behind another violation, which may pass.
            refuse(.messageTooBig, at: before + offset)
        }
    }

    /// What stands from `offset` on is never sent. Below 0 its beginning has gone already: no boundary is left.
    private mutating func refuse(_ violation: Violation, at offset: Int) {
        refused = violation
        boundary = offset >= owed ? offset : nil
    }

    /// How many of the bytes that wait may be sent.
    @inline(__always)
    func sendable(of waiting: Int) -> Int {
        if refused != nil { return boundary ?? 0 }
        // What is owed must be offered again, whatever has been decided since.
        if phase == .closing, let boundary, boundary >= owed { return boundary }
        return mayRefuse ? waiting - observer.pendingHeaderBytes : waiting
    }

    /// - Parameter count: bytes that the sink has taken, at least one.
    @inline(__always)
    mutating func didSend(_ count: Int) {
        owed = 0
        if let ahead = boundary { boundary = ahead >= count ? ahead - count : nil }
    }

    /// The sink has taken nothing.
    /// - Parameter owed: bytes that it must be offered again.
    mutating func wasBlocked(owed: Int) { self.owed = owed }

    // MARK: The gateway's Close frame

    /// Ends with a Close frame at the next boundary, unless the source has sent one itself.
    mutating func close(_ code: CloseCode, reason: String, mask: MaskKey?) {
        if hasSeenClose, !isCloseRefused {
            // What follows it and is refused goes nowhere.
            if refused != nil { phase = .closing }
            return
        }
        phase = .closing
        FrameEncoder.close(code, reason: reason, maskKey: mask, to: &closeFrame)
    }

    /// Is it to go out now?
    var isCloseDue: Bool { phase == .closing && boundary == 0 && owed == 0 }

    /// Closes the gate: nothing of the source's is sent any more.
    /// - Returns: what goes out last; empty if the source's own Close frame has gone.
    mutating func takeCloseFrame() -> [UInt8] {
        phase = .closed
        // One Close frame is enough: the source's own has gone, if it came to its end with the frame that was under way.
        let isNeeded = !hasSeenClose || refused != nil
        let frame = exchange(&closeFrame, with: [])
        return isNeeded ? frame : []
    }

    /// - Parameter bytes: that were read in all.
    func counts(bytes: UInt64) -> TunnelEnding.Counts {
        let counters = observer.counters
        return TunnelEnding.Counts(
            bytes: bytes, frames: counters.frames, messages: counters.messages,
            // RFC 6455 sets no limit to a message: one over ours is no violation.
            violations: counters.violations - observer.count(of: .messageTooBig))
    }
}
