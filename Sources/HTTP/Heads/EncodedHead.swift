extension ResponseHead {
    /// Does its body bring events as they happen (the HTML standard, "server-sent events")?
    package var isEventStream: Bool {
        guard let line = fields.first(.contentType) else { return false }
        let (count, start) = (line.value.count, line.value.lowerBound)
        guard count >= 17, Text.equal(fields.bytes.span, start..<start + 17, "text/event-stream") else { return false }
        return count == 17 || [UInt8(ascii: ";"), ByteClass.space].contains(fields.bytes[start + 17])
    }

    /// Says of the answer that others get another form of it.
    package func varyByEncoding() {
        if fields.contains(.vary, token: "accept-encoding") || fields.contains(.vary, token: "*") { return }
        add(AnswerFields("Vary", "Accept-Encoding"))
    }

    /// The head of the same answer in a coding: another length, which is not known, and another strong entity tag
    /// (RFC 9110 §8.8.3.3).
    package func encode(as coding: ContentCoding) {
        // Parts are of bytes that nobody keeps.
        removeLines { line, name in line.known == .contentLength || Text.equal(name, 0..<name.count, "accept-ranges") }
        changeValues(of: .etag) { EncodedTag.made(of: $0, coding) }
        add(AnswerFields("Content-Encoding", coding.name.description))
        varyByEncoding()
    }

    /// A 304 to a client that has the answer in a coding: it is told the tag that it knows.
    package func restoreTag(of request: RequestHead, codings: [ContentCoding]) {
        guard status == 304, request.fields.contains(.ifNoneMatch), let line = fields.first(.etag) else { return }
        let tag = Array(fields.bytes[line.value])
        for coding in codings {
            guard let known = EncodedTag.made(of: tag.span, coding), request.fields.contains(.ifNoneMatch, tag: known) else {
                continue
            }
            changeValues(of: .etag) { _ in known }
            return varyByEncoding()
        }
    }
}

extension RequestHead {
    /// Beside each entity tag of an encoded form in a condition, names that of the form that the upstream knows. Both, since an
    /// upstream may have tags that look alike.
    package func addPlainTags(codings: [ContentCoding]) {
        guard fields.contains(.ifNoneMatch) || fields.contains(.ifMatch) else { return }
        for field in [KnownField.ifNoneMatch, .ifMatch] {
            changeValues(of: field) { EncodedTag.withPlain($0, codings) }
        }
    }
}
