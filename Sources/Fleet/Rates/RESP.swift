/// A value of Redis's protocol, RESP2.
enum RESPValue: Equatable {
    case simple(String)
    case error(String)
    case integer(Int64)
    /// nil: there is none.
    case bulk([UInt8]?)
    case array([RESPValue]?)
}

/// What no Redis says that was asked as here.
struct RESPFault: Error, Equatable {
    let reason: String
}

/// Bytes of a connection in, replies out. All that the peer decides is bounded: nothing that was asked for is larger.
struct RESPReader {
    /// Of what has come and is no whole reply yet.
    static let maxBufferedBytes = 256 * 1024
    /// Of simple strings, errors and numbers, without the line's end.
    static let maxLineBytes = 1024
    static let maxTextBytes = 4096
    static let maxElements = 1024
    /// Arrays within arrays.
    static let deepest = 2

    private var bytes: [UInt8] = []
    private var start = 0

    mutating func append(_ more: Span<UInt8>) throws(RESPFault) {
        guard bytes.count - start + more.count <= Self.maxBufferedBytes else {
            throw RESPFault(reason: "a reply of more than \(Self.maxBufferedBytes) bytes")
        }
        if start > 0 {
            bytes.removeFirst(start)
            start = 0
        }
        for index in more.indices { bytes.append(more[index]) }
    }

    /// - Returns: nil until a whole reply is there.
    mutating func next() throws(RESPFault) -> RESPValue? {
        var cursor = start
        guard let value = try value(&cursor, depth: 0) else { return nil }
        start = cursor
        return value
    }

    var isEmpty: Bool { start == bytes.count }

    private func value(_ cursor: inout Int, depth: Int) throws(RESPFault) -> RESPValue? {
        guard let line = try line(&cursor) else { return nil }
        guard let kind = line.first else { throw RESPFault(reason: "a line without a type") }
        let rest = line.dropFirst()
        switch kind {
        case UInt8(ascii: "+"): return .simple(Self.text(rest))
        case UInt8(ascii: "-"): return .error(Self.text(rest))
        case UInt8(ascii: ":"): return .integer(try Self.number(rest))
        case UInt8(ascii: "$"): return try bulk(&cursor, length: try Self.number(rest))
        case UInt8(ascii: "*"):
            let count = try Self.number(rest)
            if count == -1 { return .array(nil) }
            guard 0...Int64(Self.maxElements) ~= count else { throw RESPFault(reason: "an array of \(count) elements") }
            guard depth < Self.deepest else { throw RESPFault(reason: "arrays within arrays") }
            var elements: [RESPValue] = []
            for _ in 0..<count {
                guard let element = try value(&cursor, depth: depth + 1) else { return nil }
                elements.append(element)
            }
            return .array(elements)
        default: throw RESPFault(reason: "a line of type \(kind)")
        }
    }

    private func bulk(_ cursor: inout Int, length: Int64) throws(RESPFault) -> RESPValue? {
        if length == -1 { return .bulk(nil) }
        guard 0...Int64(Self.maxTextBytes) ~= length else { throw RESPFault(reason: "a text of \(length) bytes") }
        let end = cursor + Int(length)
        guard bytes.count >= end + 2 else { return nil }
        guard bytes[end] == 0x0D, bytes[end + 1] == 0x0A else {
            throw RESPFault(reason: "a text that does not end where it should")
        }
        let text = Array(bytes[cursor..<end])
        cursor = end + 2
        return .bulk(text)
    }

    /// Up to CR LF, and without them.
    private func line(_ cursor: inout Int) throws(RESPFault) -> ArraySlice<UInt8>? {
        var end = cursor
        while end < bytes.count, bytes[end] != 0x0D {
            if bytes[end] == 0x0A { throw RESPFault(reason: "a line that ends with LF alone") }
            end += 1
            if end - cursor > Self.maxLineBytes { throw RESPFault(reason: "a line of more than \(Self.maxLineBytes) bytes") }
        }
        guard end + 1 < bytes.count else { return nil }
        guard bytes[end + 1] == 0x0A else { throw RESPFault(reason: "a line with CR inside") }
        defer { cursor = end + 2 }
        return bytes[cursor..<end]
    }

    private static func number(_ digits: ArraySlice<UInt8>) throws(RESPFault) -> Int64 {
        let isNegative = digits.first == UInt8(ascii: "-")
        var (number, isRight) = (Int64(0), digits.count > (isNegative ? 1 : 0))
        for digit in isNegative ? digits.dropFirst() : digits {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else {
                isRight = false
                break
            }
            let (tenfold, isLarge) = number.multipliedReportingOverflow(by: 10)
            let value = Int64(digit - UInt8(ascii: "0"))
            let (sum, isLarger) =
                isNegative ? tenfold.subtractingReportingOverflow(value) : tenfold.addingReportingOverflow(value)
            isRight = isRight && !isLarge && !isLarger
            number = sum
        }
        guard isRight else { throw RESPFault(reason: "a number that is none") }
        return number
    }

    /// For logs: what is not printable is a question mark.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.map { 0x20...0x7E ~= $0 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }
}
