extension ForwardedHead {
    /// Writes the final answer that goes to the client.
    ///
    /// Order: status line; the upstream's lines as they are, without hop-by-hop and configured ones; `Via`; configured
    /// fields; framing; connection.
    package static func writeResponse(
        _ head: ResponseHead, _ answer: borrowing ClientAnswer, policy: borrowing ResponseFieldPolicy,
        to out: inout OutputSpan<UInt8>
    ) {
        head.withContent { write($0, answer, policy: policy, to: &out) }
    }

    private static func write(
        _ head: borrowing ResponseHeadContent, _ answer: borrowing ClientAnswer, policy: borrowing ResponseFieldPolicy,
        to out: inout OutputSpan<UInt8>
    ) {
        writeStatusLine(head, to: &out)
        writeFields(head, answer, policy, to: &out)
        if head.summary.status == 101 {
            out.write("Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            return
        }
        // RFC 9110 §15.5.22: the answer is of no use without the protocols that it asks for.
        if head.summary.status == 426 { writeOffer(head, to: &out) }
        let isLast = answer.closes || answer.framing.isUntilClose
        if case .none = answer.framing {
            writeStatedLength(head, to: &out)
        } else {
            writeFraming(answer.framing, to: &out)
        }
        if isLast {
            out.write("Connection: close\r\n")
        } else if answer.clientMinorVersion == 0 {
            // RFC 9112 §9.3: HTTP/1.0 keeps a connection only when told so.
            out.write("Connection: keep-alive\r\n")
        }
        out.write("\r\n")
    }

    /// Appends the lines of the final answer's fields that go to an HTTP/2 client, which has neither a status line nor fields of
    /// the connection (RFC 9113 §8.2.2).
    package static func appendResponseFields(
        _ head: ResponseHead, _ answer: borrowing ClientAnswer, policy: borrowing ResponseFieldPolicy, to out: inout [UInt8]
    ) {
        head.withContent { content in
            // The lines of our own mostly take less.
            out.append(guessing: content.fields.bytes.count + 768) { span in
                // RFC 8441 §5: the handshake's proof is of HTTP/1.1.
                writeFields(content, answer, policy, alsoDropping: KnownField.secWebSocketAccept.bit, to: &span)
                if case .none = answer.framing { return writeStatedLength(content, to: &span) }
                // What has no length ends with its stream.
                if !answer.framing.isUncounted { writeFraming(answer.framing, to: &span) }
            }
        }
    }

    /// The upstream's fields as they are, without hop-by-hop and configured ones, and our own.
    private static func writeFields(
        _ head: borrowing ResponseHeadContent, _ answer: borrowing ClientAnswer, _ policy: borrowing ResponseFieldPolicy,
        alsoDropping further: UInt64 = 0, to out: inout OutputSpan<UInt8>
    ) {
        var dropped = responseDropped | further
        if answer.forwardsTrailers { dropped &= ~KnownField.trailer.bit }
        let names = head.summary.connection.contains(.names)
        copyLines(head.fields, dropping: dropped, policy.edits, namedByConnection: names, to: &out)
        if !answer.date.isEmpty, !head.fields.contains(.date), policy.edits.droppedKnown & KnownField.date.bit == 0 {
            out.write("Date: ")
            out.write(answer.date)
            out.write("\r\n")
        }
        if policy.addVia { out.write(head.summary.isHTTP2 ? "Via: 2.0 gatehouse\r\n" : "Via: 1.1 gatehouse\r\n") }
        policy.writeLines(head.fields, to: &out)
    }

    /// The protocols that the upstream offers, with the option that RFC 9110 §7.8 wants beside them.
    private static func writeOffer(_ head: borrowing ResponseHeadContent, to out: inout OutputSpan<UInt8>) {
        guard head.fields.contains(.upgrade) else { return }
        for line in head.fields.lines where line.known == .upgrade && !line.value.isEmpty {
            out.write("Upgrade: ")
            out.write(head.fields.bytes, line.value)
            out.write("\r\n")
        }
        out.write("Connection: Upgrade\r\n")
    }

    /// Writes an interim answer (100, 103): its own fields but for what is removed or set by configuration, nothing added. Not to
    /// HTTP/1.0 clients, RFC 9110 §15.2.
    package static func writeInterim(
        _ head: ResponseHead, policy: borrowing ResponseFieldPolicy, to out: inout OutputSpan<UInt8>
    ) {
        head.withContent { writeInterim($0, policy, to: &out) }
    }

    private static func writeInterim(
        _ head: borrowing ResponseHeadContent, _ policy: borrowing ResponseFieldPolicy, to out: inout OutputSpan<UInt8>
    ) {
        writeStatusLine(head, to: &out)
        writeInterimFields(head, policy, to: &out)
        out.write("\r\n")
    }

    /// Appends the lines of an interim answer's fields, for an HTTP/2 client.
    package static func appendInterimFields(
        _ head: ResponseHead, policy: borrowing ResponseFieldPolicy, to out: inout [UInt8]
    ) {
        head.withContent { content in
            out.append(guessing: content.fields.bytes.count) { writeInterimFields(content, policy, to: &$0) }
        }
    }

    private static func writeInterimFields(
        _ head: borrowing ResponseHeadContent, _ policy: borrowing ResponseFieldPolicy, to out: inout OutputSpan<UInt8>
    ) {
        let names = head.summary.connection.contains(.names)
        copyLines(head.fields, dropping: responseDropped, policy.edits, namedByConnection: names, to: &out)
    }

    /// Hop-by-hop fields (RFC 9110 §7.6.1) and those written anew.
    private static let responseDropped: UInt64 =
        KnownField.lookalike.bit | KnownField.contentLength.bit | KnownField.transferEncoding.bit
        | KnownField.connection.bit | KnownField.keepAlive.bit | KnownField.proxyConnection.bit | KnownField.te.bit
        | KnownField.trailer.bit | KnownField.upgrade.bit | KnownField.proxyAuthenticate.bit

    /// RFC 9110 §2.5: the version is our own, whatever the upstream's was.
    private static func writeStatusLine(_ head: borrowing ResponseHeadContent, to out: inout OutputSpan<UInt8>) {
        out.write("HTTP/1.1 ")
        out.write(decimal: UInt64(head.summary.status))
        out.write(0x20)
        if head.summary.isHTTP2 {
            // HTTP/2 has none (RFC 9113 §8.3.2), and there are clients that take an empty one for a broken line.
            out.write(StatusText.phrase(head.summary.status))
        } else {
            out.write(head.fields.bytes, head.summary.reasonPhrase)
        }
        out.write("\r\n")
    }

    /// RFC 9110 §8.6: in the answer to HEAD and in a 304, `Content-Length` is that of the body a GET would have had, so it
    /// is kept; in 1xx and 204 it must not stand.
    private static func writeStatedLength(_ head: borrowing ResponseHeadContent, to out: inout OutputSpan<UInt8>) {
        guard head.summary.status >= 200, head.summary.status != 204, let line = head.fields.first(.contentLength) else { return }
        out.write("Content-Length: ")
        out.write(head.fields.bytes, line.value)
        out.write("\r\n")
    }
}
