/// Writes frames behind what `output` already holds. A client's frames need a mask key, fresh and unpredictable for each
/// (RFC 6455 §5.3); a server's have none.
package enum FrameEncoder {
    /// The most that a control frame may carry (RFC 6455 §5.5).
    package static var maxControlPayload: Int { 125 }
    /// The most bytes of UTF-8 that a Close frame's reason may have behind its code (RFC 6455 §5.5.1).
    package static var maxCloseReason: Int { maxControlPayload - 2 }

    /// One frame of any kind, as given: the way to send a message in fragments.
    package static func frame(
        _ opcode: Opcode, fin: Bool = true, payload: Span<UInt8>, maskKey: MaskKey? = nil, to output: inout [UInt8]
    ) {
        let header = FrameHeader(fin: fin, opcode: opcode, maskKey: maskKey, payloadLength: UInt64(payload.count))
        header.write(to: &output)
        Masking.append(payload, maskKey: maskKey, keyOffset: 0, to: &output)
    }

    /// A whole text message in one frame.
    package static func text(_ text: String, maskKey: MaskKey? = nil, to output: inout [UInt8]) {
        frame(.text, payload: Array(text.utf8).span, maskKey: maskKey, to: &output)
    }

    /// A whole binary message in one frame.
    package static func binary(_ payload: Span<UInt8>, maskKey: MaskKey? = nil, to output: inout [UInt8]) {
        frame(.binary, payload: payload, maskKey: maskKey, to: &output)
    }

    /// A Ping; of a longer payload the first 125 bytes.
    package static func ping(_ payload: Span<UInt8>, maskKey: MaskKey? = nil, to output: inout [UInt8]) {
        frame(.ping, payload: payload.extracting(first: maxControlPayload), maskKey: maskKey, to: &output)
    }

    /// A Pong, which answers a Ping with the same payload (RFC 6455 §5.5.3); of a longer one the first 125 bytes.
    package static func pong(_ payload: Span<UInt8>, maskKey: MaskKey? = nil, to output: inout [UInt8]) {
        frame(.pong, payload: payload.extracting(first: maxControlPayload), maskKey: maskKey, to: &output)
    }

    /// A Close frame. Without a code, or with one that must not be sent (RFC 6455 §7.4), its payload is empty. A reason
    /// longer than 123 bytes is cut before the first character that does not fit.
    package static func close(
        _ code: CloseCode?, reason: String = "", maskKey: MaskKey? = nil, to output: inout [UInt8]
    ) {
        var payload: [UInt8] = []
        if let code, code.isAllowedOnWire {
            payload.append(UInt8(code.rawValue >> 8))
            payload.append(UInt8(code.rawValue & 0xFF))
            for scalar in reason.unicodeScalars {
                guard payload.count + UTF8.width(scalar) <= maxControlPayload else { break }
                payload.append(contentsOf: String(scalar).utf8)
            }
        }
        frame(.close, payload: payload.span, maskKey: maskKey, to: &output)
    }
}
