extension ForwardedHead {
    /// Appends the final answer that goes to the client.
    ///
    /// Order: status line; the upstream's lines as they are, without hop-by-hop and configured ones; `Via`; configured
    /// fields; framing; connection.
    package static func appendResponse(
        _ head: ResponseHead, _ answer: borrowing ClientAnswer, policy: borrowing ResponseFieldPolicy, to out: inout [UInt8]
    ) {
        head.withContent { appendResponse($0, answer, policy: policy, to: &out) }
    }

    private static func appendResponse(
        _ head: borrowing ResponseHeadContent, _ answer: borrowing ClientAnswer, policy: borrowing ResponseFieldPolicy,
        to out: inout [UInt8]
    ) {
        appendStatusLine(head, to: &out)
        var dropped = responseDropped
        if answer.forwardsTrailers { dropped &= ~KnownField.trailer.bit }
        let names = head.facts.connection.contains(.names)
        copyLines(head.fields, dropping: dropped, policy.edits, namedByConnection: names, to: &out)
        if !answer.date.isEmpty, !head.fields.contains(.date) {
            out.append("Date: ")
            out.append(answer.date, 0..<answer.date.count)
            out.append("\r\n")
        }
        if policy.addVia { out.append("Via: 1.1 gatehouse\r\n") }
        policy.edits.appendLines(head.fields, to: &out)
        if head.facts.status == 101 {
            out.append("Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            return
        }
        let isLast = answer.closes ? true : answer.framing == .untilClose
        if case .none = answer.framing {
            appendStatedLength(head, to: &out)
        } else {
            appendFraming(answer.framing, to: &out)
        }
        if isLast {
            out.append("Connection: close\r\n")
        } else if answer.clientMinorVersion == 0 {
            // RFC 9112 §9.3: HTTP/1.0 keeps a connection only when told so.
            out.append("Connection: keep-alive\r\n")
        }
        out.append("\r\n")
    }

    /// Appends an interim answer (100, 103): its own fields, nothing added. Not to HTTP/1.0 clients, RFC 9110 §15.2.
    package static func appendInterim(_ head: ResponseHead, to out: inout [UInt8]) {
        head.withContent { appendInterim($0, to: &out) }
    }

    private static func appendInterim(_ head: borrowing ResponseHeadContent, to out: inout [UInt8]) {
        appendStatusLine(head, to: &out)
        let names = head.facts.connection.contains(.names)
        copyLines(head.fields, dropping: responseDropped, FieldEdits.none, namedByConnection: names, to: &out)
        out.append("\r\n")
    }

    /// Hop-by-hop fields (RFC 9110 §7.6.1) and those written anew.
    private static let responseDropped: UInt64 =
        KnownField.lookalike.bit | KnownField.contentLength.bit | KnownField.transferEncoding.bit
        | KnownField.connection.bit | KnownField.keepAlive.bit | KnownField.proxyConnection.bit | KnownField.te.bit
        | KnownField.trailer.bit | KnownField.upgrade.bit | KnownField.proxyAuthenticate.bit

    /// RFC 9110 §2.5: the version is our own, whatever the upstream's was.
    private static func appendStatusLine(_ head: borrowing ResponseHeadContent, to out: inout [UInt8]) {
        out.append("HTTP/1.1 ")
        out.append(decimal: UInt64(head.facts.status))
        out.append(0x20)
        out.append(head.fields.bytes, head.facts.reasonPhrase)
        out.append("\r\n")
    }

    /// RFC 9110 §8.6: in the answer to HEAD and in a 304, `Content-Length` is that of the body a GET would have had, so it
    /// is kept; in 1xx and 204 it must not stand.
    private static func appendStatedLength(_ head: borrowing ResponseHeadContent, to out: inout [UInt8]) {
        guard head.facts.status >= 200, head.facts.status != 204, let line = head.fields.first(.contentLength) else { return }
        out.append("Content-Length: ")
        out.append(head.fields.bytes, line.value)
        out.append("\r\n")
    }
}
