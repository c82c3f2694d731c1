/// Checks text that arrives in pieces, and fails at the first byte that no valid text can have there (RFC 3629 §4).
package struct UTF8Validator: Sendable {
    /// Continuation bytes that the sequence under way still needs.
    private var needed: UInt8 = 0
    /// The range of the next continuation byte; narrower behind E0, ED, F0 and F4, which keeps out overlong forms,
    /// surrogates, and values above U+10FFFF.
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xBF
    private var hasFailed = false

    package init() {}

    /// Whether the text may end here: it is valid and no sequence is under way.
    package var isComplete: Bool { !hasFailed && needed == 0 }

    /// Reads on. Returns whether all text so far is the beginning of a valid one; once `false`, always `false`.
    package mutating func consume(_ bytes: Span<UInt8>) -> Bool {
        var index = 0
        while index < bytes.count, !hasFailed {
            let byte = bytes[index]
            index += 1
            if needed > 0 {
                consume(continuation: byte)
            } else if byte >= 0x80 {
                consume(lead: byte)
            }
        }
        return !hasFailed
    }

    private mutating func consume(continuation byte: UInt8) {
        guard byte >= lowest, byte <= highest else {
            hasFailed = true
            return
        }
        needed -= 1
        lowest = 0x80
        highest = 0xBF
    }

    private mutating func consume(lead byte: UInt8) {
        switch byte {
        case 0xC2...0xDF: needed = 1
        case 0xE0...0xEF: needed = 2
        case 0xF0...0xF4: needed = 3
        default: hasFailed = true
        }
        switch byte {
        case 0xE0: lowest = 0xA0
        case 0xED: highest = 0x9F
        case 0xF0: lowest = 0x90
        case 0xF4: highest = 0x8F
        default: break
        }
    }
}
