/// A stored answer as the bytes of a file: what it is of, its head, and its body. Whatever bytes a file has, it is read as the
/// answer that was written, or as none.
package struct AnswerFile: Equatable, Sendable {
    package var key: CacheKey
    /// The values of the request that the answer was made for, as `VaryingFields.values` writes them.
    package var values: [UInt8]
    package var times: CachedTimes
    /// The head as `StoredHead` writes it.
    package var head: [UInt8]

    package init(key: CacheKey, values: [UInt8], times: CachedTimes, head: [UInt8]) {
        self.key = key
        self.values = values
        self.times = times
        self.head = head
    }

    /// What a file begins with; the digit is this form's.
    private static let mark = Array("GHanswr1".utf8)
    /// Mark, length of the label, length of the body, sum of both and of the label, sum of the body.
    package static let prefix = 8 + 4 + 8 + 8 + 8
    /// Seconds that a point in time or a span of it may be in a file: tens of thousands of years.
    private static let maxSeconds: UInt64 = 1 << 40
    /// Bytes of what comes between prefix and body: no head and no target is longer.
    private static let maxLabelBytes = 4 << 20

    // MARK: Writing

    /// All bytes of the file.
    package func bytes(body: [UInt8]) -> [UInt8] {
        var label: [UInt8] = []
        label.append(number: key.route, bytes: 8)
        label.append(number: UInt64(bitPattern: times.requested), bytes: 8)
        label.append(number: UInt64(bitPattern: times.received), bytes: 8)
        label.append(number: times.lifetime, bytes: 8)
        label.append(number: times.initialAge, bytes: 8)
        for text in [key.target, values, head] {
            label.append(number: UInt64(text.count), bytes: 4)
            label += text
        }
        var out = Self.mark
        out.append(number: UInt64(label.count), bytes: 4)
        out.append(number: UInt64(body.count), bytes: 8)
        let sum = Self.sum(body)
        out.append(number: Self.sum(Array(out[8...]) + label, seed: sum), bytes: 8)
        out.append(number: sum, bytes: 8)
        out.reserveCapacity(out.count + label.count + body.count)
        out += label
        out += body
        return out
    }

    /// The sum finds what a disk has spoiled, or what never came to it; it is no defence against who can write there.
    private static func sum(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
        var hash = FNV1a(seed: seed)
        hash.combine(bytes)
        return hash.value
    }

    // MARK: Reading

    /// Bytes of a file's label, by its first `prefix` bytes; nil if it is none of ours.
    package static func labelLength(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= prefix, bytes.starts(with: mark) else { return nil }
        var reader = Reader(bytes: bytes, offset: 8)
        guard let length = reader.number(4), length <= maxLabelBytes else { return nil }
        return Int(length)
    }

    /// Reads the beginning of a file, label and all.
    /// - Parameters:
    ///   - bytes: at least prefix and label.
    ///   - size: bytes of the whole file.
    /// - Returns: nil if that is no answer, or not the whole of it.
    package init?(label bytes: [UInt8], ofFileOf size: Int) {
        guard let length = Self.labelLength(bytes), bytes.count - Self.prefix >= length else { return nil }
        var reader = Reader(bytes: bytes, offset: 12)
        guard let bodyLength = reader.number(8), UInt64(size) == UInt64(Self.prefix + length) &+ bodyLength,
            let sum = reader.number(8), let bodySum = reader.number(8),
            sum == Self.sum(Array(bytes[8..<20]) + bytes[Self.prefix..<Self.prefix + length], seed: bodySum)
        else { return nil }
        guard let route = reader.number(8), let requested = reader.number(8), let received = reader.number(8),
            let lifetime = reader.number(8), let initialAge = reader.number(8), let target = reader.text(),
            let values = reader.text(), let head = reader.text(), reader.offset == Self.prefix + length
        else { return nil }
        // Whoever can write a file can give it a right sum: what is reckoned with must be within its bounds.
        guard [requested, received].allSatisfy({ Int64(bitPattern: $0).magnitude <= Self.maxSeconds }),
            max(lifetime, initialAge) <= Self.maxSeconds
        else { return nil }
        key = CacheKey(route: route, target: target)
        self.values = values
        self.head = head
        times = CachedTimes(
            requested: Int64(bitPattern: requested), received: Int64(bitPattern: received), date: nil, age: 0, lifetime: lifetime)
        times.initialAge = initialAge
    }

    /// Reads a whole file.
    /// - Returns: nil if it is not exactly what was written.
    package static func read(_ bytes: [UInt8]) -> (file: AnswerFile, body: [UInt8])? {
        guard let file = AnswerFile(label: bytes, ofFileOf: bytes.count), let length = labelLength(bytes) else { return nil }
        var reader = Reader(bytes: bytes, offset: prefix - 8)
        let body = Array(bytes[(prefix + length)...])
        guard reader.number(8) == sum(body) else { return nil }
        return (file, body)
    }

    private struct Reader {
        let bytes: [UInt8]
        var offset: Int

        mutating func number(_ count: Int) -> UInt64? {
            guard bytes.count - offset >= count else { return nil }
            defer { offset += count }
            return bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
        }

        mutating func text() -> [UInt8]? {
            guard let count = number(4), bytes.count - offset >= count else { return nil }
            defer { offset += Int(count) }
            return Array(bytes[offset..<offset + Int(count)])
        }
    }
}

extension [UInt8] {
    /// The lowest bytes of a number, the highest of them first.
    fileprivate mutating func append(number: UInt64, bytes: Int) {
        for shift in stride(from: (bytes - 1) * 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }
}
