/// A name's bytes as words; see `ByteScanning.foldedName`. Meaningful only beside the name's length.
struct FoldedName: Equatable {
    var first: UInt64 = 0
    var second: UInt64 = 0
    var third: UInt64 = 0
    var last: UInt64 = 0

    /// Has the name, a token of so many bytes, one that is neither letter nor digit nor dash, such as `_` or `.`? It may say so
    /// of a name with less than four bytes that has none.
    @inline(__always)
    func hasOddBytes(count: Int) -> Bool {
        var odd = Self.oddBytes(first) | Self.oddBytes(last)
        // Shorter names are in those two as a whole.
        if count > 16 { odd |= Self.oddBytes(second) | Self.oddBytes(third) }
        return odd & 0x8080_8080_8080_8080 != 0
    }

    /// Bit 7 of each byte of a folded token that is odd. Of what is below letters, 0x60 is odd, and what xor with a dash makes
    /// less than 0x14, but for the dash itself; above them all is. A word that the name does not reach is 0, which is not odd. No
    /// sum carries, since no byte has bit 7.
    @inline(__always)
    private static func oddBytes(_ word: UInt64) -> UInt64 {
        let againstDash = word ^ 0x2D2D_2D2D_2D2D_2D2D
        let (isNoDash, isDigitOrMore) = (againstDash &+ 0x7F7F_7F7F_7F7F_7F7F, againstDash &+ 0x6C6C_6C6C_6C6C_6C6C)
        let (isBehindDigits, isLetterOrMore) = (word &+ 0x4646_4646_4646_4646, word &+ 0x1F1F_1F1F_1F1F_1F1F)
        return (isNoDash & ~isDigitOrMore) | (isBehindDigits & ~isLetterOrMore) | (word &+ 0x0505_0505_0505_0505)
    }

    @inline(__always)
    func `is`(_ literal: StaticString) -> Bool {
        let other = ByteScanning.foldedName(literal)
        return first == other.first && last == other.last && second == other.second && third == other.third
    }
}
