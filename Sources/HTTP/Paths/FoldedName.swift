/// A name's bytes as words; see `ByteScanning.foldedName`. Meaningful only beside the name's length.
struct FoldedName: Equatable {
    var first: UInt64 = 0
    var second: UInt64 = 0
    var third: UInt64 = 0
    var last: UInt64 = 0

    /// Has the name an underscore? Folded it is 0x7F, which no other byte of a token becomes.
    @inline(__always)
    var hasUnderscore: Bool {
        func deletes(_ word: UInt64) -> UInt64 { EightBytes(word: word).equal(to: 0x7F) }
        return deletes(first) | deletes(second) | deletes(third) | deletes(last) != 0
    }

    @inline(__always)
    func `is`(_ literal: StaticString) -> Bool {
        let other = ByteScanning.foldedName(literal)
        return first == other.first && last == other.last && second == other.second && third == other.third
    }
}
