import Glibc

/// Finding the end of a run of text eight bytes at a time, and reading a short name as machine words.
///
/// A head is mostly field values; looking at each byte alone would be half of the parser's time.
enum ByteScanning {
    /// The offset of the first byte at or after `start` that may not stand in a field value (RFC 9110 §5.5: C0 controls
    /// but the tab, and DEL), or `end`. Precondition: `start <= end <= bytes.count`, else it traps.
    @inline(__always)
    static func endOfText(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        precondition(0 <= start && start <= end && end <= bytes.count)
        // Sound: the precondition bounds every access, and the pointer does not leave the closure.
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let base = unsafe UnsafeRawPointer(buffer.baseAddress) else { return start }
            var index = start
            while true {
                while index &+ 8 <= end {
                    // Sound: eight bytes from `index` end at or before `end`; the load needs no alignment.
                    let word = unsafe base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    let hits = lowBytes(UInt64(littleEndian: word), below: 0x20)
                    if hits == 0 {
                        index &+= 8
                        continue
                    }
                    index &+= hits.trailingZeroBitCount &>> 3
                    break
                }
                // Sound: `index < end` is checked before the byte is read.
                while index < end, unsafe !ByteClass.isForbiddenInText(buffer[index]) {
                    index &+= 1
                    if index & 7 == 0 { break }
                }
                if index >= end { return end }
                if unsafe ByteClass.isForbiddenInText(buffer[index]) { return index }
            }
        }
    }

    /// The offset behind the run of letters and `-` at `start`, as far as whole words of eight bytes consist of them alone: most
    /// of a field's name. What follows is for the caller to look at byte by byte.
    /// Precondition: `start <= end <= bytes.count`, else it traps.
    @inline(__always)
    static func skipLetters(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        precondition(0 <= start && start <= end && end <= bytes.count)
        // Sound: as in `endOfText`.
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let base = unsafe UnsafeRawPointer(buffer.baseAddress) else { return start }
            var index = start
            while index &+ 8 <= end, isLetters(unsafe base.loadUnaligned(fromByteOffset: index, as: UInt64.self)) { index &+= 8 }
            return index
        }
    }

    /// Is every byte of the word a letter or `-`? Exact: no sum carries into the next byte, since bit 7 is cleared before.
    @inline(__always)
    private static func isLetters(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high: UInt64 = 0x8080_8080_8080_8080
        let lower = (word | ones &* 0x20) & ~high
        let fromA = lower &+ ones &* (0x80 - 0x61)
        let beyondZ = lower &+ ones &* (0x80 - 0x7B)
        let isNotDash = ((word ^ ones &* 0x2D) & ~high) &+ ones &* 0x7F
        return ((fromA & ~beyondZ) | ~isNotDash) & ~word & high == high
    }

    /// A bit 7 in each byte of `word` that is below `limit` or DEL; exact for the lowest such byte, which is the one used.
    @inline(__always)
    private static func lowBytes(_ word: UInt64, below limit: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high: UInt64 = 0x8080_8080_8080_8080
        let below = (word &- ones &* limit) & ~word
        let delete = word ^ (ones &* 0x7F)
        return (below | ((delete &- ones) & ~delete)) & high
    }

    /// The first up to 32 bytes of a name in four words, with ASCII letters (and, harmlessly, a few other token bytes)
    /// folded to lower case. Names of equal length have equal words exactly when they are equal but for case, if one of
    /// them consists of letters, digits and `-`. Precondition: the range is in bounds and holds 1...32 bytes.
    @inline(__always)
    static func foldedName(_ bytes: Span<UInt8>, _ range: Range<Int>) -> FoldedName {
        precondition(0 <= range.lowerBound && range.upperBound <= bytes.count && range.count <= 32)
        // Sound: the precondition bounds the range, `read` stays inside `count` bytes from the given base.
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let base = unsafe UnsafeRawPointer(buffer.baseAddress) else { return FoldedName() }
            return unsafe read(base + range.lowerBound, count: range.count)
        }
    }

    /// The same for a literal; folded to constants by the optimiser.
    @inline(__always)
    static func foldedName(_ literal: StaticString) -> FoldedName {
        // Sound: a string literal of two or more bytes is immortal and has `utf8CodeUnitCount` bytes at `utf8Start`.
        unsafe read(UnsafeRawPointer(literal.utf8Start), count: literal.utf8CodeUnitCount)
    }

    /// Sound for callers that give a pointer to at least `count` readable bytes; every load below stays inside them.
    @inline(__always)
    private static func read(_ base: UnsafeRawPointer, count: Int) -> FoldedName {
        let fold: UInt64 = 0x2020_2020_2020_2020
        var name = FoldedName()
        if count >= 8 {
            unsafe name.first = base.loadUnaligned(as: UInt64.self) | fold
            unsafe name.last = base.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self) | fold
            if count > 16 { unsafe name.second = base.loadUnaligned(fromByteOffset: 8, as: UInt64.self) | fold }
            if count > 24 { unsafe name.third = base.loadUnaligned(fromByteOffset: 16, as: UInt64.self) | fold }
        } else if count >= 4 {
            let low = unsafe UInt64(base.loadUnaligned(as: UInt32.self))
            let high = unsafe UInt64(base.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
            name.first = (low | high &<< 32) | fold
        } else if count > 0 {
            // One to three bytes: first, middle, last cover them all.
            let low = unsafe UInt64(base.load(as: UInt8.self))
            let middle = unsafe UInt64(base.load(fromByteOffset: count &>> 1, as: UInt8.self))
            let high = unsafe UInt64(base.load(fromByteOffset: count &- 1, as: UInt8.self))
            name.first = (low | middle &<< 8 | high &<< 16) | fold
        }
        return name
    }
}

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

extension Text {
    /// Whether two runs are the same bytes.
    package static func same(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        // Sound: both pointers are used only while their spans are borrowed, for as many bytes as both have.
        return unsafe a.withUnsafeBufferPointer { left in
            unsafe b.withUnsafeBufferPointer { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return true }
                return unsafe memcmp(left, right, a.count) == 0
            }
        }
    }

    /// Whether the bytes at `range` equal the literal, ASCII letters in any case.
    @inlinable
    package static func equal(_ bytes: Span<UInt8>, _ range: Range<Int>, _ literal: StaticString) -> Bool {
        let count = range.count
        guard count == literal.utf8CodeUnitCount else { return false }
        // Sound: the buffer has exactly `count` immortal bytes, is only read, and does not leave the closure.
        return literal.withUTF8Buffer { text in
            for index in 0..<count {
                let byte = ByteClass.lowerCase(bytes[range.lowerBound &+ index])
                guard unsafe byte == ByteClass.lowerCase(text[index]) else { return false }
            }
            return true
        }
    }
}
