/// What a Range field (RFC 9110 §14.2) asks of a representation.
package enum ByteRange: Equatable {
    /// Ignored: another unit, malformed, or more ranges than `limit`.
    case whole
    /// The bytes from `lowerBound` up to, not including, `upperBound`; never empty.
    case part(Range<UInt64>)
    /// Several, as they were asked for; none touches another.
    case parts([Range<UInt64>])
    /// 416.
    case unsatisfiable

    /// RFC 9110 §17.15: many small ranges cost more than they give. Readers of documents ask for a few.
    static let limit = 16

    /// `size`: bytes of the representation. Of an empty one nothing can be named, and the whole is sent.
    package static func parse(_ field: [UInt8], size: UInt64) -> ByteRange {
        guard size > 0, let equals = field.firstIndex(of: UInt8(ascii: "=")),
            isBytesUnit(field[..<equals])
        else { return .whole }
        let specs = field[(equals + 1)...].split(separator: UInt8(ascii: ","))
            .map(trimmed).filter { !$0.isEmpty }
        guard specs.count <= limit else { return .whole }
        var parts: [Range<UInt64>] = []
        for spec in specs {
            switch one(spec, size: size) {
            case .part(let range): add(range, to: &parts)
            // RFC 9110 §14.1.2: those are left out that cannot be satisfied, as long as one can.
            case .unsatisfiable: break
            case .whole, .parts: return .whole
            }
        }
        guard let first = parts.first else { return specs.isEmpty ? .whole : .unsatisfiable }
        return parts.count == 1 ? .part(first) : .parts(parts)
    }

    /// RFC 9110 §15.3.7.2: those that overlap or follow each other become one, so no byte is sent twice.
    private static func add(_ range: Range<UInt64>, to parts: inout [Range<UInt64>]) {
        var joined = range
        var index = parts.count
        while let other = parts.firstIndex(where: { $0.lowerBound <= joined.upperBound && joined.lowerBound <= $0.upperBound }) {
            joined = min(joined.lowerBound, parts[other].lowerBound)..<max(joined.upperBound, parts[other].upperBound)
            parts.remove(at: other)
            index = min(index, other)
        }
        parts.insert(joined, at: min(index, parts.count))
    }

    /// One of the list.
    private static func one(_ spec: ArraySlice<UInt8>, size: UInt64) -> ByteRange {
        guard let dash = spec.firstIndex(of: UInt8(ascii: "-")) else { return .whole }
        let first = spec[..<dash]
        let last = spec[(dash + 1)...]
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
