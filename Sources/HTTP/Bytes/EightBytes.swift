/// Eight bytes that are looked at together. Each test answers with bit 7 of every byte that passes it.
struct EightBytes: Equatable {
    /// The byte at the lowest offset is the lowest.
    let word: UInt64

    init(word: UInt64) {
        self.word = word
    }

    /// The eight lower-case hexadecimal digits of a number, the highest first.
    init(hexadecimal value: UInt32) {
        // Each half of what is left moves apart, until each of the eight bytes holds four bits.
        var bits = UInt64(value)
        bits = (bits | bits &<< 16) & 0x0000_FFFF_0000_FFFF
        bits = (bits | bits &<< 8) & 0x00FF_00FF_00FF_00FF
        bits = (bits | bits &<< 4) & 0x0F0F_0F0F_0F0F_0F0F
        // Six more than ten or above carries out of the four bits: these become letters, 0x27 behind where digits would be.
        let letters = ((bits &+ Self.ones &* 6) &>> 4) & Self.ones
        word = (bits &+ Self.ones &* 0x30 &+ letters &* 0x27).byteSwapped
    }

    private static var ones: UInt64 { 0x0101_0101_0101_0101 }
    private static var high: UInt64 { 0x8080_8080_8080_8080 }

    /// The bytes from `first` to `last`, both of ASCII. No sum carries into the next byte, since bit 7 is cleared before.
    @inline(__always)
    func within(_ first: UInt8, _ last: UInt8) -> UInt64 {
        let low = word & ~Self.high
        let fromFirst = low &+ Self.ones &* UInt64(0x80 &- first)
        let behindLast = low &+ Self.ones &* UInt64(0x7F &- last)
        return fromFirst & ~behindLast & ~word & Self.high
    }

    /// The bytes below `limit`, which is of ASCII, and DEL. The lowest found is one, and none is missed; above it a byte may be
    /// found that is none, since the subtraction borrows from the next byte.
    @inline(__always)
    func controls(below limit: UInt8) -> UInt64 {
        let below = (word &- Self.ones &* UInt64(limit)) & ~word & Self.high
        return below | equal(to: 0x7F)
    }

    /// The bytes that are neither letters nor `-`.
    @inline(__always)
    var notLettersOrDashes: UInt64 {
        ~(EightBytes(word: word | Self.ones &* 0x20).within(0x61, 0x7A) | within(0x2D, 0x2D)) & Self.high
    }

    /// The bytes that are neither letters in lower case nor `-`.
    @inline(__always)
    var notLowerCaseOrDashes: UInt64 { ~(within(0x61, 0x7A) | within(0x2D, 0x2D)) & Self.high }

    /// The bytes that are neither letters, digits, `-` nor `.`.
    @inline(__always)
    var notHostName: UInt64 { notLettersOrDashes & ~(within(0x2E, 0x2E) | within(0x30, 0x39)) }

    /// The bytes that are neither letters, digits, `-` nor `/`.
    @inline(__always)
    var notPlainPath: UInt64 { notLettersOrDashes & ~within(0x2F, 0x39) }

    /// The bytes that are not printable ASCII, and quotes and backslashes; as certain as in `controls(below:)`.
    @inline(__always)
    var notPlainText: UInt64 { controls(below: 0x20) | (word & Self.high) | equal(to: 0x22) | equal(to: 0x5C) }

    /// The bytes equal to `byte`; as certain as in `controls(below:)`.
    @inline(__always)
    func equal(to byte: UInt8) -> UInt64 {
        let others = word ^ (Self.ones &* UInt64(byte))
        return (others &- Self.ones) & ~others & Self.high
    }

    /// The same bytes with ASCII letters in lower case; every other byte is itself.
    @inline(__always)
    var lowerCase: EightBytes { EightBytes(word: word | within(0x41, 0x5A) &>> 2) }
}
