/// A number in decimal without leading zeros.
@usableFromInline
struct DecimalText {
    /// As many as the longest number has; those at `range` are the text.
    @usableFromInline var digits = InlineArray<20, UInt8>(repeating: 0x30)
    @usableFromInline var range: Range<Int>

    @inlinable
    init(_ value: UInt64) {
        // From the last digit to the first, because dividing by a constant is a multiplication.
        var start = 20
        var rest = value
        repeat {
            start &-= 1
            digits[start] = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
            rest /= 10
        } while rest > 0
        range = start..<20
    }
}
