/// An upstream's response head, RFC 9112 §4 and §5; reused like `RequestHead`.
package final class ResponseHead {
    /// The field lines; its bytes also hold the status line.
    package var fields: FieldSection { section }
    /// 100...599.
    package var status: Int { summary.status }
    /// The offsets of the reason phrase in `fields.bytes`; may be empty.
    package var reasonPhrase: Range<Int> { summary.reasonPhrase }
    /// 0 or 1, of HTTP/1.x.
    package var minorVersion: UInt8 { summary.minorVersion }
    package var connection: ConnectionOptions { summary.connection }

    // As in `RequestHead`.
    private var section = FieldSection()
    private var summary = Summary()
    private var unfinished: ResponseHeadParser?
    private var isUnfinished = false
    private var storage = FieldSection()

    package init() {}

    /// Forgets everything and keeps the storage.
    package func reset() {
        isUnfinished = false
        if !section.bytes.isEmpty { storage = exchange(&section, with: FieldSection()) }
        summary = Summary()
    }

    /// Does a field line of this name occur?
    package func contains(_ known: KnownField) -> Bool {
        known.bit != 0 ? summary.present & known.bit != 0 : section.contains(known)
    }

    /// Adds fields of our own. Of the fields in which a server speaks to other origins' pages there must be one: where the
    /// upstream has its own, that stands. On what the answer depends is said in one line.
    package func add(_ fields: AnswerFields) {
        guard !fields.isEmpty else { return }
        changeFields { section in
            let varying = section.count(of: .vary)
            if section.hasLine(named: "access-control-allow-origin") {
                fields.forEach { name, value in
                    if FieldSection.isName(name, of: "access-control-", asPrefix: true) { return }
                    section.append(name: name, value: value)
                }
            } else {
                section.append(lines: fields.lines.span)
            }
            if varying > 0, section.count(of: .vary) > varying { section.joinVary() }
        }
    }

    /// Gives the lines of a field other values.
    /// - Parameter change: the new value, which has no control byte; nil: the line stays as it is.
    func changeValues(of known: KnownField, _ change: (Span<UInt8>) -> [UInt8]?) {
        changeFields { $0.changeValues(of: known, change) }
    }

    /// Takes out field lines.
    /// - Parameter isUnwanted: gets a line and its name.
    func removeLines(where isUnwanted: (FieldLine, Span<UInt8>) -> Bool) { changeFields { $0.removeLines(where: isUnwanted) } }

    private func changeFields(_ change: (inout FieldSection) -> Void) {
        var lent = exchange(&section, with: FieldSection())
        change(&lent)
        summary.present = lent.present
        section = lent
    }

    /// Says that it came by HTTP/2, and was put together as HTTP/1.1 writes it; after it was parsed.
    package func cameByHTTP2() {
        summary.isHTTP2 = true
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
        var fields = exchange(&storage, with: FieldSection())
        var parser = begin(&fields)
        do throws(HTTPRefusal) {
            guard let end = try parser.parse(input, into: &fields, limits: limits) else {
                unfinished = parser
                isUnfinished = true
                storage = fields
                return nil
            }
            section = fields
            summary = parser.summary
            return end
        } catch {
            if parser.isPublished { section = fields } else { storage = fields }
            summary = parser.summary
            throw error
        }
    }

    /// A parser that goes on with the head of which `fields` are the lines, or, without one, begins a head.
    @inline(__always)
    private func begin(_ fields: inout FieldSection) -> ResponseHeadParser {
        if isUnfinished, let begun = unfinished.take() {
            isUnfinished = false
            return begun
        }
        fields.removeLines()
        return ResponseHeadParser()
    }

    /// Becomes the same as another head, which was read to its end, and keeps the storage.
    package func copy(_ other: ResponseHead) {
        reset()
        var fields = exchange(&storage, with: FieldSection())
        fields.copy(other.section)
        section = fields
        summary = other.summary
    }

    /// Bytes of memory that its fields take.
    package var memory: Int { section.bytes.capacity + section.lines.capacity * MemoryLayout<FieldLine>.stride }

    /// Lends everything at once; the head's own fields are away meanwhile.
    @inline(__always)
    func withContent(_ body: (borrowing ResponseHeadContent) -> Void) {
        let content = ResponseHeadContent(fields: exchange(&section, with: FieldSection()), of: self)
        body(content)
        section = content.fields
    }

    /// All that it says besides its fields.
    var said: Summary { summary }
}
