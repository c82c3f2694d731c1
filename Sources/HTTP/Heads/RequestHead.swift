/// A request's head, RFC 9112 §3 and §5, as parsed from HTTP/1 or assembled from another version.
///
/// One object per connection is reused for all its requests (`reset()`), so that a head costs no allocation once its
/// arrays have grown. It is owned by one worker and never shared.
package final class RequestHead {
    /// The field lines. Its bytes also hold the request line and, behind the head, what normalisation had to rewrite; all
    /// ranges below are offsets into `fields.bytes`.
    package var fields: FieldSection { section }
    /// The bytes that all ranges point into: of `fields`, whose lines are not looked at.
    package var bytes: [UInt8] { section.bytes }
    package var method: Method { summary.method }
    /// The method's bytes, for methods that are not named.
    package var methodRange: Range<Int> { summary.methodRange }
    /// The target as the client wrote it.
    package var target: Range<Int> { summary.target }
    package var form: TargetForm { summary.form }
    /// The normalised path (docs/paths.md), beginning with `/`; `*` of the asterisk form; empty for CONNECT.
    package var path: Range<Int> { summary.path }
    /// The query with its `?`, untouched, or empty; it always directly follows the path.
    package var query: Range<Int> { summary.query }
    /// 0 or 1, of HTTP/1.x; 1 of a later version, which has all that HTTP/1.1 has.
    package var minorVersion: UInt8 { summary.minorVersion }
    /// Did it come by HTTP/2? It was then put together as HTTP/1.1 writes it.
    package var isHTTP2: Bool { summary.isHTTP2 }
    /// Was the request line read to its end? Always, unless the head was refused.
    package var hasRequestLine: Bool { summary.hasRequestLine }
    /// The authority asked for (absolute-form target, else `Host`), checked; nil only in HTTP/1.0 without `Host`.
    package var authority: AuthorityParts? { summary.authority }
    /// All bytes of that authority, `host[:port]`; empty if there is none.
    package var authorityRange: Range<Int> { summary.authorityRange }
    /// Is `bytes` that authority, to the letter?
    package func isAuthority(_ bytes: Span<UInt8>) -> Bool {
        let own = section.bytes
        return ByteScanning.same(own.span.extracting(summary.authorityRange), bytes)
    }
    package var connection: ConnectionOptions { summary.connection }
    /// How the end of the body is found.
    package var framing: BodyFraming { summary.framing }
    /// The client waits for a 100 before it sends the body (RFC 9110 §10.1.1).
    package var expectsContinue: Bool { summary.expectsContinue }
    /// The protocol that the client asks to switch to; nil if it does not, or may not (RFC 9110 §7.8).
    package var upgrade: Upgrade? { summary.upgrade }

    /// A protocol to switch to.
    package enum Upgrade: UInt8, Sendable {
        case websocket
        /// A protocol that we never tunnel (h2c and all others); the request is then answered as if it had not asked.
        case other
    }

    // Price 1: no access to any of these spans a call. The fields are taken out to be changed, a head is read by a parser of its
    // own, and what is asked for many times in a request stands apart from them.
    private var section = FieldSection()
    private var summary = Summary()
    /// How far a head is read of which more is awaited; its lines are in `storage`.
    private var unfinished: RequestHeadParser?
    /// Is there one? To look at the parser itself would be to copy it.
    private var isUnfinished = false
    /// For the fields of the next head: the storage of an earlier one's.
    private var storage = FieldSection()

    package init() {}

    /// Forgets everything and keeps the storage.
    package func reset() {
        isUnfinished = false
        if !section.bytes.isEmpty { storage = exchange(&section, with: FieldSection()) }
        summary = Summary()
    }

    /// Gives the lines of a field other values.
    /// - Parameter change: the new value, which has no control byte; nil: the line stays as it is.
    func changeValues(of known: KnownField, _ change: (Span<UInt8>) -> [UInt8]?) {
        changeFields { $0.changeValues(of: known, change) }
    }

    /// Takes out field lines; the offsets of what stays are as before.
    func removeLines(where isUnwanted: (FieldLine, Span<UInt8>) -> Bool) { changeFields { $0.removeLines(where: isUnwanted) } }

    /// Adds a field line; the caller vouches for name and value as with `FieldSection.append`.
    func append(_ name: StaticString, _ value: Span<UInt8>) {
        var bytes: [UInt8] = []
        bytes.append(name)
        changeFields { $0.append(name: bytes.span, value: value) }
    }

    private func changeFields(_ change: (inout FieldSection) -> Void) {
        var lent = exchange(&section, with: FieldSection())
        change(&lent)
        section = lent
    }

    /// Becomes the same as another head, which was read to its end, and keeps the storage.
    package func copy(_ other: RequestHead) {
        reset()
        var fields = exchange(&storage, with: FieldSection())
        fields.copy(other.section)
        section = fields
        summary = other.summary
    }

    /// Lends everything at once; the head's own fields are away meanwhile.
    @inline(__always)
    func withContent(_ body: (borrowing RequestHeadContent) -> Void) {
        let content = RequestHeadContent(fields: exchange(&section, with: FieldSection()), of: self)
        body(content)
        section = content.fields
    }

    /// All that it says besides its fields.
    var said: Summary { summary }

    /// Parses the head at the start of `input`. Returns nil when more bytes are needed; the next call's `input` must then
    /// begin with the same bytes and have grown, and parsing goes on where it stopped. Otherwise returns how many bytes
    /// the head took. After an error or a result, `reset()` before the next head.
    ///
    /// Until a result or an error the head shows nothing; after an error what was read before it, for the log.
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
            section = fields
            summary = parser.summary
            throw error
        }
    }

    /// Gives up a head of which no more will be read, and shows what was, for the log. One that was refused is shown already.
    /// - Parameters:
    ///   - input: as for `parse`.
    ///   - limits: as for `parse`.
    package func abandon(_ input: Span<UInt8>, limits: borrowing HeadLimits) {
        guard section.bytes.isEmpty else { return }
        var fields = exchange(&storage, with: FieldSection())
        var parser = begin(&fields)
        parser.abandon(input, into: &fields, limits: limits)
        section = fields
        summary = parser.summary
    }

    /// A parser that goes on with the head of which `fields` are the lines, or, without one, begins a head.
    @inline(__always)
    private func begin(_ fields: inout FieldSection) -> RequestHeadParser {
        if isUnfinished, let begun = unfinished.take() {
            isUnfinished = false
            return begun
        }
        fields.removeLines()
        return RequestHeadParser(isHTTP2: summary.isHTTP2)
    }

    /// Path and query together, as they are routed and forwarded.
    package var pathAndQuery: Range<Int> { path.lowerBound..<query.upperBound }

    /// Whether the client will send another request on this connection if we let it (RFC 9112 §9.3).
    package var keepsAlive: Bool {
        if connection.contains(.close) { return false }
        return minorVersion == 1 || connection.contains(.keepAlive)
    }

    /// Was it an extended CONNECT for a WebSocket (RFC 8441)? Then a 2xx says that there is one now.
    package var isExtendedConnect: Bool { isHTTP2 && upgrade == .websocket }

    /// Says that it came by HTTP/2, before it is parsed.
    package func comesByHTTP2() {
        summary.isHTTP2 = true
    }

    /// Whether the client said that it reads trailers: `TE: trailers`, named by `Connection` (RFC 9110 §10.1.4).
    package var acceptsTrailers: Bool { summary.acceptsTrailers }

    /// See `FieldSection.authenticatesConnection`.
    package var authenticatesConnection: Bool {
        guard section.contains(.authorization) else { return false }
        let fields = section
        return fields.authenticatesConnection
    }

    /// How many more hops TRACE or OPTIONS may take (RFC 9110 §7.6.2): at 0 the recipient answers itself. nil without a
    /// valid field.
    package var maxForwards: UInt64? {
        fields.number(of: .maxForwards)
    }

    /// The text of one of the ranges, for logs.
    package func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// The method as text, for logs.
    package var methodText: String { string(methodRange) }
}
