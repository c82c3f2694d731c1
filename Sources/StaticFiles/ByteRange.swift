/// What a Range field (RFC 9110 §14.2) asks of a representation.
enum ByteRange: Equatable {
    /// Ignored: another unit, malformed, or several ranges (which a server may ignore, and which cost more than they give).
    case whole
    /// The bytes from `lowerBound` up to, not including, `upperBound`; never empty.
    case part(Range<UInt64>)
    /// 416.
    case unsatisfiable

    /// `size`: bytes of the representation. Of an empty one nothing can be named, and the whole is sent.
    static func parse(_ field: [UInt8], size: UInt64) -> ByteRange {
        guard size > 0, let equals = field.firstIndex(of: UInt8(ascii: "=")),
            isBytesUnit(field[..<equals])
        else { return .whole }
        let specs = field[(equals + 1)...].split(separator: UInt8(ascii: ","))
            .map(trimmed).filter { !$0.isEmpty }
        guard specs.count == 1, let dash = specs[0].firstIndex(of: UInt8(ascii: "-")) else { return .whole }
        let first = specs[0][..<dash]
        let last = specs[0][(dash + 1)...]
        if first.isEmpty {
            guard let suffix = number(last) else { return .whole }
            return suffix == 0 ? .unsatisfiable : .part(size - min(suffix, size)..<size)
        }
        guard let start = number(first) else { return .whole }
        guard !last.isEmpty else { return start < size ? .part(start..<size) : .unsatisfiable }
        // RFC 9110 §14.1.1: a last position before the first makes the field invalid.
        guard let stop = number(last), stop >= start else { return .whole }
        return start < size ? .part(start..<min(stop, size - 1) + 1) : .unsatisfiable
    }

    /// Range units are case-insensitive (RFC 9110 §14.1).
    private static func isBytesUnit(_ unit: ArraySlice<UInt8>) -> Bool {
        unit.count == 5 && zip(unit, "bytes".utf8).allSatisfy { $0 | 0x20 == $1 }
    }

    private static func trimmed(_ spec: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        guard let first = spec.firstIndex(where: { !isBlank($0) }), let last = spec.lastIndex(where: { !isBlank($0) }) else {
            return []
        }
        return spec[first...last]
    }

    /// Digits only; what does not fit is as good as the largest number.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard !digits.isEmpty else { return nil }
        var value: UInt64 = 0
        for byte in digits {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            value = overflow || carry ? .max : sum
        }
        return value
    }
}
