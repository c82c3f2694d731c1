/// Walks the members of a comma-separated list, RFC 9110 §5.6.1: white space trimmed, empty members skipped, commas
/// inside quoted strings (§5.6.4) not taken as separators.
package struct ListMembers {
    private var position: Int
    private let end: Int
    private let knowsQuotes: Bool

    /// A walk over the bytes at `range` of the span that is then passed to every `next`.
    /// - Parameter knowsQuotes: false for a list that has no quoted strings: each comma separates.
    package init(_ range: Range<Int>, knowsQuotes: Bool = true) {
        position = range.lowerBound
        end = range.upperBound
        self.knowsQuotes = knowsQuotes
    }

    /// The next member's offsets, or nil at the end.
    package mutating func next(_ bytes: Span<UInt8>) -> Range<Int>? {
        next(bytes, separator: 0x2C)
    }

    /// The next member of a list with another separator, such as `;` between parameters.
    package mutating func next(_ bytes: Span<UInt8>, separator: UInt8) -> Range<Int>? {
        while position < end {
            let start = position
            let stop = endOfMember(bytes, separator)
            position = stop + 1
            let member = Text.trimmed(bytes, start..<stop)
            if !member.isEmpty { return member }
        }
        return nil
    }

    private func endOfMember(_ bytes: Span<UInt8>, _ separator: UInt8) -> Int {
        var index = ByteScanning.firstOf(separator, or: knowsQuotes ? 0x22 : separator, bytes, from: position, to: end)
        var quoted = false
        while index < end {
            let byte = bytes[index]
            if byte == 0x22 {
                quoted.toggle()
            } else if quoted && byte == 0x5C {
                index += 1
            } else if byte == separator && !quoted {
                return index
            }
            index += 1
        }
        return end
    }
}
