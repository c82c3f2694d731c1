import WebSocket

/// The mask key of RFC 6455 §5.7.
let exampleKey = MaskKey(0x37, 0xFA, 0x21, 0x3D)

/// One frame as a client sends it, or with `maskKey: nil` as a server does.
func frame(
    _ opcode: Opcode, _ payload: [UInt8] = [], fin: Bool = true, rsv: FrameHeader.ReservedBits = [],
    maskKey: MaskKey? = exampleKey
) -> [UInt8] {
    var header = FrameHeader(fin: fin, opcode: opcode, maskKey: maskKey, payloadLength: UInt64(payload.count))
    header.reservedBits = rsv
    return frame(header, payload)
}

/// A header as given, right or wrong, and a payload that is masked with its key.
func frame(_ header: FrameHeader, _ payload: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    header.write(to: &bytes)
    for (index, byte) in payload.enumerated() {
        bytes.append(byte ^ (header.maskKey?[UInt64(index)] ?? 0))
    }
    return bytes
}

func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

func close(_ code: UInt16, _ reason: [UInt8] = []) -> [UInt8] {
    frame(.close, [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
}

func parsed(_ bytes: [UInt8], at offset: Int = 0) -> FrameHeader? {
    FrameHeader.parse(bytes.span, at: offset)
}

/// The ways to cut `bytes` that a stream may: not at all, at every byte, and in two at every position (in a long input
/// at its ends and some places between).
func cuts(of bytes: [UInt8]) -> [[ArraySlice<UInt8>]] {
    var ways: [[ArraySlice<UInt8>]] = [[bytes[...]]]
    if bytes.count < 1000 { ways.append(bytes.indices.map { bytes[$0...$0] }) }
    for position in bytes.indices where bytes.count < 1000 || position < 20 || position % 9973 == 0 {
        ways.append([bytes[..<position], bytes[position...]])
    }
    return ways
}

/// What a decoder made of the pieces: its events, and the violation that ended it.
struct Decoded: Equatable {
    var events: [MessageDecoder.Event] = []
    var violation: Violation?

    init(events: [MessageDecoder.Event] = [], violation: Violation? = nil) {
        self.events = events
        self.violation = violation
    }

    init(_ pieces: [ArraySlice<UInt8>], from sender: Sender = .client, maxMessageSize: Int = 1 << 20) {
        var decoder = MessageDecoder(of: sender, maxMessageSize: maxMessageSize)
        do throws(Violation) {
            for piece in pieces {
                try decoder.receive(Array(piece).span, into: &events)
            }
        } catch {
            violation = error
        }
    }
}

extension UTF8Validator {
    /// Whether the text may go on, and whether it may end, after these bytes.
    mutating func judge(_ bytes: [UInt8]) -> (isValid: Bool, isComplete: Bool) {
        (consume(bytes.span), isComplete)
    }
}

extension FrameObserver {
    mutating func observe(_ pieces: [ArraySlice<UInt8>]) {
        for piece in pieces { observe(Array(piece).span) }
    }
}
