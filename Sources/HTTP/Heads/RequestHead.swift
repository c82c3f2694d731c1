/// A request's head, RFC 9112 §3 and §5, as parsed from HTTP/1 or assembled from another version.
///
/// One object per connection is reused for all its requests (`reset()`), so that a head costs no allocation once its
/// arrays have grown. It is owned by one worker and never shared.
package final class RequestHead {
    /// The field lines. Its bytes also hold the request line and, behind the head, what normalisation had to rewrite; all
    /// ranges below are offsets into `fields.bytes`.
    package var fields: FieldSection {
        // Lent, not copied: a copy would count references of two arrays at every look.
        _read { yield content.fields }
    }
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
        let own = content.fields.bytes
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

    private var content = RequestHeadContent()
    /// What `content` says, apart from its fields: these small values are asked for many times in a request, and an object's
    /// property that is never lent out needs no check of exclusive access at run time.
    private var summary = RequestHeadContent.Summary()

    package init() {}

    /// Forgets everything and keeps the storage.
    package func reset() {
        content.reset()
        summary = content.summary
    }

    /// Gives the lines of a field other values.
    /// - Parameter change: the new value, which has no control byte; nil: the line stays as it is.
    func changeValues(of known: KnownField, _ change: (Span<UInt8>) -> [UInt8]?) {
        content.fields.changeValues(of: known, change)
    }

    /// Takes out field lines; the offsets of what stays are as before.
    func removeLines(where isUnwanted: (FieldLine, Span<UInt8>) -> Bool) { content.fields.removeLines(where: isUnwanted) }

    /// Adds a field line; the caller vouches for name and value as with `FieldSection.append`.
    func append(_ name: StaticString, _ value: Span<UInt8>) {
        var bytes: [UInt8] = []
        bytes.append(name)
        content.fields.append(name: bytes.span, value: value)
    }

    /// Becomes the same as another head, which was read to its end, and keeps the storage.
    package func copy(_ other: RequestHead) {
        other.withContent { content.copy($0) }
        summary = other.summary
    }

    /// Lends everything at once.
    func withContent(_ body: (borrowing RequestHeadContent) -> Void) { Self.lend(&content, to: body) }

    /// A property would be copied, with a count of references for each of its arrays; what is lent exclusively is not.
    private static func lend(_ content: inout RequestHeadContent, to body: (borrowing RequestHeadContent) -> Void) {
        body(content)
    }

    /// Parses the head at the start of `input`. Returns nil when more bytes are needed; the next call's `input` must then
    /// begin with the same bytes and have grown, and parsing goes on where it stopped. Otherwise returns how many bytes
    /// the head took. After an error or a result, `reset()` before the next head.
    ///
    /// Until a result or an error the head shows nothing; after an error what was read before it, for the log.
    package func parse(_ input: Span<UInt8>, limits: borrowing HeadLimits) throws(HTTPRefusal) -> Int? {
        defer { summary = content.summary }
        return try content.parse(input, limits: limits)
    }

    /// Gives up a head of which no more will be read, and shows what was, for the log.
    /// - Parameters:
    ///   - input: as for `parse`.
    ///   - limits: as for `parse`.
    package func abandon(_ input: Span<UInt8>, limits: borrowing HeadLimits) {
        content.abandon(input, limits: limits)
        summary = content.summary
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
        content.summary.isHTTP2 = true
    }

    /// Whether the client said that it reads trailers: `TE: trailers`, named by `Connection` (RFC 9110 §10.1.4).
    package var acceptsTrailers: Bool {
        connection.contains(.te) && fields.contains(.te, token: "trailers")
    }

    /// How many more hops TRACE or OPTIONS may take (RFC 9110 §7.6.2): at 0 the recipient answers itself. nil without a
    /// valid field.
    package var maxForwards: UInt64? {
        fields.number(of: .maxForwards)
    }

    /// The text of one of the ranges, for logs.
    package func string(_ range: Range<Int>) -> String { String(decoding: fields.bytes[range], as: UTF8.self) }

    /// The method as text, for logs.
    package var methodText: String { string(methodRange) }
}
