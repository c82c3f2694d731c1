/// What a frame header may say, given who sent it and what was negotiated. One list for the relay's observer, which
/// counts what is broken, and for the decoder, which refuses it.
struct FrameRules: Sendable {
    let sender: Sender
    let extensions: Extensions

    /// Every rule that `header` breaks by itself or by its place; `isInsideMessage` says that a fragmented message is open.
    func violations(of header: FrameHeader, isInsideMessage: Bool) -> ViolationSet {
        var broken: ViolationSet = []
        let opcode = header.opcode
        // RFC 6455 §5.2: a reserved bit MUST be 0 unless an extension defines it.
        if !header.reservedBits.isSubset(of: extensions.bits(allowedOn: opcode)) { broken.insert(.reservedBits) }
        // RFC 6455 §5.2: an unknown opcode MUST fail the connection.
        if opcode.isReserved, !extensions.mayDefineOpcodes { broken.insert(.reservedOpcode) }
        if opcode.isControl {
            // RFC 6455 §5.5: at most 125 bytes, and never fragmented.
            if !header.fin { broken.insert(.fragmentedControl) }
            if header.payloadLength > 125 { broken.insert(.controlTooLong) }
        }
        // RFC 6455 §5.2: the minimal number of bytes; the most significant bit MUST be 0.
        if !header.isLengthMinimal { broken.insert(.lengthNotMinimal) }
        if header.payloadLength >> 63 != 0 { broken.insert(.lengthTopBit) }
        // RFC 6455 §5.1: a server closes on a frame that is not masked, a client on one that is.
        if header.isMasked != sender.masks { broken.insert(sender.masks ? .missingMask : .unexpectedMask) }
        // RFC 6455 §5.4: fragments of one message are not interleaved with those of another.
        if opcode == .continuation, !isInsideMessage { broken.insert(.continuationWithoutStart) }
        if opcode == .text || opcode == .binary, isInsideMessage { broken.insert(.startInsideMessage) }
        // RFC 6455 §5.5.1: if there is a body, its first two bytes are the code.
        if opcode == .close, header.payloadLength == 1 { broken.insert(.closePayloadOfOneByte) }
        return broken
    }
}
