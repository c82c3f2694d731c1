/// A rule of RFC 6455 that a peer broke, or a limit that it passed. This module's one error type.
package enum Violation: UInt8, Error, CaseIterable, Sendable {
    /// A reserved bit that no negotiated extension defines (§5.2).
    case reservedBits
    /// An opcode that no negotiated extension defines (§5.2).
    case reservedOpcode
    /// A control frame without FIN (§5.5).
    case fragmentedControl
    /// A control frame with more than 125 bytes (§5.5).
    case controlTooLong
    /// A length in more bytes than it needs (§5.2).
    case lengthNotMinimal
    /// A 64-bit length whose top bit is set (§5.2). No frame boundary can follow.
    case lengthTopBit
    /// A client's frame without a mask (§5.1).
    case missingMask
    /// A server's frame with a mask (§5.1).
    case unexpectedMask
    /// A continuation frame while no message is open (§5.4).
    case continuationWithoutStart
    /// A text or binary frame while a fragmented message is open (§5.4).
    case startInsideMessage
    /// A data frame behind a Close frame (§5.5.1).
    case dataAfterClose
    /// A Close frame whose payload is one byte: half a code (§5.5.1).
    case closePayloadOfOneByte
    /// A close code that must not be sent (§7.4).
    case closeCodeNotAllowed
    /// Text, or the reason in a Close frame, that is not UTF-8 (§8.1).
    case invalidUTF8
    /// A message above the configured limit (§10.4).
    case messageTooBig

    /// The code to close the connection with (RFC 6455 §7.4.1).
    package var closeCode: CloseCode {
        switch self {
        case .invalidUTF8: .invalidPayloadData
        case .messageTooBig: .messageTooBig
        default: .protocolError
        }
    }

    /// One plain sentence for a log line or a Close frame's reason; less than 123 bytes.
    package var reason: String {
        switch self {
        case .reservedBits: "a reserved bit is set that no extension negotiated"
        case .reservedOpcode: "reserved opcode"
        case .fragmentedControl: "a control frame is fragmented"
        case .controlTooLong: "a control frame is longer than 125 bytes"
        case .lengthNotMinimal: "a payload length is not encoded in the fewest bytes"
        case .lengthTopBit: "a 64-bit payload length has its top bit set"
        case .missingMask: "a client's frame is not masked"
        case .unexpectedMask: "a server's frame is masked"
        case .continuationWithoutStart: "a continuation frame without a message to continue"
        case .startInsideMessage: "a new message begins before the fragmented one ended"
        case .dataAfterClose: "a data frame after a Close frame"
        case .closePayloadOfOneByte: "a Close frame holds one byte, half a code"
        case .closeCodeNotAllowed: "a Close frame holds a code that must not be sent"
        case .invalidUTF8: "text is not valid UTF-8"
        case .messageTooBig: "the message is bigger than allowed"
        }
    }
}

/// Several violations of one frame; bit n stands for the violation with raw value n.
struct ViolationSet: OptionSet, Sendable {
    var rawValue: UInt16

    init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    mutating func insert(_ violation: Violation) {
        rawValue |= 1 << UInt16(violation.rawValue)
    }

    /// The violation that is listed first, taken out of the set; `nil` once it is empty.
    mutating func popFirst() -> Violation? {
        guard rawValue != 0 else { return nil }
        let index = UInt8(truncatingIfNeeded: rawValue.trailingZeroBitCount)
        rawValue &= rawValue &- 1
        return Violation(rawValue: index)
    }
}
