/// Classes of bytes from the grammars of RFC 9110 and RFC 3986, as bit masks: no table, so nothing to initialise.
@usableFromInline
package enum ByteClass {
    @inlinable @inline(__always)
    package static var tab: UInt8 { 0x09 }

    @inlinable @inline(__always)
    package static var lineFeed: UInt8 { 0x0A }

    @inlinable @inline(__always)
    package static var carriageReturn: UInt8 { 0x0D }

    @inlinable @inline(__always)
    package static var space: UInt8 { 0x20 }

    /// RFC 9110 §5.6.2 `tchar`: what field names, methods and list tokens consist of.
    @inlinable @inline(__always)
    package static func isToken(_ byte: UInt8) -> Bool {
        // Bits of 0x00...0x3F: ! # $ % & ' * + - . 0-9; of 0x40...0x7F: A-Z ^ _ ` a-z | ~
        contains(byte, 0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)
    }

    /// RFC 3986 §2.3 `unreserved`: letters, digits and `- . _ ~`; escaping these changes nothing.
    @inlinable @inline(__always)
    package static func isUnreserved(_ byte: UInt8) -> Bool {
        contains(byte, 0x03FF_6000_0000_0000, 0x47FF_FFFE_87FF_FFFE)
    }

    /// RFC 3986 §3.3 `pchar` without `%`, and `/`: what may stand unescaped in a path.
    @inlinable @inline(__always)
    package static func isPath(_ byte: UInt8) -> Bool {
        // unreserved, sub-delims ! $ & ' ( ) * + , ; = and : @ /
        contains(byte, 0x2FFF_FFD2_0000_0000, 0x47FF_FFFE_87FF_FFFF)
    }

    /// Letters, digits, `-`, `.` and the `_` that real host names have.
    @inlinable @inline(__always)
    package static func isHostName(_ byte: UInt8) -> Bool {
        contains(byte, 0x03FF_6000_0000_0000, 0x07FF_FFFE_87FF_FFFE)
    }

    /// Letters, digits, `-` and `/`: most of most paths, and the same in whatever form.
    @inlinable @inline(__always)
    package static func isPlainPath(_ byte: UInt8) -> Bool {
        contains(byte, 0x03FF_A000_0000_0000, 0x07FF_FFFE_07FF_FFFE)
    }

    /// A byte that may not stand in a field value or a line: C0 controls but the tab, and DEL (RFC 9110 §5.5).
    @inlinable @inline(__always)
    package static func isForbiddenInText(_ byte: UInt8) -> Bool {
        (byte < 0x20 && byte != tab) || byte == 0x7F
    }

    /// Not printable ASCII, a quote, or a backslash: what a log escapes in a text that a peer has sent.
    @inlinable @inline(__always)
    package static func isEscaped(_ byte: UInt8) -> Bool { byte &- 0x20 >= 0x5F || byte == 0x22 || byte == 0x5C }

    /// `0` to `9`, RFC 5234 appendix B.1.
    @inlinable @inline(__always)
    package static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// `A` to `Z` in either case, RFC 5234 appendix B.1.
    @inlinable @inline(__always)
    package static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

    /// Optional white space, RFC 9110 §5.6.3.
    @inlinable @inline(__always)
    package static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    /// ASCII lower case; every other byte is itself.
    @inlinable @inline(__always)
    package static func lowerCase(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// The byte of a field's name as programs know it that make the name of a variable of it: letters in one case, and one byte
    /// for all that is neither letter nor digit. CGI (RFC 3875 §4.1.18) and WSGI take `-` and `_` for one, PHP `.` besides,
    /// lighttpd every other byte of a token.
    package static func asVariable(_ byte: UInt8) -> UInt8 { isLetter(byte) || isDigit(byte) ? lowerCase(byte) : 0x2D }

    /// The value of a hexadecimal digit, or nil.
    @inlinable @inline(__always)
    package static func hexValue(_ byte: UInt8) -> UInt8? {
        if byte &- 0x30 < 10 { return byte &- 0x30 }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    /// The digit for a value below 16.
    @inlinable @inline(__always)
    package static func hexDigit(_ value: UInt8, upperCase: Bool) -> UInt8 {
        value < 10 ? value &+ 0x30 : value &- 10 &+ (upperCase ? 0x41 : 0x61)
    }

    /// Is the byte in a set of ASCII? `low` has a bit for each of 0x00 to 0x3F, `high` for 0x40 to 0x7F; no byte above is in it.
    @inlinable @inline(__always)
    package static func contains(_ byte: UInt8, _ low: UInt64, _ high: UInt64) -> Bool {
        let mask = byte < 0x40 ? low : high
        return byte < 0x80 && (mask &>> UInt64(byte & 0x3F)) & 1 != 0
    }
}
