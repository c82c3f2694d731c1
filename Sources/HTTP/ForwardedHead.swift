/// Turns a client's head into the upstream's and the upstream's into the client's: pure, and the only place that does.
///
/// Of a head nothing is passed through: each line is kept or dropped by name, and what belongs to the connection and to
/// the framing is written anew (RFC 9110 §7.6.1). The forwarding fields are written after that, so that no `Connection`
/// field can take them away.
package enum ForwardedHead {
    /// Appends the request that goes upstream.
    ///
    /// Order: request line; `Host`; the client's other lines as they are, without hop-by-hop and configured ones;
    /// forwarding fields; `Via`; configured fields; framing; connection.
    package static func appendRequest(
        _ head: RequestHead, _ request: borrowing UpstreamRequest, policy: borrowing RequestFieldPolicy,
        client: borrowing ClientFacts, to out: inout [UInt8]
    ) {
        head.withContent { appendRequest($0, request, policy: policy, client: client, to: &out) }
    }

    private static func appendRequest(
        _ head: borrowing RequestHeadContent, _ request: borrowing UpstreamRequest, policy: borrowing RequestFieldPolicy,
        client: borrowing ClientFacts, to out: inout [UInt8]
    ) {
        appendRequestLine(head, request, to: &out)
        appendHost(head, request, policy, to: &out)
        appendRequestFields(head, request, policy, client, to: &out)
        ForwardingFields.append(head, policy: policy, client: client, to: &out)
        if policy.addVia { out.append(head.facts.minorVersion == 1 ? "Via: 1.1 gatehouse\r\n" : "Via: 1.0 gatehouse\r\n") }
        policy.edits.appendLines(head.fields, to: &out)
        appendFraming(request.framing, to: &out)
        if request.expectsContinue, head.facts.expectsContinue { out.append("Expect: 100-continue\r\n") }
        appendConnection(of: request, to: &out)
        out.append("\r\n")
    }

    /// Fields of a request that are never copied: hop-by-hop ones (RFC 9110 §7.6.1), those that we write ourselves, those
    /// that another program would take for one of them (`.lookalike`), and credentials meant for a proxy.
    private static let requestDropped: UInt64 =
        KnownField.lookalike.bit | KnownField.host.bit | KnownField.contentLength.bit | KnownField.transferEncoding.bit
        | KnownField.connection.bit | KnownField.keepAlive.bit | KnownField.proxyConnection.bit | KnownField.te.bit
        | KnownField.trailer.bit | KnownField.upgrade.bit | KnownField.expect.bit | KnownField.http2Settings.bit
        | KnownField.proxyAuthorization.bit | KnownField.proxyAuthenticate.bit | KnownField.maxForwards.bit

    private static func appendRequestLine(
        _ head: borrowing RequestHeadContent, _ request: borrowing UpstreamRequest, to out: inout [UInt8]
    ) {
        out.append(head.fields.bytes, head.facts.methodRange)
        out.append(0x20)
        if head.facts.form == .asterisk || head.facts.form == .authority {
            out.append(head.fields.bytes, head.facts.target)
        } else {
            request.target.rewrite.append(
                head.fields, path: head.facts.path, remainder: request.remainder, query: head.facts.query, to: &out)
        }
        out.append(" HTTP/1.1\r\n")
    }

    /// RFC 9112 §3.2: exactly one `Host`, first.
    private static func appendHost(
        _ head: borrowing RequestHeadContent, _ request: borrowing UpstreamRequest, _ policy: borrowing RequestFieldPolicy,
        to out: inout [UInt8]
    ) {
        out.append("Host: ")
        if let host = policy.host {
            out.append(host, 0..<host.count)
        } else if policy.preserveHost, !head.facts.authorityRange.isEmpty {
            out.append(head.fields.bytes, head.facts.authorityRange)
        } else {
            out.append(request.target.authority, 0..<request.target.authority.count)
        }
        out.append("\r\n")
    }

    private static func appendRequestFields(
        _ head: borrowing RequestHeadContent, _ request: borrowing UpstreamRequest,
        _ policy: borrowing RequestFieldPolicy, _ client: borrowing ClientFacts, to out: inout [UInt8]
    ) {
        var dropped = requestDropped | ForwardingFields.dropped(policy: policy, isTrusted: client.isTrusted)
        // RFC 9110 §6.6.2: `Trailer` announces trailers, which are read and forwarded only with a chunked body.
        if request.framing == .chunked { dropped &= ~KnownField.trailer.bit }
        copyLines(
            head.fields, dropping: dropped, policy.edits, namedByConnection: head.facts.connection.contains(.names), to: &out)
        // RFC 9110 §7.6.2: TRACE and OPTIONS count down; elsewhere the field has no meaning and is left out.
        if head.facts.method == .trace || head.facts.method == .options, let left = head.fields.number(of: .maxForwards) {
            out.append("Max-Forwards: ")
            out.append(decimal: left == 0 ? 0 : left - 1)
            out.append("\r\n")
        }
    }

    /// Appends the lines that are neither in `dropped`, nor removed by configuration, nor named by `Connection`.
    static func copyLines(
        _ fields: borrowing FieldSection, dropping dropped: UInt64, _ edits: borrowing FieldEdits, namedByConnection: Bool,
        to out: inout [UInt8]
    ) {
        let span = fields.bytes.span
        // Kept lines that follow each other and stand in the usual form are one copy.
        var run = 0..<0
        for line in fields.lines where dropped & line.known.bit == 0 {
            if edits.drops(span, line) { continue }
            // RFC 9110 §7.6.1: what `Connection` names is for this hop. Fields we know are not: those that are, are
            // dropped already, and the others may not be taken away from the upstream by a client.
            if namedByConnection, line.known == .other, isNamedByConnection(span, fields, line) { continue }
            let isUsual = isInUsualForm(span, line)
            if isUsual, line.name.lowerBound == run.upperBound {
                run = run.lowerBound..<line.value.upperBound &+ 2
                continue
            }
            if !run.isEmpty { out.append(span, run) }
            run = isUsual ? line.name.lowerBound..<line.value.upperBound &+ 2 : 0..<0
            if !isUsual {
                out.append(span, line.name)
                out.append(": ")
                out.append(span, line.value)
                out.append("\r\n")
            }
        }
        if !run.isEmpty { out.append(span, run) }
    }

    /// One space between colon and value, none behind the value, and the line's end there: as it would be written anew.
    @inline(__always)
    private static func isInUsualForm(_ span: Span<UInt8>, _ line: FieldLine) -> Bool {
        let (start, end) = (line.name.upperBound, line.value.upperBound)
        return line.value.lowerBound &- start == 2 && end &+ 2 <= span.count && span[start] == 0x3A
            && span[start &+ 1] == ByteClass.space && span[end] == ByteClass.carriageReturn
            && span[end &+ 1] == ByteClass.lineFeed
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

    static func appendFraming(_ framing: BodyFraming, to out: inout [UInt8]) {
        switch framing {
        case .none, .untilClose: break
        case .length(let length):
            out.append("Content-Length: ")
            out.append(decimal: length)
            out.append("\r\n")
        case .chunked: out.append("Transfer-Encoding: chunked\r\n")
        }
    }

    /// RFC 9110 §7.6.1: `Connection` names the hop-by-hop fields that we ourselves send.
    private static func appendConnection(of request: borrowing UpstreamRequest, to out: inout [UInt8]) {
        if request.acceptsTrailers { out.append("TE: trailers\r\n") }
        switch (request.asksForWebSocket, request.acceptsTrailers, request.closes) {
        case (true, false, _): out.append("Connection: Upgrade\r\nUpgrade: websocket\r\n")
        case (true, true, _): out.append("Connection: Upgrade, TE\r\nUpgrade: websocket\r\n")
        case (false, true, true): out.append("Connection: close, TE\r\n")
        case (false, true, false): out.append("Connection: TE\r\n")
        case (false, false, true): out.append("Connection: close\r\n")
        case (false, false, false): break
        }
    }
}
