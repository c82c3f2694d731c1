/// Finds the client behind trusted proxies.
package enum ForwardedChain {
    /// The client's address for a request that came from `peer`: `peer` itself unless it is in `trusted`; otherwise the
    /// right-most address of `X-Forwarded-For` (or, without it, of `Forwarded`) that is not, since each proxy appended
    /// what it saw. What stands left of it is the client's own claim. An entry that is no address ends the search: the
    /// last address reached is the answer. If all are trusted, it is the left-most.
    package static func clientAddress(
        _ fields: borrowing FieldSection, peer: IPAddress, trusted: [CIDR]
    ) -> IPAddress {
        guard isTrusted(peer, trusted) else { return peer }
        let known: KnownField = fields.contains(.xForwardedFor) ? .xForwardedFor : .forwarded
        guard fields.contains(known) else { return peer }
        var chain: [IPAddress?] = []
        let span = fields.bytes.span
        for line in fields.lines where line.known == known {
            var members = ListMembers(line.value)
            while let member = members.next(span) {
                chain.append(known == .forwarded ? forNode(span, member) : node(span, member))
            }
        }
        var reached = peer
        for entry in chain.reversed() {
            guard let entry else { return reached }
            reached = entry
            if !isTrusted(entry, trusted) { return entry }
        }
        return reached
    }

    /// Whether the address is in one of the blocks.
    package static func isTrusted(_ address: IPAddress, _ trusted: [CIDR]) -> Bool {
        for block in trusted where block.contains(address) { return true }
        return false
    }

    /// The `for` parameter of one element of `Forwarded` (RFC 7239 §5.2, §6); nil if there is none or it is no address.
    private static func forNode(_ bytes: Span<UInt8>, _ element: Range<Int>) -> IPAddress? {
        var pairs = ListMembers(element)
        while let pair = pairs.next(bytes, separator: 0x3B) {
            guard pair.count > 4, Text.equal(bytes, pair.lowerBound..<pair.lowerBound + 4, "for=") else { continue }
            var value = pair.lowerBound + 4..<pair.upperBound
            if bytes[value.lowerBound] == 0x22 {
                guard value.count >= 2, bytes[value.upperBound - 1] == 0x22 else { return nil }
                value = value.lowerBound + 1..<value.upperBound - 1
            }
            return node(bytes, value)
        }
        return nil
    }

    /// An address with an optional port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
    private static func node(_ bytes: Span<UInt8>, _ range: Range<Int>) -> IPAddress? {
        if let address = IPAddress(bytes, range) { return address }
        guard let parts = AuthorityParts(bytes, range) else { return nil }
        return IPAddress(bytes, parts.host)
    }
}
