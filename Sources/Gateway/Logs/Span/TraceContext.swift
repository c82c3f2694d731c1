import HTTP

/// Which trace an exchange belongs to, and its place there (W3C Trace Context).
struct TraceContext: Sendable {
    let high: UInt64
    let low: UInt64
    /// Whose work it is a part of; 0 if the trace begins here.
    let parent: UInt64
    /// The identifier of the exchange's span.
    let span: UInt64
    /// The identifier of the span of what an upstream is asked.
    let upstreamSpan: UInt64
    let isSampled: Bool

    /// Goes on with a trace that a request names.
    /// - Parameter field: `traceparent`.
    /// - Returns: nil if it names none, in which case a new one begins (§2.3 of the recommendation).
    init?(continuing field: [UInt8], span: UInt64, upstreamSpan: UInt64) {
        // version "-" trace-id "-" parent-id "-" trace-flags; a later version may have more behind another dash.
        guard field.count >= 55, field[2] == Self.dash, field[35] == Self.dash, field[52] == Self.dash,
            let version = Self.number(field[0..<2]), version != 0xFF,
            field.count == 55 || version > 0 && field[55] == Self.dash, let high = Self.number(field[3..<19]),
            let low = Self.number(field[19..<35]), high | low != 0, let parent = Self.number(field[36..<52]), parent != 0,
            let flags = Self.number(field[53..<55])
        else { return nil }
        self.init(
            high: high, low: low, parent: parent, span: span, upstreamSpan: upstreamSpan, isSampled: flags & 1 == 1)
    }

    init(high: UInt64, low: UInt64, parent: UInt64 = 0, span: UInt64, upstreamSpan: UInt64, isSampled: Bool) {
        (self.high, self.low, self.parent) = (high, low, parent)
        (self.span, self.upstreamSpan, self.isSampled) = (span, upstreamSpan, isSampled)
    }

    private static let dash = UInt8(ascii: "-")

    /// Lower-case hexadecimal, as the recommendation wants it; nil if it is none.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for digit in digits {
            switch digit {
            case 0x30...0x39: number = number &<< 4 | UInt64(digit - 0x30)
            case 0x61...0x66: number = number &<< 4 | UInt64(digit - 0x57)
            default: return nil
            }
        }
        return number
    }

    static func append(hex value: UInt64, to out: inout [UInt8]) {
        out.append(guessing: 24) { $0.write(wholeHex: value) }
    }

    func appendTrace(to out: inout [UInt8]) {
        out.append(guessing: 40) { writeTrace(to: &$0) }
    }

    func writeTrace(to out: inout OutputSpan<UInt8>) {
        out.write(wholeHex: high)
        out.write(wholeHex: low)
    }

    /// Appends the line of `traceparent` for the upstream, with its end.
    func appendLine(to out: inout [UInt8]) {
        out.append(addingCapacity: 70) { out in
            out.write("traceparent: 00-")
            writeTrace(to: &out)
            out.write("-")
            out.write(wholeHex: upstreamSpan)
            out.write(isSampled ? "-01\r\n" : "-00\r\n")
        }
    }
}
