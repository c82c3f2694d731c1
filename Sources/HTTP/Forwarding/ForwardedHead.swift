/// Turns a client's head into the upstream's and the upstream's into the client's: pure, and the only place that does.
///
/// Of a head nothing is passed through: each line is kept or dropped by name, and what belongs to the connection and to
/// the framing is written anew (RFC 9110 §7.6.1). The forwarding fields are written after that, so that no `Connection`
/// field can take them away.
package enum ForwardedHead {
    /// Writes the request that goes upstream.
    ///
    /// Order: request line; `Host`; the client's other lines as they are, without hop-by-hop and configured ones;
    /// forwarding fields; `Via`; configured fields; framing; connection.
    package static func writeRequest(
        _ head: RequestHead, _ request: borrowing UpstreamRequest, policy: borrowing RequestFieldPolicy,
        client: borrowing ClientPeer, to out: inout OutputSpan<UInt8>
    ) {
        head.withContent { write($0, request, policy: policy, client: client, to: &out) }
    }

    private static func write(
        _ head: borrowing RequestHeadContent, _ request: borrowing UpstreamRequest, policy: borrowing RequestFieldPolicy,
        client: borrowing ClientPeer, to out: inout OutputSpan<UInt8>
    ) {
        out.write(head.fields.bytes, head.summary.methodRange)
        out.write(0x20)
        writeTarget(head, request, to: &out)
        // RFC 9112 §3.2: exactly one `Host`, first.
        out.write(" HTTP/1.1\r\nHost: ")
        writeAuthority(head, request, policy, to: &out)
        out.write("\r\n")
        writeRequestFields(head, request, policy, client, to: &out)
        writeOwnFields(head, request, policy, client, to: &out)
        writeFraming(of: head, request, to: &out)
        if request.expectsContinue, head.summary.expectsContinue { out.write("Expect: 100-continue\r\n") }
        writeConnection(of: request, to: &out)
        out.write("\r\n")
    }

    /// What is added to the client's fields, or stands in their place.
    static func writeOwnFields(
        _ head: borrowing RequestHeadContent, _ request: borrowing UpstreamRequest, _ policy: borrowing RequestFieldPolicy,
        _ client: borrowing ClientPeer, to out: inout OutputSpan<UInt8>
    ) {
        ForwardingFields.write(head, policy: policy, client: client, to: &out)
        if policy.addVia, !policy.ruled.hasVia { writeVia(head, to: &out) }
        policy.writeLines(head.fields, isTrusted: client.isTrusted, to: &out)
        request.edits?.writeLines(head.fields, to: &out)
        if !request.lines.isEmpty { out.write(request.lines) }
    }

    /// Fields of a request that are never copied: hop-by-hop ones (RFC 9110 §7.6.1), those that we write ourselves, those
    /// that another program would take for one of them (`.lookalike`), and credentials meant for a proxy.
    static let requestDropped: UInt64 =
        KnownField.lookalike.bit | KnownField.host.bit | KnownField.contentLength.bit | KnownField.transferEncoding.bit
        | KnownField.connection.bit | KnownField.keepAlive.bit | KnownField.proxyConnection.bit | KnownField.te.bit
        | KnownField.trailer.bit | KnownField.upgrade.bit | KnownField.expect.bit | KnownField.http2Settings.bit
        | KnownField.proxyAuthorization.bit | KnownField.proxyAuthenticate.bit | KnownField.maxForwards.bit

    static func writeTarget(
        _ head: borrowing RequestHeadContent, _ request: borrowing UpstreamRequest, to out: inout OutputSpan<UInt8>
    ) {
        if head.summary.form == .asterisk || head.summary.form == .authority {
            out.write(head.fields.bytes, head.summary.target)
        } else if !request.rewritten.isEmpty {
            out.write(request.target.rewrite.basePath)
            out.write(request.rewritten)
        } else {
            request.target.rewrite.write(
                head.fields.bytes.span, path: head.summary.path, remainder: request.remainder, query: head.summary.query, to: &out
            )
        }
    }

    /// RFC 9110 §7.6.3: the version that the request was received with.
    private static func writeVia(_ head: borrowing RequestHeadContent, to out: inout OutputSpan<UInt8>) {
        if head.summary.isHTTP2 {
            out.write("Via: 2.0 gatehouse\r\n")
        } else {
            out.write(head.summary.minorVersion == 1 ? "Via: 1.1 gatehouse\r\n" : "Via: 1.0 gatehouse\r\n")
        }
    }

    static func writeAuthority(
        _ head: borrowing RequestHeadContent, _ request: borrowing UpstreamRequest, _ policy: borrowing RequestFieldPolicy,
        to out: inout OutputSpan<UInt8>
    ) {
        if let host = policy.host {
            out.write(host)
        } else if policy.preserveHost, !head.summary.authorityRange.isEmpty {
            out.write(head.fields.bytes, head.summary.authorityRange)
        } else {
            out.write(request.target.authority)
        }
    }

    /// The client's fields as they are, without hop-by-hop and configured ones.
    /// - Parameter further: bits of fields that are left out as well.
    static func writeRequestFields(
        _ head: borrowing RequestHeadContent, _ request: borrowing UpstreamRequest,
        _ policy: borrowing RequestFieldPolicy, _ client: borrowing ClientPeer, alsoDropping further: UInt64 = 0,
        to out: inout OutputSpan<UInt8>
    ) {
        var dropped = requestDropped | policy.droppedKinds(isTrusted: client.isTrusted) | further
        // RFC 9110 §6.6.2: `Trailer` announces trailers, which are forwarded only where the route says so.
        if request.forwardsTrailers { dropped &= ~KnownField.trailer.bit }
        copyLines(
            head.fields, dropping: dropped, policy.edits(isTrusted: client.isTrusted), request.edits,
            namedByConnection: head.summary.connection.contains(.names), to: &out)
        // RFC 9110 §7.6.2: TRACE and OPTIONS count down; elsewhere the field has no meaning and is left out.
        if head.summary.method == .trace || head.summary.method == .options, let left = head.fields.number(of: .maxForwards) {
            out.write("Max-Forwards: ")
            out.write(decimal: left == 0 ? 0 : left - 1)
            out.write("\r\n")
        }
    }

    /// Writes the lines that are neither in `dropped`, nor removed by configuration, nor named by `Connection`.
    static func copyLines(
        _ fields: borrowing FieldSection, dropping dropped: UInt64, _ edits: borrowing FieldEdits,
        _ own: FieldEdits? = nil, namedByConnection: Bool, to out: inout OutputSpan<UInt8>
    ) {
        let dropped = dropped | edits.droppedKnown | (own?.droppedKnown ?? 0)
        // Which names are to be compared.
        let bits = namedByConnection ? UInt64.max : edits.droppedNameBits | (own?.droppedNameBits ?? 0)
        // Kept lines that follow each other and stand in the usual form are one copy.
        var run = 0..<0
        for line in fields.lines where dropped & line.known.bit == 0 {
            if bits != 0, bits & FieldEdits.nameBit(fields.bytes.span, line.name) != 0,
                dropsName(of: line, fields, edits, own, namedByConnection)
            {
                continue
            }
            if line.isUsual, line.name.lowerBound == run.upperBound {
                run = run.lowerBound..<line.value.upperBound &+ 2
                continue
            }
            if !run.isEmpty { out.write(fields.bytes, run) }
            run = line.isUsual ? line.name.lowerBound..<line.value.upperBound &+ 2 : 0..<0
            if !line.isUsual { writeAnew(line, of: fields, to: &out) }
        }
        if !run.isEmpty { out.write(fields.bytes, run) }
    }

    @inline(never)
    private static func writeAnew(_ line: FieldLine, of fields: borrowing FieldSection, to out: inout OutputSpan<UInt8>) {
        out.write(fields.bytes, line.name)
        out.write(": ")
        out.write(fields.bytes, line.value)
        out.write("\r\n")
    }

    @inline(never)
    private static func dropsName(
        of line: FieldLine, _ fields: borrowing FieldSection, _ edits: borrowing FieldEdits, _ own: FieldEdits?,
        _ namedByConnection: Bool
    ) -> Bool {
        let span = fields.bytes.span
        if edits.dropsName(span.extracting(line.name)) { return true }
        if let own, own.dropsName(span.extracting(line.name)) { return true }
        // RFC 9110 §7.6.1: what `Connection` names is for this hop. Fields we know are not: those that are, are
        // dropped already, and the others may not be taken away from the upstream by a client.
        return namedByConnection && (line.known == .other || line.known == .underscored)
            && isNamedByConnection(span, fields, line)
    }

    private static func isNamedByConnection(
        _ span: Span<UInt8>, _ fields: borrowing FieldSection, _ line: FieldLine
    ) -> Bool {
        for other in fields.lines where other.known == .connection {
            var members = ListMembers(other.value)
            while let member = members.next(span) {
                if Text.equal(span, member, span, line.name) { return true }
            }
        }
        return false
    }

    /// RFC 9110 §8.6: a request whose method has a use for content says that it has none. A client of HTTP/2 says so by the end
    /// of its stream alone, and there are servers that answer 411 where nothing is said.
    private static func writeFraming(
        of head: borrowing RequestHeadContent, _ request: borrowing UpstreamRequest, to out: inout OutputSpan<UInt8>
    ) {
        if case .none = request.framing, head.summary.method.hasUseForContent {
            out.write("Content-Length: 0\r\n")
        } else {
            writeFraming(request.framing, to: &out)
        }
    }

    static func writeFraming(_ framing: BodyFraming, to out: inout OutputSpan<UInt8>) {
        switch framing {
        case .none, .untilClose: break
        case .length(let length):
            out.write("Content-Length: ")
            out.write(decimal: length)
            out.write("\r\n")
        case .chunked: out.write("Transfer-Encoding: chunked\r\n")
        }
    }

    /// RFC 9110 §7.6.1: `Connection` names the hop-by-hop fields that we ourselves send.
    private static func writeConnection(of request: borrowing UpstreamRequest, to out: inout OutputSpan<UInt8>) {
        if request.acceptsTrailers { out.write("TE: trailers\r\n") }
        switch (request.asksForWebSocket, request.acceptsTrailers) {
        case (true, false): out.write("Connection: Upgrade\r\nUpgrade: websocket\r\n")
        case (true, true): out.write("Connection: Upgrade, TE\r\nUpgrade: websocket\r\n")
        case (false, true): out.write("Connection: TE\r\n")
        case (false, false): break
        }
    }
}
