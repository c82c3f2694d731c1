/// Comparing and trimming runs of bytes as HTTP does.
@usableFromInline
package enum Text {
    /// Whether two runs are equal, ASCII letters in any case.
    package static func equal(_ a: Span<UInt8>, _ first: Range<Int>, _ b: Span<UInt8>, _ second: Range<Int>) -> Bool {
        first.count == second.count && ByteScanning.equal(a.extracting(first), b.extracting(second))
    }

    /// Whether the bytes at `range` equal the literal, ASCII letters in any case.
    @inline(__always)
    package static func equal(_ bytes: Span<UInt8>, _ range: Range<Int>, _ literal: StaticString) -> Bool {
        range.count == literal.utf8CodeUnitCount && ByteScanning.equal(bytes.extracting(range), literal)
    }

    /// Whether two field names are the same to programs that make names of variables of them: see `ByteClass.asVariable`.
    package static func sameVariable(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        for index in 0..<a.count where ByteClass.asVariable(a[index]) != ByteClass.asVariable(b[index]) { return false }
        return true
    }

    /// What `sameVariable` says, with a literal for the other name.
    package static func isVariable(_ name: Span<UInt8>, _ literal: StaticString) -> Bool {
        let other = Array(literal.description.utf8)
        return sameVariable(name, other.span)
    }

    /// Where the line ends that goes on at `start`: the offset of the next CR, or of the end of `bytes`.
    package static func endOfLine(_ bytes: Span<UInt8>, from start: Int) -> Int {
        ByteScanning.firstOf(ByteClass.carriageReturn, or: ByteClass.carriageReturn, bytes, from: start, to: bytes.count)
    }

    /// The range without spaces and tabs at its ends.
    package static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, ByteClass.isBlank(bytes[start]) { start += 1 }
        while end > start, ByteClass.isBlank(bytes[end - 1]) { end -= 1 }
        return start..<end
    }

    /// Whether the range is a non-empty token (RFC 9110 §5.6.2).
    package static func isToken(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        !range.isEmpty && ByteScanning.endOfToken(bytes, from: range.lowerBound, to: range.upperBound) == range.upperBound
    }

    /// Whether the range is a non-empty token without capital letters: a field's name in HTTP/2 (RFC 9113 §8.2.1).
    package static func isLowerCaseToken(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let end = range.upperBound
        return !range.isEmpty && ByteScanning.endOfLowerCaseToken(bytes, from: range.lowerBound, to: end) == end
    }

    /// Whether none of the bytes is NUL, CR or LF.
    package static func isWithinLine(_ bytes: Span<UInt8>) -> Bool {
        ByteScanning.endOfLineContent(bytes, from: 0, to: bytes.count) == bytes.count
    }

    /// Whether all bytes at the range are visible: no space, no control, no DEL.
    package static func isVisible(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        ByteScanning.endOfVisible(bytes, from: range.lowerBound, to: range.upperBound) == range.upperBound
    }

    /// The number that the range spells in at most `maxDigits` (up to 18) decimal digits and nothing else.
    package static func decimal(_ bytes: Span<UInt8>, _ range: Range<Int>, maxDigits: Int) -> UInt64? {
        guard !range.isEmpty, range.count <= min(maxDigits, 18) else { return nil }
        var number: UInt64 = 0
        for index in range {
            guard ByteClass.isDigit(bytes[index]) else { return nil }
            // Eighteen digits fit.
            number = number &* 10 &+ UInt64(bytes[index] &- 0x30)
        }
        return number
    }
}
