/// An upstream's response head, RFC 9112 §4 and §5; reused like `RequestHead`.
package final class ResponseHead {
    /// The field lines; its bytes also hold the status line.
    package var fields: FieldSection {
        // Lent, not copied, as in `RequestHead`.
        _read { yield content.fields }
    }
    /// 100...599.
    package var status: Int { summary.status }
    /// The offsets of the reason phrase in `fields.bytes`; may be empty.
    package var reasonPhrase: Range<Int> { summary.reasonPhrase }
    /// 0 or 1, of HTTP/1.x.
    package var minorVersion: UInt8 { summary.minorVersion }
    package var connection: ConnectionOptions { summary.connection }

    private var content = ResponseHeadContent()
    /// What `content` says, apart from its fields: see `RequestHead`.
    private var summary = ResponseHeadContent.Summary()

    package init() {}

    /// Forgets everything and keeps the storage.
    package func reset() {
        content.reset()
        summary = content.summary
    }

    /// Does a field line of this name occur?
    package func contains(_ known: KnownField) -> Bool {
        known.bit != 0 ? summary.present & known.bit != 0 : content.fields.contains(known)
    }

    /// Adds fields of our own. Of the fields in which a server speaks to other origins' pages there must be one: where the
    /// upstream has its own, that stands. On what the answer depends is said in one line.
    package func add(_ fields: AnswerFields) {
        guard !fields.isEmpty else { return }
        let varying = content.fields.count(of: .vary)
        if content.fields.hasLine(named: "access-control-allow-origin") {
            fields.forEach { name, value in
                if FieldSection.isName(name, of: "access-control-allow-", asPrefix: true) { return }
                content.add(name: name, value: value)
            }
        } else {
            content.add(lines: fields.lines.span)
        }
        if varying > 0, content.fields.count(of: .vary) > varying { content.fields.joinVary() }
        summary = content.summary
    }

    /// Gives the lines of a field other values.
    /// - Parameter change: the new value, which has no control byte; nil: the line stays as it is.
    func changeValues(of known: KnownField, _ change: (Span<UInt8>) -> [UInt8]?) {
        content.fields.changeValues(of: known, change)
    }

    /// Takes out field lines.
    /// - Parameter isUnwanted: gets a line and its name.
    func removeLines(where isUnwanted: (FieldLine, Span<UInt8>) -> Bool) {
        content.removeLines(where: isUnwanted)
        summary = content.summary
    }

    /// Says that it came by HTTP/2, and was put together as HTTP/1.1 writes it; after it was parsed.
    package func cameByHTTP2() {
        content.summary.isHTTP2 = true
    }

    /// 1xx: another head follows (RFC 9110 §15.2), except after 101.
    package var isInterim: Bool { status < 200 && status != 101 }

    /// Whether the upstream keeps the connection open after this message (RFC 9112 §9.3); the framing must allow it too.
    package var keepsAlive: Bool {
        if connection.contains(.close) { return false }
        return minorVersion == 1 || connection.contains(.keepAlive)
    }

    /// May the upstream send a body behind an answer that has none? Some do, tens of milliseconds after the head, and a
    /// connection that had been lent again by then would take it for the next answer: nothing on the wire tells them apart.
    ///
    /// To be clean is known of an answer to HEAD only when it states that there would be no byte, and of 204 and 304 unless they
    /// state that there would be some.
    package func mayBeFollowedByBody(to method: Method) -> Bool {
        // RFC 9112 §6.1: where no transfer coding may stand, who sends one may send a body as well.
        if contains(.transferEncoding) { return true }
        guard contains(.contentLength) else { return method == .head }
        let bytes = fields.bytes.span
        return !fields.lines.allSatisfy { line in
            line.known != .contentLength || Text.decimal(bytes, line.value, maxDigits: 19) == 0
        }
    }

    /// Parses the head at the start of `input`; the same contract as `RequestHead.parse`.
    package func parse(_ input: Span<UInt8>, limits: borrowing HeadLimits) throws(HTTPRefusal) -> Int? {
        defer { summary = content.summary }
        return try content.parse(input, limits: limits)
    }

    /// Becomes the same as another head, which was read to its end, and keeps the storage.
    package func copy(_ other: ResponseHead) {
        other.withContent { content.copy($0) }
        summary = other.summary
    }

    /// Bytes of memory that its fields take.
    package var memory: Int { content.fields.bytes.capacity + content.fields.lines.capacity * MemoryLayout<FieldLine>.stride }

    /// Lends everything at once.
    func withContent(_ body: (borrowing ResponseHeadContent) -> Void) { Self.lend(&content, to: body) }

    /// A property would be copied, with a count of references for each of its arrays; what is lent exclusively is not.
    private static func lend(_ content: inout ResponseHeadContent, to body: (borrowing ResponseHeadContent) -> Void) {
        body(content)
    }
}
