/// Writing a head as a few dozen short runs into room that is opened once, so that a literal costs hardly more than its stores.
///
/// What does not fit fills the room up, and nothing else happens: whoever opened it then finds it full and begins anew with more
/// (`Buffer.append(writing:)`, `Array.append(guessing:)`).
extension OutputSpan<UInt8> {
    /// Writes one byte.
    @inlinable @inline(__always)
    package mutating func write(_ byte: UInt8) {
        if !isFull { append(byte) }
    }

    /// Writes all of `bytes`.
    @inlinable @inline(__always)
    package mutating func write(_ bytes: Span<UInt8>) {
        // Sound: the pointer is used only inside the closure, while the span's owner is borrowed.
        unsafe bytes.withUnsafeBytes { unsafe write(from: $0) }
    }

    /// Writes the bytes of `bytes` at the offsets `range`; traps when the range is not inside the span.
    @inlinable @inline(__always)
    package mutating func write(_ bytes: Span<UInt8>, _ range: Range<Int>) { write(bytes.extracting(range)) }

    /// Writes all of `bytes`.
    @inlinable @inline(__always)
    package mutating func write(_ bytes: [UInt8]) { write(bytes.span) }

    /// Writes the bytes of `bytes` at the offsets `range`; traps when the range is not inside the array.
    @inline(__always)
    mutating func write(_ bytes: [UInt8], _ range: Range<Int>) { write(bytes.span, range) }

    /// Writes the UTF-8 of a literal of two or more bytes, or of none.
    @inlinable @inline(__always)
    package mutating func write(_ literal: StaticString) {
        // Sound: a string literal that is no single scalar is immortal and has `utf8CodeUnitCount` bytes at `utf8Start`.
        unsafe write(from: UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    /// Writes all of `bytes`, their ASCII letters in lower case.
    package mutating func write(lowerCase bytes: Span<UInt8>) {
        var index = 0
        while index &+ 8 <= bytes.count {
            write(EightBytes(word: ByteScanning.word(bytes, index..<index &+ 8)).lowerCase)
            index &+= 8
        }
        while index < bytes.count {
            write(ByteClass.lowerCase(bytes[index]))
            index &+= 1
        }
    }

    @inline(__always)
    mutating func write(_ eight: EightBytes) {
        // Sound: the word is eight bytes, read only inside the closure.
        unsafe withUnsafeBytes(of: eight.word.littleEndian) { unsafe write(from: $0) }
    }

    /// Writes `value` in decimal without leading zeros.
    package mutating func write(decimal value: UInt64) {
        if value < 10 { return write(UInt8(truncatingIfNeeded: value) &+ 0x30) }
        // Most others are a status or a short length.
        if value < 1000 {
            if value >= 100 { write(UInt8(truncatingIfNeeded: value / 100) &+ 0x30) }
            write(UInt8(truncatingIfNeeded: value / 10 % 10) &+ 0x30)
            return write(UInt8(truncatingIfNeeded: value % 10) &+ 0x30)
        }
        let number = DecimalDigits(value)
        write(number.digits.span, number.start..<20)
    }

    /// Writes `value` in lower-case hexadecimal without leading zeros (the form of a chunk size).
    mutating func write(hex value: UInt64) {
        var shift = Swift.max(0, 60 - value.leadingZeroBitCount / 4 * 4)
        while shift >= 0 {
            write(ByteClass.hexDigit(UInt8(truncatingIfNeeded: value &>> UInt64(shift)) & 0x0F, upperCase: false))
            shift -= 4
        }
    }

    /// Sound for a source that is readable and does not overlap the room, which is held exclusively.
    @inlinable @inline(__always)
    mutating func write(from source: UnsafeRawBufferPointer) {
        unsafe withUnsafeMutableBufferPointer { room, count in
            // Sound: a source that is copied whole ends inside the room.
            guard let start = source.baseAddress, let base = room.baseAddress, source.count <= room.count &- count else {
                return unsafe Self.fill(room, &count, from: source)
            }
            unsafe UnsafeMutableRawPointer(base + count).copyMemory(from: start, byteCount: source.count)
            count &+= source.count
        }
    }

    /// Copies as much of `source` as the room takes.
    /// - Parameter count: bytes of the room that are filled; it grows by what is copied.
    @usableFromInline @inline(never)
    static func fill(_ room: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int, from source: UnsafeRawBufferPointer) {
        let length = Swift.min(source.count, room.count - count)
        // Sound: `length` bounds the offsets in both buffers, and the bytes are trivial.
        for index in 0..<length { unsafe room[count + index] = source[index] }
        count += length
    }
}

extension MutableSpan<UInt8> {
    /// Copies the bytes of `bytes` at the offsets `range`; traps when the range is not inside the span, or what is copied not
    /// inside this one.
    /// - Parameter start: where the first of them comes to stand.
    @inlinable @inline(__always)
    package mutating func copy(_ bytes: Span<UInt8>, _ range: Range<Int>, to start: Int) {
        let part = bytes.extracting(range)
        precondition(start >= 0 && start <= count && part.count <= count &- start)
        // Sound: both pointers are used only inside the closures, and the room has been looked at.
        unsafe withUnsafeMutableBytes { room in
            unsafe part.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(rebasing: room[start...]).copyMemory(from: $0) }
        }
    }
}

extension [UInt8] {
    /// Appends what `write` writes. `room` is a guess; where it is too small, all is written again into more, so `write`
    /// must do the same each time.
    @inlinable @inline(__always)
    package mutating func append(guessing room: Int, _ write: (inout OutputSpan<UInt8>) -> Void) {
        var room = room
        var isWhole = false
        while !isWhole {
            append(addingCapacity: room) { output in
                write(&output)
                isWhole = !output.isFull
                if !isWhole { output.removeAll() }
            }
            room = room &* 2 &+ 64
        }
    }
}
