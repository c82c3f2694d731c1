/// Appending runs of bytes to an output buffer by one copy each.
///
/// The output buffers of the data path are plain arrays that are kept and reused; an answer of our own or a log line is written
/// into them as a few dozen runs, so each run must cost one capacity check and one `memcpy`. For what is forwarded that is too
/// much: see `HeadWriting.swift`.
extension [UInt8] {
    /// Appends all of `bytes`.
    @inlinable
    package mutating func append(_ bytes: Span<UInt8>) {
        // With nothing to add, an array without storage of its own would have its count written into what all such arrays share:
        // a race with every other thread (Swift 6.3.1).
        if !bytes.isEmpty { append(addingCapacity: bytes.count) { $0.write(bytes) } }
    }

    /// Appends the bytes of `bytes` at the offsets `range`; traps when the range is not inside the span.
    @inlinable
    package mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        append(bytes.extracting(range))
    }

    /// Appends the bytes of `bytes` at the offsets `range`; traps when the range is not inside the array.
    @inlinable
    package mutating func append(_ bytes: [UInt8], _ range: Range<Int>) {
        append(bytes.span.extracting(range))
    }

    /// Holds all of `bytes` and nothing else, in the storage that it has if they fit.
    package mutating func replaceAll(with bytes: Span<UInt8>) {
        // As above.
        guard !bytes.isEmpty else { return isEmpty ? () : removeAll(keepingCapacity: true) }
        // Sound: the pointer is used only inside the closure, while the span's owner is borrowed.
        unsafe bytes.withUnsafeBufferPointer { unsafe replaceSubrange(indices, with: $0) }
    }

    /// Appends the UTF-8 of a literal.
    @inlinable
    package mutating func append(_ literal: StaticString) {
        // Sound: a static string with a pointer representation points to `utf8CodeUnitCount` immortal bytes; the other
        // representation (one scalar) is never chosen for a string literal of two or more bytes, and `withUTF8Buffer`
        // covers it as well.
        literal.withUTF8Buffer { unsafe self.append(contentsOf: $0) }
    }

    /// Appends `value` in decimal without leading zeros.
    @inlinable
    package mutating func append(decimal value: UInt64) {
        let number = DecimalDigits(value)
        append(number.digits.span, number.start..<20)
    }

    /// Appends `value` in lower-case hexadecimal without leading zeros (the form of a chunk size).
    @inlinable
    package mutating func append(hex value: UInt64) {
        var shift = Swift.max(0, 60 - value.leadingZeroBitCount / 4 * 4)
        while shift >= 0 {
            append(ByteClass.hexDigit(UInt8(truncatingIfNeeded: value &>> UInt64(shift)) & 0x0F, upperCase: false))
            shift -= 4
        }
    }
}
