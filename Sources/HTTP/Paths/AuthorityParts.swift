/// Where the parts of `host[:port]` (RFC 9110 §4.2 and RFC 3986 §3.2, without user information) lie in someone else's bytes. A
/// colon without a port behind it says no more than none (RFC 3986 §3.2.3).
package struct AuthorityParts: Sendable, Equatable {
    /// Offsets of the host, without the brackets of an IPv6 literal.
    package let host: Range<Int>
    package let port: UInt16?
    package let isIPv6: Bool

    /// What to write of an authority that was read from `range`: all but a colon that no port follows (RFC 3986 §6.2.3).
    func normal(_ range: Range<Int>) -> Range<Int> {
        port == nil ? range.lowerBound..<(isIPv6 ? host.upperBound + 1 : host.upperBound) : range
    }

    /// Checks the bytes at `range`; nil if they are not a host with an optional port.
    package init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        guard let first = range.first else { return nil }
        var end: Int
        if bytes[first] == 0x5B {
            end = first + 1
            while end < range.upperBound, bytes[end] != 0x5D { end += 1 }
            let literal = first + 1..<end
            // An IPv4-mapped one (`[::ffff:192.0.2.1]`) is one as well, though it stands for an IPv4 address.
            guard end < range.upperBound, literal.contains(where: { bytes[$0] == 0x3A }), IPAddress(bytes, literal) != nil else {
                return nil
            }
            host = literal
            isIPv6 = true
            end += 1
        } else {
            // RFC 3986 §3.2.2 reg-name, without escapes and without the sub-delims that no host name has.
            end = ByteScanning.endOfHostName(bytes, from: first, to: range.upperBound)
            guard end > first, end - first <= 255, bytes[first] != 0x2E else { return nil }
            host = first..<end
            isIPv6 = false
        }
        if end == range.upperBound || (end == range.upperBound - 1 && bytes[end] == 0x3A) {
            port = nil
        } else {
            guard bytes[end] == 0x3A, let number = Self.port(bytes, end + 1..<range.upperBound) else { return nil }
            port = number
        }
    }

    /// 1...65535.
    private static func port(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt16? {
        guard let number = Text.decimal(bytes, range, maxDigits: 5), number > 0 else { return nil }
        return UInt16(exactly: number)
    }
}
