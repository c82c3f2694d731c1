/// Writes `X-Forwarded-*` and RFC 7239 `Forwarded`.
///
/// A client's own claims are dropped. Those of a trusted peer are continued: its lists get the peer's address behind them,
/// and its statements of protocol, host and port stay, if they are well-formed.
enum ForwardingFields {
    private static let xForwarded: UInt64 =
        KnownField.xForwardedFor.bit | KnownField.xForwardedProto.bit | KnownField.xForwardedHost.bit
        | KnownField.xForwardedPort.bit
    private static let claims: UInt64 =
        xForwarded | KnownField.forwarded.bit | KnownField.xForwardedPrefix.bit | KnownField.xForwardedOther.bit
        | KnownField.xRealIP.bit

    /// The incoming fields that are not copied: all from an untrusted peer; from a trusted one, those written anew.
    static func dropped(policy: borrowing RequestFieldPolicy, isTrusted: Bool) -> UInt64 {
        guard isTrusted else { return claims }
        return (policy.addXForwarded ? xForwarded : 0) | (policy.addForwarded ? KnownField.forwarded.bit : 0)
    }

    static func append(
        _ head: borrowing RequestHeadContent, policy: borrowing RequestFieldPolicy, client: borrowing ClientFacts,
        to out: inout [UInt8]
    ) {
        if policy.addXForwarded { appendXForwarded(head, head.fields, client, to: &out) }
        if policy.addForwarded { appendForwarded(head, head.fields, client, to: &out) }
    }

    private static func appendXForwarded(
        _ head: borrowing RequestHeadContent, _ fields: borrowing FieldSection, _ client: borrowing ClientFacts,
        to out: inout [UInt8]
    ) {
        guard client.isTrusted else { return appendOwn(head, fields, client, to: &out) }
        out.append("X-Forwarded-For: ")
        appendList(of: .xForwardedFor, fields, to: &out)
        out.append(client.addressText, 0..<client.addressText.count)

        if let line = trusted(.xForwardedProto, fields, client), isProtocol(fields, line) {
            out.append("\r\nX-Forwarded-Proto: ")
            out.append(fields.bytes, line.value)
        } else {
            out.append(client.scheme == .https ? "\r\nX-Forwarded-Proto: https" : "\r\nX-Forwarded-Proto: http")
        }

        if let line = trusted(.xForwardedHost, fields, client), AuthorityParts(fields.bytes.span, line.value) != nil {
            out.append("\r\nX-Forwarded-Host: ")
            out.append(fields.bytes, line.value)
        } else if !head.facts.authorityRange.isEmpty {
            out.append("\r\nX-Forwarded-Host: ")
            out.append(fields.bytes, head.facts.authorityRange)
        }

        out.append("\r\nX-Forwarded-Port: ")
        if let line = trusted(.xForwardedPort, fields, client), isPort(fields, line) {
            out.append(fields.bytes, line.value)
        } else {
            out.append(decimal: UInt64(client.listenerPort))
        }
        out.append("\r\n")
    }

    /// What we know ourselves, which is all there is to say of a client that is not trusted: mostly ready.
    private static func appendOwn(
        _ head: borrowing RequestHeadContent, _ fields: borrowing FieldSection, _ client: borrowing ClientFacts,
        to out: inout [UInt8]
    ) {
        out.append(client.forAndProto, 0..<client.forAndProto.count)
        if !head.facts.authorityRange.isEmpty {
            out.append("X-Forwarded-Host: ")
            out.append(fields.bytes, head.facts.authorityRange)
            out.append("\r\n")
        }
        out.append(client.portLine, 0..<client.portLine.count)
    }

    /// RFC 7239 §4: `for`, `proto` and, if the client named one, `host`, quoted where it is not a token.
    private static func appendForwarded(
        _ head: borrowing RequestHeadContent, _ fields: borrowing FieldSection, _ client: borrowing ClientFacts,
        to out: inout [UInt8]
    ) {
        out.append("Forwarded: ")
        if client.isTrusted { appendList(of: .forwarded, fields, to: &out) }
        out.append(client.forwardedElement, 0..<client.forwardedElement.count)
        if !head.facts.authorityRange.isEmpty {
            // A host with a port has a colon, an IPv6 host brackets: no token (RFC 7239 §4), so quoted. An authority
            // that passed validation has no byte that would need a backslash.
            let isToken = Text.isToken(fields.bytes.span, head.facts.authorityRange)
            out.append(isToken ? ";host=" : ";host=\"")
            out.append(fields.bytes, head.facts.authorityRange)
            if !isToken { out.append(0x22) }
        }
        out.append("\r\n")
    }

    private static func appendList(of known: KnownField, _ fields: borrowing FieldSection, to out: inout [UInt8]) {
        guard fields.contains(known) else { return }
        for line in fields.lines where line.known == known && !line.value.isEmpty {
            out.append(fields.bytes, line.value)
            out.append(", ")
        }
    }

    /// The one line of this field from a trusted peer; two contradict each other and are not believed.
    private static func trusted(
        _ known: KnownField, _ fields: borrowing FieldSection, _ client: borrowing ClientFacts
    ) -> FieldLine? {
        client.isTrusted && fields.count(of: known) == 1 ? fields.first(known) : nil
    }

    private static func isProtocol(_ fields: borrowing FieldSection, _ line: FieldLine) -> Bool {
        fields.value(of: line, equals: "https") || fields.value(of: line, equals: "http")
            || fields.value(of: line, equals: "wss") || fields.value(of: line, equals: "ws")
    }

    private static func isPort(_ fields: borrowing FieldSection, _ line: FieldLine) -> Bool {
        guard let port = Text.decimal(fields.bytes.span, line.value, maxDigits: 5) else { return false }
        return 1...65535 ~= port
    }
}
