/// The heads of stored answers, RFC 9111 §3.1 and §3.2: bytes as HTTP/1 writes them, to be read again like any other head.
package enum StoredHead {
    /// What is kept of an answer's head: all but what belongs to its connection and its framing, and what a cache says itself.
    /// - Parameter now: seconds since 1970; the answer's date where it has none (RFC 9110 §6.6.1).
    package static func bytes(of head: ResponseHead, now: Int64) -> [UInt8] {
        var out = statusLine(head)
        head.withContent { content in
            let names = content.summary.connection.contains(.names)
            out.append(guessing: content.fields.bytes.count) {
                ForwardedHead.copyLines(content.fields, dropping: dropped, notKept, namedByConnection: names, to: &$0)
            }
        }
        if !head.contains(.date) {
            out.append("Date: ")
            HTTPDate.append(now, to: &out)
            out.append("\r\n")
        }
        out.append("\r\n")
        return out
    }

    /// RFC 9111 §4.3.4: does a 304 speak of the stored answer? Not if it names another by its tag. Tags are compared weakly,
    /// since servers weaken those of what they compress, and also without the coding that they have got here.
    package static func isOf(_ stored: ResponseHead, _ answer: ResponseHead) -> Bool {
        guard let named = answer.fields.first(.etag) else { return true }
        guard let own = stored.fields.first(.etag) else { return false }
        let tag = CacheConditions.opaque(Array(stored.fields.bytes[own.value]))
        let wanted = CacheConditions.opaque(Array(answer.fields.bytes[named.value]))
        return tag == wanted || ContentCoding.allCases.contains { EncodedTag.made(of: wanted.span, $0) == tag }
    }

    /// RFC 9111 §3.2: the stored head with the fields of the 304 that has found it unchanged in place of its own, but for those
    /// that speak of the stored content. What the 304's `Vary` names besides is added to what the stored one names, of which
    /// nothing is taken away: the upstream does not know of a coding that the answer has got here.
    package static func bytes(of stored: ResponseHead, freshenedBy answer: ResponseHead) -> [UInt8] {
        var out = statusLine(stored)
        let news = answer.fields
        for line in stored.fields.lines {
            let name = stored.fields.bytes.span.extracting(line.name)
            let isNew = news.lines.contains { Text.sameVariable(news.bytes.span.extracting($0.name), name) }
            if !isNew || isOfContent(line.known) || isOfBytes(name) { append(line, of: stored.fields, to: &out) }
        }
        answer.withContent { content in
            let names = content.summary.connection.contains(.names)
            out.append(guessing: content.fields.bytes.count) {
                ForwardedHead.copyLines(content.fields, dropping: dropped, notRenewed, namedByConnection: names, to: &$0)
            }
        }
        if news.contains(.vary) {
            let known = VaryingFields(of: stored.fields).names
            let added = VaryingFields(of: news).names.filter { !known.contains($0) }
            if !added.isEmpty {
                out.append("Vary: ")
                out.append(contentsOf: added.joined(separator: ", ".utf8))
                out.append("\r\n")
            }
        }
        out.append("\r\n")
        return out
    }

    /// RFC 9110 §15.4.5: what a 304 to a client has of a stored answer.
    package static func notModified(_ stored: ResponseHead) -> [UInt8] {
        var out: [UInt8] = []
        out.append("HTTP/1.1 304 Not Modified\r\n")
        for line in stored.fields.lines where !isOfContent(line.known) || line.known == .etag || line.known == .vary {
            if !isOfMessage(stored.fields, line) { append(line, of: stored.fields, to: &out) }
        }
        out.append("\r\n")
        return out
    }

    /// RFC 9110 §15.3.7: the head of a part of the stored answer.
    package static func partial(_ stored: ResponseHead) -> [UInt8] {
        var out: [UInt8] = []
        out.append("HTTP/1.1 206 Partial Content\r\n")
        for line in stored.fields.lines where line.known != .contentRange {
            if !isOfMessage(stored.fields, line) { append(line, of: stored.fields, to: &out) }
        }
        out.append("\r\n")
        return out
    }

    /// What is said of the stored bytes, whatever a later 304 says.
    private static func isOfContent(_ known: KnownField) -> Bool {
        switch known {
        case .contentType, .contentEncoding, .contentRange, .contentLength, .etag, .vary: true
        default: false
        }
    }

    /// The same of names that are no known fields: sums, and whether there are parts, of which what was encoded here has none.
    private static func isOfBytes(_ name: Span<UInt8>) -> Bool {
        AnswerCompression.isDigest(name, 0..<name.count) || Text.equal(name, 0..<name.count, "accept-ranges")
    }

    /// RFC 9530 §2, RFC 1864: is it a sum over what the message itself holds, which is wrong of a part?
    private static func isOfMessage(_ fields: borrowing FieldSection, _ line: FieldLine) -> Bool {
        let span = fields.bytes.span
        return Text.equal(span, line.name, "content-digest") || Text.equal(span, line.name, "content-md5")
    }

    private static func statusLine(_ head: ResponseHead) -> [UInt8] {
        var out: [UInt8] = []
        out.append("HTTP/1.1 ")
        out.append(decimal: UInt64(head.status))
        out.append(0x20)
        out.append(head.fields.bytes, head.reasonPhrase)
        out.append("\r\n")
        return out
    }

    private static func append(_ line: FieldLine, of fields: borrowing FieldSection, to out: inout [UInt8]) {
        out.append(fields.bytes, line.name)
        out.append(": ")
        out.append(fields.bytes, line.value)
        out.append("\r\n")
    }

    /// RFC 9111 §3.1, RFC 9110 §7.6.1.
    private static let dropped: UInt64 =
        KnownField.lookalike.bit | KnownField.contentLength.bit | KnownField.transferEncoding.bit | KnownField.connection.bit
        | KnownField.keepAlive.bit | KnownField.proxyConnection.bit | KnownField.te.bit | KnownField.trailer.bit
        | KnownField.upgrade.bit | KnownField.proxyAuthenticate.bit | KnownField.proxyAuthorization.bit

    /// `Age` is counted anew; `Cache-Status` spoke of the request that the answer was made for (RFC 9211 §2).
    private static let ownFields = ["Age", "Cache-Status", "Proxy-Authentication-Info", "Set-Cookie"]
    private static let notKept = FieldEdits(FieldRules(remove: ownFields))
    private static let notRenewed = FieldEdits(
        FieldRules(
            remove: ownFields + ["Content-Type", "Content-Encoding", "Content-Range", "ETag", "Vary"]
                + ["Accept-Ranges", "Content-Digest", "Repr-Digest", "Digest", "Content-MD5"]))
}
