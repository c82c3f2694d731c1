/// One element of RFC 7239 `Forwarded`: where its parameters lie in someone else's bytes, without the quotes around them.
struct ForwardedElement {
    private(set) var node: Range<Int>?
    private(set) var proto: Range<Int>?
    private(set) var host: Range<Int>?

    /// Reads the element at `range`. A parameter that occurs twice, or has an escape in its quotes, counts as missing; in an
    /// element that leaves a quote open all do.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        guard !Self.endsInQuotes(bytes, range) else { return }
        var pairs = ListMembers(range)
        var seen = (node: 0, proto: 0, host: 0)
        while let pair = pairs.next(bytes, separator: 0x3B) {
            let equals = ByteScanning.firstOf(0x3D, or: 0x3D, bytes, from: pair.lowerBound, to: pair.upperBound)
            guard equals < pair.upperBound else { continue }
            let name = pair.lowerBound..<equals
            let value = Self.unquoted(bytes, equals + 1..<pair.upperBound)
            if Text.equal(bytes, name, "for") {
                (node, seen.node) = (value, seen.node + 1)
            } else if Text.equal(bytes, name, "proto") {
                (proto, seen.proto) = (value, seen.proto + 1)
            } else if Text.equal(bytes, name, "host") {
                (host, seen.host) = (value, seen.host + 1)
            }
        }
        if seen.node > 1 { node = nil }
        if seen.proto > 1 { proto = nil }
        if seen.host > 1 { host = nil }
    }

    /// All elements of all lines, in their order.
    static func all(_ fields: borrowing FieldSection) -> [ForwardedElement] {
        var elements: [ForwardedElement] = []
        let span = fields.bytes.span
        for line in fields.lines where line.known == .forwarded {
            var members = members(span, line.value)
            while let member = members.next(span) { elements.append(ForwardedElement(span, member)) }
        }
        return elements
    }

    /// The elements of one line. A proxy appends to a line that its client has begun: nothing in that beginning, such as a quote
    /// that it leaves open, may hide what the proxy says. In a line with such a quote each comma separates.
    static func members(_ bytes: Span<UInt8>, _ line: Range<Int>) -> ListMembers {
        ListMembers(line, knowsQuotes: !endsInQuotes(bytes, line))
    }

    /// Has the value a quoted string that does not end?
    static func endsInQuotes(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var isQuoted = false
        var index = range.lowerBound
        while index < range.upperBound {
            if isQuoted, bytes[index] == 0x5C {
                index += 1
            } else if bytes[index] == 0x22 {
                isQuoted.toggle()
            }
            index += 1
        }
        return isQuoted
    }

    private static func unquoted(_ bytes: Span<UInt8>, _ value: Range<Int>) -> Range<Int>? {
        guard let first = value.first, bytes[first] == 0x22 else { return value.isEmpty ? nil : value }
        guard value.count > 2, bytes[value.upperBound - 1] == 0x22 else { return nil }
        let inner = first + 1..<value.upperBound - 1
        let stop = ByteScanning.firstOf(0x22, or: 0x5C, bytes, from: inner.lowerBound, to: inner.upperBound)
        return stop == inner.upperBound ? inner : nil
    }
}
