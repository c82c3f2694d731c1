/// Writes `X-Forwarded-*` and RFC 7239 `Forwarded`.
///
/// A client's own claims are dropped. Those of a trusted peer are continued: its lists get the peer's address behind them,
/// and its statements of protocol, host and port stay, if they are well-formed. Both ways of saying it say the same.
enum ForwardingFields {
    private static let xForwarded: UInt64 =
        KnownField.xForwardedFor.bit | KnownField.xForwardedProto.bit | KnownField.xForwardedHost.bit
        | KnownField.xForwardedPort.bit
    static let claims: UInt64 =
        xForwarded | KnownField.forwarded.bit | KnownField.xForwardedPrefix.bit | KnownField.xForwardedOther.bit
        | KnownField.xRealIP.bit | KnownField.clientClaim.bit

    /// The incoming fields that are not copied: all from an untrusted peer; from a trusted one, those written anew.
    static func dropped(policy: borrowing RequestFieldPolicy, isTrusted: Bool) -> UInt64 {
        guard isTrusted else { return claims }
        return (policy.addXForwarded ? xForwarded : 0) | (policy.addForwarded ? KnownField.forwarded.bit : 0)
    }

    static func write(
        _ head: borrowing RequestHeadContent, policy: borrowing RequestFieldPolicy, client: borrowing ClientPeer,
        to out: inout OutputSpan<UInt8>
    ) {
        if client.isTrusted { return writeContinued(head, policy: policy, client: client, to: &out) }
        let ruled = policy.ruled
        if policy.addXForwarded {
            if ruled.bits == 0 {
                writeOwn(head, head.fields, client, to: &out)
            } else {
                writeOwn(head, head.fields, client, without: ruled, to: &out)
            }
        }
        if policy.addForwarded, !ruled.contains(.forwarded) {
            out.write("Forwarded: ")
            out.write(client.forwardedElement)
            writeHost(head.summary.authority, head.summary.authorityRange, head.fields, to: &out)
            out.write("\r\n")
        }
    }

    /// What we know ourselves, which is all there is to say of a client that is not trusted: mostly ready.
    private static func writeOwn(
        _ head: borrowing RequestHeadContent, _ fields: borrowing FieldSection, _ client: borrowing ClientPeer,
        to out: inout OutputSpan<UInt8>
    ) {
        out.write(client.forAndProto)
        writeHostLine(head, fields, to: &out)
        writePortLine(head, client, to: &out)
    }

    /// The same, but for what the configuration sets or removes.
    @inline(never)
    private static func writeOwn(
        _ head: borrowing RequestHeadContent, _ fields: borrowing FieldSection, _ client: borrowing ClientPeer,
        without ruled: RuledFields, to out: inout OutputSpan<UInt8>
    ) {
        if !ruled.contains(.xForwardedFor) {
            out.write("X-Forwarded-For: ")
            out.write(client.addressText)
            out.write("\r\n")
        }
        if !ruled.contains(.xForwardedProto) {
            out.write(client.scheme == .https ? "X-Forwarded-Proto: https\r\n" : "X-Forwarded-Proto: http\r\n")
        }
        if !ruled.contains(.xForwardedHost) { writeHostLine(head, fields, to: &out) }
        if !ruled.contains(.xForwardedPort) { writePortLine(head, client, to: &out) }
    }

    @inline(__always)
    private static func writeHostLine(
        _ head: borrowing RequestHeadContent, _ fields: borrowing FieldSection, to out: inout OutputSpan<UInt8>
    ) {
        guard !head.summary.authorityRange.isEmpty else { return }
        out.write("X-Forwarded-Host: ")
        out.write(fields.bytes, head.summary.authorityRange)
        out.write("\r\n")
    }

    @inline(__always)
    private static func writePortLine(
        _ head: borrowing RequestHeadContent, _ client: borrowing ClientPeer, to out: inout OutputSpan<UInt8>
    ) {
        guard let port = head.summary.authority?.port, port != client.listenerPort else { return out.write(client.portLine) }
        out.write("X-Forwarded-Port: ")
        out.write(decimal: UInt64(port))
        out.write("\r\n")
    }

    /// The `host` parameter of RFC 7239 §5.3, quoted where it is not a token.
    private static func writeHost(
        _ authority: AuthorityParts?, _ range: Range<Int>, _ fields: borrowing FieldSection, to out: inout OutputSpan<UInt8>
    ) {
        guard let authority else { return }
        // A port has a colon, an IPv6 host brackets: no token (RFC 7239 §4), so quoted. No other byte of an authority that
        // passed validation would need it, or a backslash.
        let isToken = authority.port == nil && !authority.isIPv6
        out.write(isToken ? ";host=" : ";host=\"")
        out.write(fields.bytes, authority.normal(range))
        if !isToken { out.write(0x22) }
    }

    // MARK: Of a trusted peer

    @inline(never)
    private static func writeContinued(
        _ head: borrowing RequestHeadContent, policy: borrowing RequestFieldPolicy, client: borrowing ClientPeer,
        to out: inout OutputSpan<UInt8>
    ) {
        let claims = TrustedClaims(head.fields, trusted: client.trusted)
        let host = claims.host ?? head.summary.authorityRange
        let ruled = policy.ruled
        if policy.addXForwarded { writeXForwarded(claims, host, head, head.fields, client, without: ruled, to: &out) }
        if policy.addForwarded, !ruled.contains(.forwarded) { writeForwarded(claims, host, head.fields, client, to: &out) }
    }

    private static func writeXForwarded(
        _ claims: TrustedClaims, _ host: Range<Int>, _ head: borrowing RequestHeadContent, _ fields: borrowing FieldSection,
        _ client: borrowing ClientPeer, without ruled: RuledFields, to out: inout OutputSpan<UInt8>
    ) {
        if !ruled.contains(.xForwardedFor) { writeFor(fields, client, to: &out) }
        if !ruled.contains(.xForwardedProto) {
            out.write("X-Forwarded-Proto: ")
            writeProtocol(claims, fields, client, to: &out)
            out.write("\r\n")
        }
        if !ruled.contains(.xForwardedHost), !host.isEmpty {
            out.write("X-Forwarded-Host: ")
            out.write(fields.bytes, host)
            out.write("\r\n")
        }
        guard !ruled.contains(.xForwardedPort) else { return }
        out.write("X-Forwarded-Port: ")
        out.write(decimal: claims.port ?? UInt64(head.summary.authority?.port ?? client.listenerPort))
        out.write("\r\n")
    }

    private static func writeFor(
        _ fields: borrowing FieldSection, _ client: borrowing ClientPeer, to out: inout OutputSpan<UInt8>
    ) {
        out.write("X-Forwarded-For: ")
        if fields.contains(.xForwardedFor) {
            writeList(of: .xForwardedFor, fields, to: &out)
        } else if fields.contains(.forwarded) {
            for element in ForwardedElement.all(fields) {
                let address = element.node.flatMap { ForwardedChain.node(fields.bytes.span, $0) }
                out.write(Array((address?.text ?? "unknown").utf8))
                out.write(", ")
            }
        }
        out.write(client.addressText)
        out.write("\r\n")
    }

    /// RFC 7239 §4. Protocol and host stand in our own element, and in the first of those that are made of `X-Forwarded-For`:
    /// whoever looks at either end reads the same.
    private static func writeForwarded(
        _ claims: TrustedClaims, _ host: Range<Int>, _ fields: borrowing FieldSection, _ client: borrowing ClientPeer,
        to out: inout OutputSpan<UInt8>
    ) {
        let authority = AuthorityParts(fields.bytes.span, host)
        out.write("Forwarded: ")
        if fields.contains(.forwarded) {
            writeElements(fields, to: &out)
        } else if fields.contains(.xForwardedFor) {
            var isFirst = true
            for line in fields.lines where line.known == .xForwardedFor {
                // It has no quoted strings: a quote that a client puts into it must not hide what proxies have added.
                var members = ListMembers(line.value, knowsQuotes: false)
                while let member = members.next(fields.bytes.span) {
                    writeNode(ForwardedChain.node(fields.bytes.span, member), to: &out)
                    if isFirst {
                        out.write(";proto=")
                        writeProtocol(claims, fields, client, to: &out)
                        writeHost(authority, host, fields, to: &out)
                    }
                    isFirst = false
                    out.write(", ")
                }
            }
        }
        writeNode(client.address, to: &out)
        out.write(";proto=")
        writeProtocol(claims, fields, client, to: &out)
        writeHost(authority, host, fields, to: &out)
        out.write("\r\n")
    }

    private static func writeProtocol(
        _ claims: TrustedClaims, _ fields: borrowing FieldSection, _ client: borrowing ClientPeer,
        to out: inout OutputSpan<UInt8>
    ) {
        guard let proto = claims.proto else { return out.write(client.scheme == .https ? "https" : "http") }
        // In small letters: a scheme has no case (RFC 3986 §3.1), but to some application servers `HTTPS` is none, or `http`.
        for index in proto { out.write(ByteClass.lowerCase(fields.bytes[index])) }
    }

    /// RFC 7239 §6: an IPv6 address in brackets and quotes; `unknown` for what is no address.
    private static func writeNode(_ address: IPAddress?, to out: inout OutputSpan<UInt8>) {
        out.write("for=")
        out.write(ClientPeer.node(address))
    }

    /// What the peer's lines say, as it says it. An element that leaves a quote open would have what stands behind it, ours too,
    /// as its value: nothing is known of it.
    private static func writeElements(_ fields: borrowing FieldSection, to out: inout OutputSpan<UInt8>) {
        let span = fields.bytes.span
        for line in fields.lines where line.known == .forwarded && !line.value.isEmpty {
            if ForwardedElement.endsInQuotes(span, line.value) {
                var members = ForwardedElement.members(span, line.value)
                while let member = members.next(span) {
                    if ForwardedElement.endsInQuotes(span, member) {
                        out.write("for=unknown")
                    } else {
                        out.write(fields.bytes, member)
                    }
                    out.write(", ")
                }
            } else {
                out.write(fields.bytes, line.value)
                out.write(", ")
            }
        }
    }

    private static func writeList(of known: KnownField, _ fields: borrowing FieldSection, to out: inout OutputSpan<UInt8>) {
        for line in fields.lines where line.known == known && !line.value.isEmpty {
            out.write(fields.bytes, line.value)
            out.write(", ")
        }
    }
}
