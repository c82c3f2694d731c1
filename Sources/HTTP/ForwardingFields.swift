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

    static func write(
        _ head: borrowing RequestHeadContent, policy: borrowing RequestFieldPolicy, client: borrowing ClientPeer,
        to out: inout OutputSpan<UInt8>
    ) {
        if policy.addXForwarded { writeXForwarded(head, head.fields, client, to: &out) }
        if policy.addForwarded { writeForwarded(head, head.fields, client, to: &out) }
    }

    private static func writeXForwarded(
        _ head: borrowing RequestHeadContent, _ fields: borrowing FieldSection, _ client: borrowing ClientPeer,
        to out: inout OutputSpan<UInt8>
    ) {
        guard client.isTrusted else { return writeOwn(head, fields, client, to: &out) }
        out.write("X-Forwarded-For: ")
        writeList(of: .xForwardedFor, fields, to: &out)
        out.write(client.addressText)

        if let line = trusted(.xForwardedProto, fields, client), isProtocol(fields, line) {
            out.write("\r\nX-Forwarded-Proto: ")
            out.write(fields.bytes, line.value)
        } else {
            out.write(client.scheme == .https ? "\r\nX-Forwarded-Proto: https" : "\r\nX-Forwarded-Proto: http")
        }

        if let line = trusted(.xForwardedHost, fields, client), AuthorityParts(fields.bytes.span, line.value) != nil {
            out.write("\r\nX-Forwarded-Host: ")
            out.write(fields.bytes, line.value)
        } else if !head.summary.authorityRange.isEmpty {
            out.write("\r\nX-Forwarded-Host: ")
            out.write(fields.bytes, head.summary.authorityRange)
        }

        out.write("\r\nX-Forwarded-Port: ")
        if let line = trusted(.xForwardedPort, fields, client), isPort(fields, line) {
            out.write(fields.bytes, line.value)
        } else {
            out.write(decimal: UInt64(client.listenerPort))
        }
        out.write("\r\n")
    }

    /// What we know ourselves, which is all there is to say of a client that is not trusted: mostly ready.
    private static func writeOwn(
        _ head: borrowing RequestHeadContent, _ fields: borrowing FieldSection, _ client: borrowing ClientPeer,
        to out: inout OutputSpan<UInt8>
    ) {
        out.write(client.forAndProto)
        if !head.summary.authorityRange.isEmpty {
            out.write("X-Forwarded-Host: ")
            out.write(fields.bytes, head.summary.authorityRange)
            out.write("\r\n")
        }
        out.write(client.portLine)
    }

    /// RFC 7239 §4: `for`, `proto` and, if the client named one, `host`, quoted where it is not a token.
    private static func writeForwarded(
        _ head: borrowing RequestHeadContent, _ fields: borrowing FieldSection, _ client: borrowing ClientPeer,
        to out: inout OutputSpan<UInt8>
    ) {
        out.write("Forwarded: ")
        if client.isTrusted { writeList(of: .forwarded, fields, to: &out) }
        out.write(client.forwardedElement)
        if let authority = head.summary.authority {
            // A port has a colon, an IPv6 host brackets: no token (RFC 7239 §4), so quoted. No other byte of an authority that
            // passed validation would need it, or a backslash.
            let isToken = authority.port == nil && !authority.isIPv6
            out.write(isToken ? ";host=" : ";host=\"")
            out.write(fields.bytes, head.summary.authorityRange)
            if !isToken { out.write(0x22) }
        }
        out.write("\r\n")
    }

    private static func writeList(of known: KnownField, _ fields: borrowing FieldSection, to out: inout OutputSpan<UInt8>) {
        guard fields.contains(known) else { return }
        for line in fields.lines where line.known == known && !line.value.isEmpty {
            out.write(fields.bytes, line.value)
            out.write(", ")
        }
    }

    /// The one line of this field from a trusted peer; two contradict each other and are not believed.
    private static func trusted(
        _ known: KnownField, _ fields: borrowing FieldSection, _ client: borrowing ClientPeer
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
