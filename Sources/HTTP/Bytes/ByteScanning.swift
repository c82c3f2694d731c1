import Glibc

/// Finding bytes eight at a time, and reading a short name as machine words.
///
/// A head is mostly names and values; looking at each byte alone would be most of the parser's time.
package enum ByteScanning {
    /// The offset of the first byte at or after `start` that may not stand in a field value (RFC 9110 §5.5: C0 controls
    /// but the tab, and DEL), or `end`. Precondition: `start <= end <= bytes.count`, else it traps.
    @inline(__always)
    static func endOfText(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        first(bytes, from: start, to: end, among: { $0.controls(below: 0x20) }, that: ByteClass.isForbiddenInText)
    }

    /// The offset of the first byte from `start` on that ends visible text, or `end`: a space, a control, or DEL.
    @inline(__always)
    static func endOfVisible(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        first(bytes, from: start, to: end, among: { $0.controls(below: 0x21) }, that: { $0 <= 0x20 || $0 == 0x7F })
    }

    /// The offset of the first byte from `start` on that is not one of a token (RFC 9110 §5.6.2), or `end`.
    @inline(__always)
    static func endOfToken(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        first(bytes, from: start, to: end, among: { $0.notLettersOrDashes }, that: { !ByteClass.isToken($0) })
    }

    /// The offset of the first byte from `start` on that is not one of a token in lower case, or `end`.
    @inline(__always)
    static func endOfLowerCaseToken(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        first(bytes, from: start, to: end, among: { $0.notLowerCaseOrDashes }) {
            !ByteClass.isToken($0) || $0 != ByteClass.lowerCase($0)
        }
    }

    /// The offset of the first NUL, CR or LF from `start` on, or `end`.
    @inline(__always)
    static func endOfLineContent(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        first(bytes, from: start, to: end, among: { $0.controls(below: 0x0E) }) {
            $0 == 0 || $0 == ByteClass.lineFeed || $0 == ByteClass.carriageReturn
        }
    }

    /// The offset of the first byte from `start` on that ends a host name: no letter, digit, `-`, `.` or `_`; or `end`.
    @inline(__always)
    static func endOfHostName(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        first(bytes, from: start, to: end, among: { $0.notHostName }, that: { !ByteClass.isHostName($0) })
    }

    /// The offset of the first byte from `start` on that is not a letter, digit, `-` or `/`, or `end`.
    @inline(__always)
    static func endOfPlainPath(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        first(bytes, from: start, to: end, among: { $0.notPlainPath }, that: { !ByteClass.isPlainPath($0) })
    }

    /// The offset of the first byte from `start` on that a quoted text of a log escapes, or `end`: a quote, a backslash, or what
    /// is not printable ASCII.
    @inline(__always)
    static func endOfPlainText(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        first(bytes, from: start, to: end, among: { $0.notPlainText }, that: ByteClass.isEscaped)
    }

    /// Has a quoted text of a log nothing to escape? Most have not, and are short: the last eight bytes are looked at together,
    /// whatever was before.
    @inline(__always)
    static func isPlainText(_ bytes: Span<UInt8>) -> Bool {
        // Sound: no load goes beyond `count` bytes, and the pointer does not leave the closure.
        unsafe bytes.withUnsafeBytes { buffer in
            let count = buffer.count
            guard let base = buffer.baseAddress else { return true }
            if count < 8 {
                var offset = 0
                while offset < count {
                    if ByteClass.isEscaped(unsafe base.load(fromByteOffset: offset, as: UInt8.self)) { return false }
                    offset &+= 1
                }
                return true
            }
            var marked: UInt64 = 0
            var index = 0
            while index &+ 8 < count {
                let word = unsafe base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                marked |= EightBytes(word: UInt64(littleEndian: word)).notPlainText
                index &+= 8
            }
            let last = unsafe base.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
            return marked | EightBytes(word: UInt64(littleEndian: last)).notPlainText == 0
        }
    }

    /// The offset of the first byte from `start` on that is `a` or `b`, or `end`.
    @inline(__always)
    static func firstOf(_ a: UInt8, or b: UInt8, _ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        first(bytes, from: start, to: end, among: { $0.equal(to: a) | $0.equal(to: b) }, that: { $0 == a || $0 == b })
    }

    /// The offset of the first byte that passes `test`, or `end`; `candidates` marks all such bytes, and perhaps others.
    @inline(__always)
    private static func first(
        _ bytes: Span<UInt8>, from start: Int, to end: Int, among candidates: (EightBytes) -> UInt64, that test: (UInt8) -> Bool
    ) -> Int {
        precondition(0 <= start && start <= end && end <= bytes.count)
        // Sound: the precondition bounds every access, and the pointer does not leave the closure.
        return unsafe bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return start }
            var index = start
            while index < end {
                if index &+ 8 <= bytes.count {
                    // Sound: eight bytes from `index` end at or before `bytes.count`; the load needs no alignment.
                    let word = unsafe base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    let marked = candidates(EightBytes(word: UInt64(littleEndian: word)))
                    if marked == 0 {
                        index &+= 8
                        continue
                    }
                    index &+= marked.trailingZeroBitCount &>> 3
                    if index >= end { break }
                }
                // Sound: `index` is below `end`.
                if test(unsafe base.load(fromByteOffset: index, as: UInt8.self)) { return index }
                index &+= 1
            }
            return end
        }
    }

    /// Whether two runs are the same bytes.
    package static func same(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        // Sound: both pointers are used only while their spans are borrowed, for as many bytes as both have.
        return unsafe a.withUnsafeBytes { one in
            unsafe b.withUnsafeBytes { other in
                guard let one = one.baseAddress, let other = other.baseAddress else { return true }
                return unsafe memcmp(one, other, a.count) == 0
            }
        }
    }

    /// A number that runs of the same bytes share. Others may, too, and whoever chooses them can make them.
    package static func fingerprint(_ bytes: Span<UInt8>) -> UInt64 {
        var value = UInt64(truncatingIfNeeded: bytes.count)
        var start = 0
        while start < bytes.count {
            let end = min(start &+ 8, bytes.count)
            value = (value ^ word(bytes, start..<end)) &* 0x9E37_79B9_7F4A_7C15
            value ^= value &>> 32
            start = end
        }
        return value
    }

    /// Whether two runs are equal, ASCII letters in any case.
    static func equal(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        // Sound: the pointers do not leave the closures.
        unsafe a.withUnsafeBytes { one in unsafe b.withUnsafeBytes { other in unsafe equal(one, other) } }
    }

    /// Whether the bytes are those of a literal of two or more bytes, ASCII letters in any case.
    static func equal(_ a: Span<UInt8>, _ literal: StaticString) -> Bool {
        // Sound: such a literal is immortal and has `utf8CodeUnitCount` bytes at `utf8Start`; for the rest as above.
        let other = unsafe UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
        return unsafe a.withUnsafeBytes { unsafe equal($0, other) }
    }

    @inline(__always)
    private static func equal(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        let count = a.count
        guard count == b.count, let one = a.baseAddress, let other = b.baseAddress else { return a.count == b.count }
        var index = 0
        while index &+ 8 < count {
            // Sound: eight bytes from `index` end before `count`.
            let word = unsafe EightBytes(word: one.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let wanted = unsafe EightBytes(word: other.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            guard word.lowerCase == wanted.lowerCase else { return false }
            index &+= 8
        }
        // Sound: what is left are `count - index` bytes, at most eight.
        let word = unsafe EightBytes(word: word(one + index, count: count &- index))
        let wanted = unsafe EightBytes(word: self.word(other + index, count: count &- index))
        return word.lowerCase == wanted.lowerCase
    }

    /// The bytes at `range`, at most eight, as a word; of equal lengths, different bytes make different words.
    @inline(__always)
    static func word(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        precondition(0 <= range.lowerBound && range.upperBound <= bytes.count && range.count <= 8)
        // Sound: the precondition bounds the range.
        return unsafe bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            return unsafe word(base + range.lowerBound, count: range.count)
        }
    }

    /// What the other `word` gives, for a literal of two to eight bytes; folded to a constant by the optimiser.
    @inline(__always)
    static func word(_ literal: StaticString) -> UInt64 {
        // Sound: a string literal of two or more bytes is immortal and has `utf8CodeUnitCount` bytes at `utf8Start`.
        unsafe word(UnsafeRawPointer(literal.utf8Start), count: literal.utf8CodeUnitCount)
    }

    /// The bytes of a literal of two to eight bytes, the first one lowest; folded to a constant by the optimiser.
    @inline(__always)
    static func lowBytes(_ literal: StaticString) -> UInt64 {
        var word: UInt64 = 0
        for index in 0..<min(8, literal.utf8CodeUnitCount) {
            // Sound: as above, and `index` is below the count.
            word |= unsafe UInt64(literal.utf8Start[index]) &<< UInt64(8 &* index)
        }
        return word
    }

    /// The first up to 32 bytes of a name in four words, with ASCII letters (and, harmlessly, a few other token bytes)
    /// folded to lower case. Names of equal length have equal words exactly when they are equal but for case, if one of
    /// them consists of letters, digits and `-` and the other has no control byte, which would become one of these.
    /// Precondition: the range is in bounds and holds at most 32 bytes.
    @inline(__always)
    static func foldedName(_ bytes: Span<UInt8>, _ range: Range<Int>) -> FoldedName {
        precondition(0 <= range.lowerBound && range.upperBound <= bytes.count && range.count <= 32)
        // Sound: the precondition bounds the range, `read` stays inside `count` bytes from the given base.
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let base = unsafe UnsafeRawPointer(buffer.baseAddress) else { return FoldedName() }
            return unsafe read(base + range.lowerBound, count: range.count)
        }
    }

    /// What the other `foldedName` gives, for a literal; folded to constants by the optimiser.
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
        } else {
            unsafe name.first = word(base, count: count) | fold
        }
        return name
    }

    /// Likewise, for at most eight bytes.
    @inline(__always)
    private static func word(_ base: UnsafeRawPointer, count: Int) -> UInt64 {
        if count == 8 { return unsafe base.loadUnaligned(as: UInt64.self) }
        if count >= 4 {
            let low = unsafe UInt64(base.loadUnaligned(as: UInt32.self))
            let high = unsafe UInt64(base.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
            return low | high &<< 32
        }
        if count == 0 { return 0 }
        // One to three bytes: first, middle, last cover them all.
        let low = unsafe UInt64(base.load(as: UInt8.self))
        let middle = unsafe UInt64(base.load(fromByteOffset: count &>> 1, as: UInt8.self))
        let high = unsafe UInt64(base.load(fromByteOffset: count &- 1, as: UInt8.self))
        return low | middle &<< 8 | high &<< 16
    }
}
