/// A request's head, RFC 9112 §3 and §5, as parsed from HTTP/1 or assembled from another version.
///
/// One object per connection is reused for all its requests (`reset()`), so that a head costs no allocation once its
/// arrays have grown. It is owned by one worker and never shared.
package final class RequestHead {
    /// The field lines. Its bytes also hold the request line and, behind the head, what normalisation had to rewrite; all
    /// ranges below are offsets into `fields.bytes`.
    package internal(set) var fields = FieldSection()
    package internal(set) var method = Method.other
    /// The method's bytes, for methods that are not named.
    package internal(set) var methodRange = 0..<0
    /// The target as the client wrote it.
    package internal(set) var target = 0..<0
    package internal(set) var form = TargetForm.origin
    /// The normalised path (docs/paths.md), beginning with `/`; `*` of the asterisk form; empty for CONNECT.
    package internal(set) var path = 0..<0
    /// The query with its `?`, untouched, or empty; it always directly follows the path.
    package internal(set) var query = 0..<0
    /// 0 or 1, of HTTP/1.x.
    package internal(set) var minorVersion: UInt8 = 1
    /// The authority asked for (absolute-form target, else `Host`), checked; nil only in HTTP/1.0 without `Host`.
    package internal(set) var authority: AuthorityParts?
    /// All bytes of that authority, `host[:port]`; empty if there is none.
    package internal(set) var authorityRange = 0..<0
    package internal(set) var connection: ConnectionOptions = []
    /// How the end of the body is found.
    package internal(set) var framing = BodyFraming.none
    /// The client waits for a 100 before it sends the body (RFC 9110 §10.1.1).
    package internal(set) var expectsContinue = false
    /// The protocol that the client asks to switch to; nil if it does not, or may not (RFC 9110 §7.8).
    package internal(set) var upgrade: Upgrade?

    /// A protocol to switch to.
    package enum Upgrade: UInt8, Sendable {
        case websocket
        /// A protocol that we never tunnel (h2c and all others); the request is then answered as if it had not asked.
        case other
    }

    private var line = RequestLineParser()
    private var section = FieldSectionParser()
    private var isInFields = false
    /// The lines read so far; their bytes are still the caller's.
    private var unfinished = FieldSection()

    package init() {}

    /// Forgets everything and keeps the storage.
    package func reset() {
        fields.removeAll()
        unfinished.removeAll()
        method = .other
        methodRange = 0..<0
        target = 0..<0
        form = .origin
        path = 0..<0
        query = 0..<0
        minorVersion = 1
        authority = nil
        authorityRange = 0..<0
        connection = []
        framing = .none
        expectsContinue = false
        upgrade = nil
        line = RequestLineParser()
        section = FieldSectionParser()
        isInFields = false
    }

    /// Path and query together, as they are routed and forwarded.
    package var pathAndQuery: Range<Int> { path.lowerBound..<query.upperBound }

    /// Whether the client will send another request on this connection if we let it (RFC 9112 §9.3).
    package var keepsAlive: Bool {
        if connection.contains(.close) { return false }
        return minorVersion == 1 || connection.contains(.keepAlive)
    }

    /// Whether the client can read chunked answers.
    package var acceptsChunked: Bool { minorVersion == 1 }

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

extension RequestHead {
    /// Parses the head at the start of `input`. Returns nil when more bytes are needed; the next call's `input` must then
    /// begin with the same bytes and have grown, and parsing goes on where it stopped. Otherwise returns how many bytes
    /// the head took. After an error or a result, `reset()` before the next head.
    ///
    /// Until a result or an error the head shows nothing; after an error what was read before it, for the log.
    package func parse(_ input: Span<UInt8>, limits: borrowing HeadLimits) throws(HTTPRefusal) -> Int? {
        do throws(HTTPRefusal) {
            guard let end = try parseLines(input, limits) else { return nil }
            publish(input, end)
            try conclude()
            return end
        } catch {
            if fields.bytes.isEmpty { publish(input, min(input.count, limits.maxHeadBytes)) }
            throw error
        }
    }

    private func parseLines(_ input: Span<UInt8>, _ limits: borrowing HeadLimits) throws(HTTPRefusal) -> Int? {
        if !isInFields {
            guard let next = try line.parse(input, limits: limits) else { return nil }
            section = FieldSectionParser(at: next)
            isInFields = true
        }
        return try section.parse(input, into: &unfinished, limits: limits, from: .client)
    }

    /// Shows what was parsed, with the bytes that it points into.
    private func publish(_ input: Span<UInt8>, _ end: Int) {
        swap(&fields, &unfinished)
        fields.bytes.append(input, 0..<end)
        guard isInFields else { return }
        methodRange = line.method
        method = .named(input, line.method)
        target = line.target
        minorVersion = line.minorVersion
    }

    /// Whether any byte of a request has arrived: if not, a closing client is not an error.
    package static func hasBegun(_ input: Span<UInt8>) -> Bool {
        // RFC 9112 §2.2: one empty line before a request is no request yet.
        if input.count <= 2 {
            for index in 0..<input.count where input[index] != (index == 0 ? ByteClass.carriageReturn : ByteClass.lineFeed) {
                return true
            }
            return false
        }
        return true
    }
}
