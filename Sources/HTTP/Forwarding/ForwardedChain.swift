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
            var members =
                known == .forwarded ? ForwardedElement.members(span, line.value) : ListMembers(line.value, knowsQuotes: false)
            while let member = members.next(span) {
                let value = known == .forwarded ? ForwardedElement(span, member).node : member
                chain.append(value.flatMap { node(span, $0) })
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

    /// An address with an optional port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`; in
    /// brackets also `::ffff:192.0.2.1`, as proxies that listen for both kinds write it. The port may be obfuscated (RFC 7239
    /// §6.3).
    static func node(_ bytes: Span<UInt8>, _ range: Range<Int>) -> IPAddress? {
        if let address = IPAddress(bytes, range) { return address }
        guard let first = range.first, bytes[first] == 0x5B else {
            let colon = ByteScanning.firstOf(0x3A, or: 0x3A, bytes, from: range.lowerBound, to: range.upperBound)
            if isObfuscatedPort(bytes, colon..<range.upperBound) { return IPAddress(bytes, range.lowerBound..<colon) }
            return AuthorityParts(bytes, range).flatMap { IPAddress(bytes, $0.host) }
        }
        guard let end = range.first(where: { bytes[$0] == 0x5D }) else { return nil }
        let port = (end + 1..<range.upperBound)
        let isNumber = port.isEmpty || (bytes[end + 1] == 0x3A && port.dropFirst().allSatisfy { ByteClass.isDigit(bytes[$0]) })
        guard isNumber || isObfuscatedPort(bytes, port) else { return nil }
        let address = first + 1..<end
        return address.contains { bytes[$0] == 0x3A } ? IPAddress(bytes, address) : nil
    }

    /// RFC 7239 §6.3: `:_` and letters, digits, `.`, `_` and `-`.
    private static func isObfuscatedPort(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count > 2, bytes[range.lowerBound] == 0x3A, bytes[range.lowerBound + 1] == 0x5F else { return false }
        return range.dropFirst(2).allSatisfy { ByteClass.isHostName(bytes[$0]) }
    }
}
