/// Content codings that we can offer (RFC 9110 §8.4.1).
package enum ContentCoding: UInt8, Sendable, CaseIterable {
    case identity, gzip, brotli, zstd

    /// The name in `Content-Encoding`.
    package var name: StaticString {
        switch self {
        case .identity: "identity"
        case .gzip: "gzip"
        case .brotli: "br"
        case .zstd: "zstd"
        }
    }
}

extension ContentCoding {
    /// What the names of files end with that hold a coding's bytes, without the dot; nil for identity.
    package var fileSuffix: String? {
        switch self {
        case .identity: nil
        case .gzip: "gz"
        case .brotli: "br"
        case .zstd: "zst"
        }
    }

    /// The coding whose name in `Content-Encoding` this is.
    package init?(name: String) {
        guard let coding = Self.allCases.first(where: { $0.name.description == name }) else { return nil }
        self = coding
    }
}

/// `Accept-Encoding`, RFC 9110 §12.5.3: which codings the client takes, and how gladly.
package struct AcceptEncoding: Sendable, Equatable {
    /// Weights in thousandths by coding; nil where it was not named.
    private var weights: [4 of UInt16?] = .init(repeating: nil)
    private var wildcard: UInt16?
    private var isPresent = false

    /// As of a request without the field.
    package init() {}

    /// Reads all lines of the field; malformed members count as not there, and of two for one coding the first counts.
    package init(_ fields: borrowing FieldSection) {
        isPresent = fields.contains(.acceptEncoding)
        guard isPresent else { return }
        let span = fields.bytes.span
        for line in fields.lines where line.known == .acceptEncoding { readList(span, line.value) }
    }

    /// Reads a field's value, its lines joined by commas.
    package init(_ value: Span<UInt8>) {
        isPresent = true
        readList(value, 0..<value.count)
    }

    private mutating func readList(_ span: Span<UInt8>, _ range: Range<Int>) {
        var members = ListMembers(range)
        while let member = members.next(span) { read(span, member) }
    }

    private mutating func read(_ span: Span<UInt8>, _ member: Range<Int>) {
        var parts = ListMembers(member)
        guard let name = parts.next(span, separator: 0x3B) else { return }
        var weight: UInt16 = 1000
        if let parameter = parts.next(span, separator: 0x3B) {
            // RFC 9110 §12.4.2: a weight is all that may follow a coding.
            guard let value = Self.weight(span, parameter), parts.next(span, separator: 0x3B) == nil else { return }
            weight = value
        }
        if name.count == 1, span[name.lowerBound] == 0x2A {
            wildcard = wildcard ?? weight
        } else if let coding = Self.coding(span, name) {
            weights[Int(coding.rawValue)] = weights[Int(coding.rawValue)] ?? weight
        }
    }

    static func coding(_ span: Span<UInt8>, _ name: Range<Int>) -> ContentCoding? {
        // RFC 9110 §8.4.1.3: x-gzip is the same.
        if Text.equal(span, name, "gzip") || Text.equal(span, name, "x-gzip") { return .gzip }
        if Text.equal(span, name, "br") { return .brotli }
        if Text.equal(span, name, "zstd") { return .zstd }
        return Text.equal(span, name, "identity") ? .identity : nil
    }

    /// RFC 9110 §12.4.2: `q=` and 0 to 1 with up to three decimals, in thousandths.
    private static func weight(_ span: Span<UInt8>, _ range: Range<Int>) -> UInt16? {
        guard 3...7 ~= range.count, ByteClass.lowerCase(span[range.lowerBound]) == 0x71, span[range.lowerBound + 1] == 0x3D
        else { return nil }
        let whole = span[range.lowerBound + 2]
        guard whole == 0x30 || whole == 0x31 else { return nil }
        var weight: UInt16 = whole == 0x31 ? 1000 : 0
        var scale: UInt16 = 100
        var index = range.lowerBound + 3
        if index < range.upperBound {
            guard span[index] == 0x2E else { return nil }
            index += 1
        }
        while index < range.upperBound {
            guard ByteClass.isDigit(span[index]) else { return nil }
            weight += UInt16(span[index] - 0x30) * scale
            scale /= 10
            index += 1
        }
        return weight <= 1000 ? weight : nil
    }

    /// Does the field take this coding, whichever it is, by its name or by `*`?
    /// - Parameter coding: in lower case.
    static func takes(_ coding: [UInt8], in fields: borrowing FieldSection) -> Bool {
        let span = fields.bytes.span
        var wildcard = false
        for line in fields.lines where line.known == .acceptEncoding {
            var members = ListMembers(line.value)
            while let member = members.next(span) {
                var parts = ListMembers(member)
                guard let name = parts.next(span, separator: 0x3B) else { continue }
                let isTaken = parts.next(span, separator: 0x3B).map { (weight(span, $0) ?? 0) > 0 } ?? true
                if Text.equal(span, name, coding.span, 0..<coding.count) { return isTaken }
                if Text.equal(span, name, "*") { wildcard = isTaken }
            }
        }
        return wildcard
    }

    /// How gladly the client takes this coding: 0 (not at all) to 1000.
    package func weight(of coding: ContentCoding) -> Int {
        if let weight = weights[Int(coding.rawValue)] { return Int(weight) }
        // RFC 9110 §12.5.3 (2): identity is acceptable unless excluded by name, or by `*` with 0.
        if coding == .identity { return wildcard == 0 ? 0 : 1 }
        return Int(wildcard ?? 0)
    }

    /// The best of the `offered` codings: the highest weight, on a tie the first offered; identity when nothing else is
    /// acceptable. nil when the client excludes identity and takes nothing that is offered: then 406 may be answered, or
    /// identity sent all the same.
    package func choose(among offered: [ContentCoding]) -> ContentCoding? {
        // RFC 9110 §12.5.3 (1): without the field any coding is acceptable; plain is what every client reads.
        guard isPresent else { return .identity }
        var best: ContentCoding?
        var bestWeight = 0
        for coding in offered where weight(of: coding) > bestWeight {
            best = coding
            bestWeight = weight(of: coding)
        }
        let plain = weight(of: .identity)
        if plain > bestWeight { return .identity }
        return best
    }

    package static func == (one: AcceptEncoding, other: AcceptEncoding) -> Bool {
        ContentCoding.allCases.allSatisfy { one.weight(of: $0) == other.weight(of: $0) } && one.isPresent == other.isPresent
    }
}
