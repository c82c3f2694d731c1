/// How urgent an answer is, RFC 9218 §4.
package struct Priority: Equatable, Sendable {
    /// 0, the most urgent, to 7.
    package var urgency = 3
    /// Is the answer of use before it is whole, so that it may share with others?
    package var isIncremental = false

    package init() {}

    /// Of who says nothing. RFC 9218 §4 would have such answers sent one after another; but most clients that say nothing have no
    /// plan, and a small answer must not wait for a large one's end.
    package static let unstated: Priority = {
        var priority = Priority()
        priority.isIncremental = true
        return priority
    }()

    /// Reads a `priority` field, a dictionary of RFC 8941 §3.2. What is unknown or out of range is ignored, as RFC 9218 §4 says.
    package init(_ value: Span<UInt8>) {
        var start = 0
        while start < value.count {
            var end = start
            while end < value.count, value[end] != 0x2C { end += 1 }
            read(value.extracting(start..<end))
            start = end + 1
        }
    }

    private mutating func read(_ member: Span<UInt8>) {
        var start = 0
        var end = member.count
        while start < end, member[start] == 0x20 || member[start] == 0x09 { start += 1 }
        // Parameters of a member mean nothing here.
        if let semicolon = (start..<end).first(where: { member[$0] == 0x3B }) { end = semicolon }
        while end > start, member[end - 1] == 0x20 || member[end - 1] == 0x09 { end -= 1 }
        let item = member.extracting(start..<end)
        if item.count == 3, item[0] == 0x75, item[1] == 0x3D, (0x30...0x37).contains(item[2]) {
            urgency = Int(item[2] - 0x30)
        } else if item.spells("i") || item.spells("i=?1") {
            isIncremental = true
        } else if item.spells("i=?0") {
            isIncremental = false
        }
    }
}
