/// Reads WebSocket messages out of bytes, at either end of a connection: unmasks, joins fragments, keeps control frames
/// apart, checks UTF-8 as it arrives, and refuses what RFC 6455 refuses. No extension is supported.
package struct MessageDecoder: Sendable {
    /// What arrived.
    package enum Event: Hashable, Sendable {
        /// A whole text message: valid UTF-8.
        case text([UInt8])
        /// A whole binary message.
        case binary([UInt8])
        /// To be answered by a Pong with the same payload, at most 125 bytes.
        case ping([UInt8])
        case pong([UInt8])
        /// The last event. To be answered by a Close frame, unless one was sent before (RFC 6455 §5.5.1).
        case close(CloseCode?, reason: String)
    }

    private enum State: Sendable {
        case header
        case payload(FrameHeader, remaining: UInt64)
        case closed
        case failed(Violation)
    }

    private let rules: FrameRules
    private let maxMessageSize: UInt64
    private var state = State.header
    private var reader = FrameHeaderReader()
    /// What the open message is; `nil` between messages.
    private var messageOpcode: Opcode?
    private var message: [UInt8] = []
    private var text = UTF8Validator()
    private var control: [UInt8] = []

    /// - Parameters:
    ///   - sender: who writes the bytes: `.client` in a server.
    ///   - maxMessageSize: bytes of a message above which `.messageTooBig` is thrown, as soon as a header announces them.
    ///     Memory is taken as bytes arrive, not as a header promises them: at most twice this.
    package init(of sender: Sender, maxMessageSize: Int) {
        rules = FrameRules(sender: sender, extensions: .none)
        self.maxMessageSize = UInt64(max(0, maxMessageSize))
    }

    /// Reads on and appends what is complete to `events`. Bytes behind a Close frame are ignored (RFC 6455 §1.4).
    ///
    /// Throws when the peer breaks a rule: send `Violation.closeCode` and end the connection (RFC 6455 §7.1.7). The events
    /// before stand; every later call throws the same.
    package mutating func receive(_ bytes: Span<UInt8>, into events: inout [Event]) throws(Violation) {
        do throws(Violation) {
            var position = 0
            while try step(bytes, at: &position, into: &events) {}
        } catch {
            state = .failed(error)
            message = []
            throw error
        }
    }

    /// Takes one header, or one piece of payload. Returns whether there is more to do.
    private mutating func step(
        _ bytes: Span<UInt8>, at position: inout Int, into events: inout [Event]
    ) throws(Violation) -> Bool {
        switch state {
        case .closed: return false
        case .failed(let violation): throw violation
        case .header:
            guard let header = reader.read(bytes, at: &position) else { return false }
            try begin(header)
            state = .payload(header, remaining: header.payloadLength)
        case .payload(let header, let remaining) where remaining > 0:
            let count = Int(min(remaining, UInt64(bytes.count - position)))
            guard count > 0 else { return false }
            let piece = bytes.extracting(position..<position + count)
            try take(piece, of: header, at: header.payloadLength - remaining)
            position += count
            state = .payload(header, remaining: remaining - UInt64(count))
        case .payload(let header, _):
            state = .header
            try finish(header, into: &events)
        }
        return true
    }

    private mutating func begin(_ header: FrameHeader) throws(Violation) {
        var broken = rules.violations(of: header, isInsideMessage: messageOpcode != nil)
        if let violation = broken.popFirst() { throw violation }
        guard !header.opcode.isControl else { return }
        // `message.count` is within the limit, so the difference cannot underflow, and a sum could not say as much.
        guard header.payloadLength <= maxMessageSize - UInt64(message.count) else { throw .messageTooBig }
        if header.opcode != .continuation {
            messageOpcode = header.opcode
            text = UTF8Validator()
        }
    }

    private mutating func take(_ piece: Span<UInt8>, of header: FrameHeader, at offset: UInt64) throws(Violation) {
        guard !header.opcode.isControl else {
            Masking.append(piece, maskKey: header.maskKey, keyOffset: offset, to: &control)
            return
        }
        let before = message.count
        Masking.append(piece, maskKey: header.maskKey, keyOffset: offset, to: &message)
        guard messageOpcode == .text else { return }
        // RFC 6455 §8.1: fail on text that is not UTF-8; at once, so that a long message of garbage is not awaited.
        var validator = text
        guard validator.consume(message.span.extracting(droppingFirst: before)) else { throw .invalidUTF8 }
        text = validator
    }

    private mutating func finish(_ header: FrameHeader, into events: inout [Event]) throws(Violation) {
        if header.opcode.isControl {
            let payload = control
            control = []
            switch header.opcode {
            case .ping: events.append(.ping(payload))
            case .pong: events.append(.pong(payload))
            default:
                events.append(try Self.close(payload))
                state = .closed
                message = []
            }
        } else if header.fin {
            // RFC 6455 §5.6: a message, not each fragment, is valid UTF-8 as a whole.
            guard text.isComplete || messageOpcode != .text else { throw .invalidUTF8 }
            events.append(messageOpcode == .text ? .text(message) : .binary(message))
            messageOpcode = nil
            message = []
        }
    }

    /// RFC 6455 §5.5.1: nothing, or a code of two bytes and a reason in UTF-8. One byte alone never gets here.
    private static func close(_ payload: [UInt8]) throws(Violation) -> Event {
        guard payload.count >= 2 else { return .close(nil, reason: "") }
        let code = CloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
        guard code.isAllowedOnWire else { throw .closeCodeNotAllowed }
        guard let reason = String(validating: payload[2...], as: UTF8.self) else { throw .invalidUTF8 }
        return .close(code, reason: reason)
    }
}
