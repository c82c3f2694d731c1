import HTTP

/// The `Keep-Alive` field (RFC 2068 §19.7.1.1): how long the upstream keeps an idle connection.
enum KeepAlive {
    /// The nanoseconds for which the answer allows the connection to be idle; nil if it does not say.
    static func limit(_ fields: FieldSection) -> UInt64? {
        let bytes = fields.bytes.span
        for line in fields.lines where line.known == .keepAlive {
            var members = ListMembers(line.value)
            while let member = members.next(bytes) {
                if let seconds = timeout(bytes, member) { return usable(seconds) }
            }
        }
        return nil
    }

    /// The seconds of a member `timeout=N`; nil for any other.
    static func timeout(_ bytes: Span<UInt8>, _ member: Range<Int>) -> UInt64? {
        let name: StaticString = "timeout="
        guard member.count > name.utf8CodeUnitCount else { return nil }
        let middle = member.lowerBound + name.utf8CodeUnitCount
        guard Text.equal(bytes, member.lowerBound..<middle, name) else { return nil }
        return Text.decimal(bytes, middle..<member.upperBound, maxDigits: 6)
    }

    /// The nanoseconds for which we use it.
    static func usable(_ seconds: UInt64) -> UInt64 { safe(seconds * 1_000_000_000) }

    /// Shorter by a second, or by half of a short time, because the upstream's clock began before ours and a request needs time
    /// to arrive.
    static func safe(_ time: UInt64) -> UInt64 { time - min(1_000_000_000, time / 2) }
}
