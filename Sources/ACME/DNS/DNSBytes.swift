/// A message of DNS while it is written (RFC 1035 §4.1).
struct DNSBytes {
    var bytes: [UInt8] = []

    /// The lowest bytes of a number, the highest of them first.
    mutating func append(_ number: Int, bytes count: Int) {
        for index in (0..<count).reversed() { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * index))) }
    }

    /// A name as it is compared.
    static func plain(_ name: String) -> String { name.lowercased().split(separator: ".").joined(separator: ".") }

    /// A name in full, lower case, as signatures want it (RFC 8945 §4.3.3).
    /// - Throws: `.settings` if it is none.
    mutating func append(name: String) throws(ACMEError) {
        let labels = name.lowercased().split(separator: ".")
        guard labels.allSatisfy({ $0.utf8.count <= 63 }), labels.reduce(1, { $0 + $1.utf8.count + 1 }) <= 255 else {
            throw .settings("\"\(name)\" is no name of DNS")
        }
        for label in labels {
            bytes.append(UInt8(label.utf8.count))
            bytes += Array(label.utf8)
        }
        bytes.append(0)
    }
}

/// A message of DNS while it is read. Nothing of it is believed: every step says whether there was enough.
struct DNSReader {
    /// What the last record of a signed message says (RFC 8945 §4.2).
    struct Signature {
        var time: Int64
        var fudge: Int
        var code: [UInt8]
        var identifier: Int
        var error: Int
        var other: [UInt8]
    }

    private let bytes: [UInt8]
    private(set) var next: Int

    init(_ bytes: [UInt8], at start: Int) { (self.bytes, next) = (bytes, start) }

    var isAtEnd: Bool { next == bytes.count }

    mutating func skip(_ count: Int) -> Bool {
        guard count <= bytes.count - next else { return false }
        next += count
        return true
    }

    mutating func number(_ count: Int) -> Int? {
        guard count <= bytes.count - next else { return nil }
        defer { next += count }
        return bytes[next..<next + count].reduce(0) { $0 << 8 | Int($1) }
    }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard count <= bytes.count - next else { return nil }
        defer { next += count }
        return Array(bytes[next..<next + count])
    }

    /// A name, which may end by leading elsewhere (RFC 1035 §4.1.4).
    mutating func skipName() -> Bool {
        while let length = number(1) {
            if length == 0 { return true }
            if length >= 0xC0 { return skip(1) }
            guard length < 64, skip(length) else { return false }
        }
        return false
    }

    mutating func skipRecord() -> Bool {
        guard skipName(), skip(8), let length = number(2) else { return false }
        return skip(length)
    }

    /// A name, lower case, without a dot at its end; nil if it is none.
    mutating func name() -> String? {
        let start = next
        guard skipName() else { return nil }
        var (labels, offset, jumps): ([String], Int, Int) = ([], start, 0)
        while offset < bytes.count, case let length = Int(bytes[offset]), length > 0 {
            if length >= 0xC0 {
                // Backwards, and not for ever.
                guard offset + 1 < bytes.count, jumps < 10 else { return nil }
                offset = (length & 0x3F) << 8 | Int(bytes[offset + 1])
                jumps += 1
            } else {
                guard length < 64, offset + length < bytes.count else { return nil }
                labels.append(String(decoding: bytes[offset + 1...offset + length], as: UTF8.self).lowercased())
                offset += length + 1
            }
        }
        return labels.joined(separator: ".")
    }

    /// The record that comes next, if it is a signature by this key.
    mutating func signature(by key: String) -> Signature? {
        guard name() == DNSBytes.plain(key), number(2) == 250, number(2) == 255, number(4) == 0, let length = number(2),
            length == bytes.count - next, name() == DNSUpdate.Key.algorithm, let time = number(6), let fudge = number(2),
            let size = number(2), let code = take(size), let identifier = number(2),
            let error = number(2), let otherSize = number(2), let other = take(otherSize)
        else { return nil }
        return Signature(
            time: Int64(time), fudge: fudge, code: code, identifier: identifier, error: error, other: other)
    }
}
