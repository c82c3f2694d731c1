/// What a trusted peer says of the client's request, whichever of the two ways it says it in: what `X-Forwarded-*` leaves open is
/// taken from `Forwarded` (RFC 7239 §7.4), so that an upstream reads the same in both. Ranges are offsets into the head's bytes.
package struct TrustedClaims {
    /// `http`, `https`, `ws` or `wss`; nil if the peer does not say.
    package private(set) var proto: Range<Int>?
    /// A valid authority; nil if the peer does not say.
    package private(set) var host: Range<Int>?
    /// The port that the client asked for, by the peer's statements; nil if they do not tell.
    private(set) var port: UInt64?

    /// - Parameter trusted: whom the site trusts: the client is behind all of them.
    package init(_ fields: borrowing FieldSection, trusted: [CIDR]) {
        let element = fields.contains(.forwarded) ? Self.clientElement(ForwardedElement.all(fields), fields, trusted) : nil
        proto = Self.only(.xForwardedProto, fields).flatMap { Self.valid($0, fields, Self.isProtocol) }
        proto = proto ?? element?.proto.flatMap { Self.valid($0, fields, Self.isProtocol) }
        host = Self.only(.xForwardedHost, fields).flatMap { Self.valid($0, fields) { AuthorityParts($0, $1) != nil } }
        host = host ?? element?.host.flatMap { Self.valid($0, fields) { AuthorityParts($0, $1) != nil } }
        port = Self.only(.xForwardedPort, fields).flatMap { Text.decimal(fields.bytes.span, $0, maxDigits: 5) }
        if let stated = port, !(1...65535 ~= stated) { port = nil }
        if port == nil, let host { port = AuthorityParts(fields.bytes.span, host)?.port.map(UInt64.init) }
        if port == nil, let proto {
            let isSecure = Text.equal(fields.bytes.span, proto, "https") || Text.equal(fields.bytes.span, proto, "wss")
            port = isSecure ? 443 : 80
        }
    }

    /// The element in which the last of the trusted proxies tells of the client: each wrote one about who came to it.
    private static func clientElement(
        _ elements: [ForwardedElement], _ fields: borrowing FieldSection, _ trusted: [CIDR]
    ) -> ForwardedElement? {
        var index = elements.count - 1
        while index > 0, let node = elements[index].node, let address = ForwardedChain.node(fields.bytes.span, node),
            ForwardedChain.isTrusted(address, trusted)
        {
            index -= 1
        }
        return index < 0 ? nil : elements[index]
    }

    /// The value of the field's one line; two contradict each other and are not believed.
    private static func only(_ known: KnownField, _ fields: borrowing FieldSection) -> Range<Int>? {
        fields.count(of: known) == 1 ? fields.first(known)?.value : nil
    }

    private static func valid(
        _ value: Range<Int>, _ fields: borrowing FieldSection, _ test: (Span<UInt8>, Range<Int>) -> Bool
    ) -> Range<Int>? {
        test(fields.bytes.span, value) ? value : nil
    }

    private static func isProtocol(_ bytes: Span<UInt8>, _ value: Range<Int>) -> Bool {
        Text.equal(bytes, value, "https") || Text.equal(bytes, value, "http") || Text.equal(bytes, value, "wss")
            || Text.equal(bytes, value, "ws")
    }
}
