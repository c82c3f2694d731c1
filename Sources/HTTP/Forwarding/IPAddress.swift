/// An IPv4 or IPv6 address as a number; IPv4-mapped IPv6 (`::ffff:a.b.c.d`) is kept apart only in its spelling.
package struct IPAddress: Equatable, Hashable, Sendable {
    /// The 128 bits, IPv4 in the last 32.
    package let high: UInt64
    package let low: UInt64
    package let isIPv6: Bool

    /// IPv4 from its 32 bits in host order.
    package init(v4 bits: UInt32) {
        self.init(0, UInt64(bits), isIPv6: false)
    }

    /// IPv6 from its two halves; an IPv4-mapped address becomes the IPv4 address it stands for, so that one peer has one
    /// form however its socket was opened.
    package init(v6 high: UInt64, _ low: UInt64) {
        if high == 0, low >> 32 == 0xFFFF {
            self.init(v4: UInt32(truncatingIfNeeded: low))
        } else {
            self.init(high, low, isIPv6: true)
        }
    }

    private init(_ high: UInt64, _ low: UInt64, isIPv6: Bool) {
        self.high = high
        self.low = low
        self.isIPv6 = isIPv6
    }

    /// The base of an IPv6 block, which is none of an IPv4 address even where it begins like one.
    init(block high: UInt64, _ low: UInt64) {
        self.init(high, low, isIPv6: true)
    }

    /// All bits as one number; an IPv4 address is its 32.
    package var number: UInt128 { UInt128(high) << 64 | UInt128(low) }

    /// Reads an address from text: dotted decimal, or RFC 4291 §2.2 text without zone and brackets.
    /// - Returns: nil for any other text.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        self.init(bytes.span, 0..<bytes.count)
    }

    /// Reads an address from the bytes at `range`, as from text; nil if they are none.
    package init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        for index in range where bytes[index] == 0x3A {
            guard let halves = Self.parseV6(bytes, range) else { return nil }
            self.init(v6: halves.0, halves.1)
            return
        }
        guard let bits = Self.parseV4(bytes, range) else { return nil }
        self.init(v4: bits)
    }

    /// Four decimal numbers of one to three digits, without leading zeros (which some read as octal).
    private static func parseV4(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt32? {
        var bits: UInt32 = 0
        var parts = 0
        var index = range.lowerBound
        while parts < 4 {
            let start = index
            var value: UInt32 = 0
            while index < range.upperBound, ByteClass.isDigit(bytes[index]), index - start < 3 {
                value = value * 10 + UInt32(bytes[index] - 0x30)
                index += 1
            }
            guard index > start, value <= 255, index - start == 1 || bytes[start] != 0x30 else { return nil }
            bits = bits << 8 | value
            parts += 1
            if parts < 4 {
                guard index < range.upperBound, bytes[index] == 0x2E else { return nil }
                index += 1
            }
        }
        return index == range.upperBound ? bits : nil
    }

    private static func parseV6(_ bytes: Span<UInt8>, _ range: Range<Int>) -> (UInt64, UInt64)? {
        var groups = Groups()
        var index = range.lowerBound
        let end = range.upperBound
        if end - index >= 2, bytes[index] == 0x3A {
            guard bytes[index + 1] == 0x3A, groups.addGap() else { return nil }
            index += 2
        }
        while index < end {
            guard groups.count < 8 else { return nil }
            let start = index
            var value: UInt16 = 0
            while index < end, index - start < 4, let digit = ByteClass.hexValue(bytes[index]) {
                value = value << 4 | UInt16(digit)
                index += 1
            }
            guard index > start else { return nil }
            if index < end, bytes[index] == 0x2E {
                guard groups.count <= 6, let bits = parseV4(bytes, start..<end) else { return nil }
                groups.add(UInt16(bits >> 16))
                groups.add(UInt16(truncatingIfNeeded: bits))
                break
            }
            groups.add(value)
            if index == end { break }
            guard bytes[index] == 0x3A, index + 1 < end else { return nil }
            index += 1
            if bytes[index] == 0x3A {
                guard groups.addGap() else { return nil }
                index += 1
            }
        }
        return groups.halves
    }

    /// What has been read of an IPv6 address, at most eight groups.
    private struct Groups {
        private var values: [8 of UInt16] = .init(repeating: 0)
        private(set) var count = 0
        /// How many stand before `::`; nil while there is none.
        private var gap: Int?

        mutating func add(_ value: UInt16) {
            values[count] = value
            count += 1
        }

        /// `::`.
        /// - Returns: false if there was one already.
        mutating func addGap() -> Bool {
            guard gap == nil else { return false }
            gap = count
            return true
        }

        /// The address; nil if there are too few groups, or too many for a gap.
        var halves: (UInt64, UInt64)? {
            guard gap == nil ? count == 8 : count < 8 else { return nil }
            let start = gap ?? 8
            var (high, low): (UInt64, UInt64) = (0, 0)
            for position in 0..<8 {
                // Those behind the gap stand at the end.
                let source = position < start ? position : position - (8 - count)
                let group = position < start || source >= start ? values[source] : 0
                if position < 4 { high = high << 16 | UInt64(group) } else { low = low << 16 | UInt64(group) }
            }
            return (high, low)
        }
    }
}

extension IPAddress {
    /// The text of RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as `::`.
    package var text: String {
        var out: [UInt8] = []
        append(to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// Appends `text`.
    package func append(to out: inout [UInt8]) {
        guard isIPv6 else {
            return out.append(addingCapacity: 15) { span in
                span.write(decimal: low >> 24 & 0xFF)
                for shift: UInt64 in stride(from: 16, through: 0, by: -8) {
                    span.write(0x2E)
                    span.write(decimal: low >> shift & 0xFF)
                }
            }
        }
        let run = longestZeroRun
        var position = 0
        while position < 8 {
            if position == run.lowerBound, !run.isEmpty {
                out.append("::")
                position = run.upperBound
                continue
            }
            if position > 0, position != run.upperBound || run.isEmpty { out.append(0x3A) }
            out.append(hex: UInt64(group(position)))
            position += 1
        }
    }

    private func group(_ position: Int) -> UInt16 {
        let half = position < 4 ? high : low
        return UInt16(truncatingIfNeeded: half >> UInt64(48 - position % 4 * 16))
    }

    /// RFC 5952 §4.2.3: the first of the longest runs; §4.2.2: never of one group alone.
    private var longestZeroRun: Range<Int> {
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, group(end) == 0 { end += 1 }
            if end - start > max(1, best.count) { best = start..<end }
            start = end + 1
        }
        return best
    }
}
