/// Watches the frames of one direction of a tunnel while their bytes are relayed by others: copies no payload, allocates
/// nothing, works at any cut. One per direction.
///
/// It never refuses. Violations are counted and reported, and reading goes on as well as the framing allows, so that
/// a tunnel that is not strict stays observable.
package struct FrameObserver: Sendable {
    package private(set) var counters = Counters()
    /// The first rule that this direction broke.
    package private(set) var firstViolation: Violation?
    /// The last byte of a Close frame passed.
    package private(set) var hasSeenClose = false
    /// The code in the first Close frame, once its two bytes passed. `nil` before, and in a Close frame without a code.
    package private(set) var closeCode: CloseCode?

    /// Bytes seen of a header that is not complete yet, 0 to 13. A relay that must be able to refuse a frame keeps them
    /// back until the rest is there.
    package private(set) var pendingHeaderBytes = 0

    private let rules: FrameRules
    private let maxMessageSize: UInt64
    private let smallFrame: SmallFrame

    private var reader = FrameHeaderReader()
    /// The frame whose payload is passing.
    private var frame = FrameHeader(opcode: .continuation, payloadLength: 0)
    private var payloadRemaining: UInt64 = 0
    private var isInsideMessage = false
    /// Payload announced so far by the frames of the open message.
    private var messageSize: UInt64 = 0
    private var closeBits: UInt16 = 0
    private var closeBytesRead: UInt64 = 0
    private var violationCounts: InlineArray<16, UInt32> = .init(repeating: 0)

    /// - Parameters:
    ///   - sender: who writes the bytes of this direction.
    ///   - extensions: what the 101 answer negotiated.
    ///   - maxMessageSize: bytes of payload on the wire (compressed ones, if a message is) above which a message is reported
    ///     as `.messageTooBig`; `nil` for no limit.
    package init(of sender: Sender, extensions: Extensions = .none, maxMessageSize: Int? = nil) {
        rules = FrameRules(sender: sender, extensions: extensions)
        self.maxMessageSize = maxMessageSize.map { UInt64(max(0, $0)) } ?? .max
        smallFrame = SmallFrame(rules: rules, maxMessageSize: self.maxMessageSize)
    }

    /// What passed so far.
    package struct Counters: Hashable, Sendable {
        /// Frames whose last byte passed.
        package var frames = 0
        /// Messages whose last byte passed.
        package var messages = 0
        /// Payload bytes that passed, of control frames and unfinished frames too.
        package var payloadBytes = 0
        package var pings = 0
        package var pongs = 0
        /// Payload bytes, on the wire, of the largest message whose last byte passed.
        package var largestMessage = 0
        package var violations = 0
    }

    /// What one call of `observe` found in the bytes given to it.
    package struct Observation: Hashable, Sendable {
        /// The last offset, from 0 to the count of the bytes, at which no frame is open: a frame of the gateway's own may go
        /// between the bytes before it and those behind it. `nil` if one frame was open all along.
        package var boundary: Int?
        /// The first rule broken in these bytes.
        package var violation: Violation?
        /// Where the frame that broke it begins. Negative if it began in earlier bytes: so many of its bytes are gone, and a
        /// frame of the gateway's own can no longer take its place.
        package var violationOffset = 0
        /// Where the first frame begins that makes a message too big, whatever else is wrong with it, as above; `nil` if none
        /// does.
        package var tooBigOffset: Int?
    }

    /// Neither a header nor a payload is under way: a control frame may be inserted here, even between two fragments
    /// (RFC 6455 §5.4).
    package var isAtFrameBoundary: Bool { payloadRemaining == 0 && pendingHeaderBytes == 0 }

    /// No message is under way either: a data frame could be inserted here.
    package var isAtMessageBoundary: Bool { isAtFrameBoundary && !isInsideMessage }

    /// How often this rule was broken.
    package func count(of violation: Violation) -> Int {
        Int(violationCounts[Int(violation.rawValue)])
    }

    /// Reads on: `bytes` are the ones that follow those of the call before.
    @discardableResult
    package mutating func observe(_ bytes: Span<UInt8>) -> Observation {
        var observation = Observation()
        var position = 0
        while true {
            if isAtFrameBoundary {
                position = passSmallFrames(bytes, from: position)
                observation.boundary = position
            }
            guard position < bytes.count else { return observation }
            if payloadRemaining > 0 {
                passPayload(bytes, at: &position, &observation)
            } else {
                let header = reader.read(bytes, at: &position)
                pendingHeaderBytes = reader.pendingBytes
                if let header { begin(header, at: position - header.size, &observation) }
            }
        }
    }

    /// The relay's common case: text or binary messages of one short frame, each whole in `bytes`, nothing else going on.
    /// Returns the offset behind the last of them. Whatever is not plainly so is left to the general way.
    private mutating func passSmallFrames(_ bytes: Span<UInt8>, from start: Int) -> Int {
        guard !isInsideMessage, !hasSeenClose else { return start }
        var position = start
        while bytes.count &- position >= 2 {
            guard let payload = smallFrame.payloadLength(bytes[position], bytes[position &+ 1]) else { break }
            let end = position &+ smallFrame.headerSize &+ payload
            guard end <= bytes.count else { break }
            counters.frames &+= 1
            counters.messages &+= 1
            counters.payloadBytes &+= payload
            counters.largestMessage = max(counters.largestMessage, payload)
            position = end
        }
        return position
    }

    private mutating func begin(_ header: FrameHeader, at offset: Int, _ observation: inout Observation) {
        var broken = rules.violations(of: header, isInsideMessage: isInsideMessage)
        // RFC 6455 §5.5.1: no more data frames after a Close frame.
        if hasSeenClose, !header.opcode.isControl { broken.insert(.dataAfterClose) }
        if announce(header) {
            broken.insert(.messageTooBig)
            if observation.tooBigOffset == nil { observation.tooBigOffset = offset }
        }
        while let violation = broken.popFirst() {
            record(violation, at: offset, &observation)
        }
        frame = header
        payloadRemaining = header.payloadLength
        if payloadRemaining == 0 { finishFrame() }
    }

    /// Follows the message that the frame belongs to. Returns whether this frame makes it bigger than allowed.
    private mutating func announce(_ header: FrameHeader) -> Bool {
        var before: UInt64 = 0
        switch header.opcode {
        case .text, .binary: isInsideMessage = true
        case .continuation where isInsideMessage: before = messageSize
        default: return false
        }
        let (sum, overflow) = before.addingReportingOverflow(header.payloadLength)
        messageSize = overflow ? .max : sum
        return before <= maxMessageSize && messageSize > maxMessageSize
    }

    private mutating func passPayload(_ bytes: Span<UInt8>, at position: inout Int, _ observation: inout Observation) {
        if frame.opcode == .close { readCloseCode(bytes, from: position, &observation) }
        let count = Int(min(payloadRemaining, UInt64(bytes.count - position)))
        counters.payloadBytes &+= count
        payloadRemaining -= UInt64(count)
        position += count
        if payloadRemaining == 0 { finishFrame() }
    }

    /// Takes what it can of the code at the start of the first Close frame's payload.
    private mutating func readCloseCode(_ bytes: Span<UInt8>, from start: Int, _ observation: inout Observation) {
        guard !hasSeenClose else { return }
        var position = start
        while closeBytesRead < 2, closeBytesRead < frame.payloadLength, position < bytes.count {
            let byte = bytes[position] ^ (frame.maskKey?[closeBytesRead] ?? 0)
            closeBits = closeBits << 8 | UInt16(byte)
            closeBytesRead += 1
            position += 1
            guard closeBytesRead == 2 else { continue }
            let code = CloseCode(rawValue: closeBits)
            closeCode = code
            if !code.isAllowedOnWire { record(.closeCodeNotAllowed, at: position - 2 - frame.size, &observation) }
        }
    }

    private mutating func finishFrame() {
        counters.frames &+= 1
        switch frame.opcode {
        case .ping: counters.pings &+= 1
        case .pong: counters.pongs &+= 1
        case .close: hasSeenClose = true
        case .continuation, .text, .binary: if isInsideMessage, frame.fin { finishMessage() }
        default: break
        }
    }

    private mutating func finishMessage() {
        counters.messages &+= 1
        counters.largestMessage = max(counters.largestMessage, Int(clamping: messageSize))
        isInsideMessage = false
    }

    private mutating func record(_ violation: Violation, at offset: Int, _ observation: inout Observation) {
        counters.violations &+= 1
        violationCounts[Int(violation.rawValue)] &+= 1
        if firstViolation == nil { firstViolation = violation }
        guard observation.violation == nil else { return }
        observation.violation = violation
        observation.violationOffset = offset
    }
}
