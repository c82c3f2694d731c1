/// What the handshake's answer negotiated, as far as it changes what a frame header may say (RFC 6455 §9).
package enum Extensions: Sendable {
    case none
    /// Only permessage-deflate (RFC 7692).
    case permessageDeflate
    /// An extension that is not known here: it may use any reserved bit and opcode, so none of them is a violation.
    case unknown

    /// Takes in one `Sec-WebSocket-Extensions` field value of the 101 answer; call it for each such field line.
    package mutating func add(fieldValue: Span<UInt8>) {
        var start = 0
        var isQuoted = false
        for index in fieldValue.indices {
            switch fieldValue[index] {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: ",") where !isQuoted:
                add(element: fieldValue.extracting(start..<index))
                start = index + 1
            default: break
            }
        }
        add(element: fieldValue.extracting(start..<fieldValue.count))
    }

    /// The reserved bits that a frame with this opcode may set.
    func bits(allowedOn opcode: Opcode) -> FrameHeader.ReservedBits {
        switch self {
        case .none: []
        // RFC 7692 §6: RSV1 marks a message's first frame; §6.1: it is not set on control frames.
        case .permessageDeflate: opcode == .text || opcode == .binary ? .rsv1 : []
        case .unknown: [.rsv1, .rsv2, .rsv3]
        }
    }

    var mayDefineOpcodes: Bool { self == .unknown }

    /// One list element: the extension's name up to the first ";", perhaps between blanks. An empty one is no element
    /// (RFC 9110 §5.6.1.2).
    private mutating func add(element: Span<UInt8>) {
        var name: [UInt8] = []
        scan: for index in element.indices {
            switch element[index] {
            case UInt8(ascii: ";"): break scan
            case UInt8(ascii: " "), UInt8(ascii: "\t"): continue
            case let byte where name.count < 64: name.append(byte)
            default: break
            }
        }
        guard !name.isEmpty else { return }
        if self != .unknown, name == Array("permessage-deflate".utf8) {
            self = .permessageDeflate
        } else {
            self = .unknown
        }
    }
}
