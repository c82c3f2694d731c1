/// Reads a request's head, and goes on where it stopped when bytes were missing. It has no references, so that it is put away and
/// taken up again at no cost.
struct RequestHeadParser {
    private(set) var summary: RequestHead.Summary
    private var line = RequestLineParser()
    private var section = FieldSectionParser()
    private var isInFields = false
    /// Do the fields have their own bytes? Until then these are still the caller's.
    private var isPublished = false

    /// - Parameter isHTTP2: does the head come by HTTP/2?
    init(isHTTP2: Bool) {
        summary = RequestHead.Summary()
        summary.isHTTP2 = isHTTP2
    }

    /// See `RequestHead.parse`.
    /// - Parameter fields: the head's; the same ones each time, at first without lines.
    mutating func parse(
        _ input: Span<UInt8>, into fields: inout FieldSection, limits: borrowing HeadLimits
    ) throws(HTTPRefusal) -> Int? {
        do throws(HTTPRefusal) {
            guard let end = try parseLines(input, &fields, limits) else { return nil }
            publish(input, end, &fields)
            try conclude(&fields)
            return end
        } catch {
            abandon(input, into: &fields, limits: limits)
            throw error
        }
    }

    /// See `RequestHead.abandon`.
    mutating func abandon(_ input: Span<UInt8>, into fields: inout FieldSection, limits: borrowing HeadLimits) {
        if !isPublished { publish(input, min(input.count, limits.maxHeadBytes), &fields) }
        guard summary.authorityRange.isEmpty, let host = fields.first(.host) else { return }
        summary.authorityRange = host.value
        summary.authority = AuthorityParts(fields.bytes.span, host.value)
    }

    private mutating func parseLines(
        _ input: Span<UInt8>, _ fields: inout FieldSection, _ limits: borrowing HeadLimits
    ) throws(HTTPRefusal) -> Int? {
        if !isInFields {
            guard let next = try line.parse(input, limits: limits) else { return nil }
            section = FieldSectionParser(at: next)
            isInFields = true
        }
        return try section.parse(input, into: &fields, limits: limits, from: .client)
    }

    /// Shows what was parsed, with the bytes that it points into.
    private mutating func publish(_ input: Span<UInt8>, _ end: Int, _ fields: inout FieldSection) {
        isPublished = true
        fields.bytes.replaceAll(with: input.extracting(0..<end))
        summary.methodRange = line.methodAsRead
        summary.target = line.targetAsRead
        if !line.method.isEmpty { summary.method = .named(input, line.method) }
        guard isInFields else { return }
        summary.minorVersion = line.minorVersion
        summary.hasRequestLine = true
    }

    // MARK: What is derived

    /// Sets target parts, authority, connection options, framing, expectation and upgrade, or refuses the request: what follows
    /// from its lines once all of them are there.
    private mutating func conclude(_ fields: inout FieldSection) throws(HTTPRefusal) {
        let parts = try RequestTarget(fields.bytes.span, summary.target, summary.method)
        summary.form = parts.form
        summary.path = parts.path
        summary.query = parts.query
        summary.connection = try ConnectionOptions(fields, from: .client)
        summary.acceptsTrailers = summary.connection.contains(.te) && fields.contains(.te, token: "trailers")
        try summary.checkAuthority(parts, fields)
        summary.framing = try BodyFraming.ofRequest(fields, minorVersion: summary.minorVersion)
        try summary.checkExpectation(fields)
        try summary.checkUpgrade(fields)
        // RFC 9110 §9.3.6, §9.3.8: no content in TRACE; CONNECT has no defined content.
        if summary.method == .trace || summary.method == .connect, !summary.framing.isEmpty {
            throw HTTPRefusal(.bodyNotAllowed)
        }
        try summary.normalisePath(in: &fields)
    }
}
