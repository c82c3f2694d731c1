/// A number's decimal digits without leading zeros.
@usableFromInline
struct DecimalDigits {
    /// 20 hold every value; those from `start` on count.
    @usableFromInline var digits = InlineArray<20, UInt8>(repeating: 0x30)
    @usableFromInline var start = 20

    @inlinable
    init(_ value: UInt64) {
        // From the last digit to the first, because dividing by a constant is a multiplication.
        var rest = value
        repeat {
            start &-= 1
            digits[start] = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
            rest /= 10
        } while rest > 0
    }
}
