/// A name's bytes as words; see `ByteScanning.foldedName`. Meaningful only beside the name's length.
struct FoldedName: Equatable {
    var first: UInt64 = 0
    var second: UInt64 = 0
    var third: UInt64 = 0
    var last: UInt64 = 0

    /// Has the name an underscore? Folded it is 0x7F, which no other byte of a token becomes.
    @inline(__always)
    var hasUnderscore: Bool {
        (Self.deletes(first) | Self.deletes(second) | Self.deletes(third) | Self.deletes(last)) != 0
    }

    /// Not zero just if a byte of the word is 0x7F.
    @inline(__always)
    private static func deletes(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let others = word ^ (ones &* 0x7F)
        return (others &- ones) & ~others & (ones &* 0x80)
    }

    @inline(__always)
    func `is`(_ literal: StaticString) -> Bool {
        let other = ByteScanning.foldedName(literal)
        return first == other.first && last == other.last && second == other.second && third == other.third
    }
}
