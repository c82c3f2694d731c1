/// What a `RequestHead` holds. A value, so that parsing and forwarding open the object once and not once per field of it.
struct RequestHeadContent {
    var fields = FieldSection()
    var summary = Summary()

    /// What a head says besides its fields; ranges are offsets into `fields.bytes`.
    struct Summary {
        var method = Method.other
        var methodRange = 0..<0
        var target = 0..<0
        var form = TargetForm.origin
        var path = 0..<0
        var query = 0..<0
        var minorVersion: UInt8 = 1
        var isHTTP2 = false
        var hasRequestLine = false
        var authority: AuthorityParts?
        var authorityRange = 0..<0
        var connection: ConnectionOptions = []
        var framing = BodyFraming.none
        var expectsContinue = false
        var upgrade: RequestHead.Upgrade?
    }

    private var line = RequestLineParser()
    private var section = FieldSectionParser()
    private var isInFields = false
    /// The lines read so far; their bytes are still the caller's.
    private var unfinished = FieldSection()

    mutating func reset() {
        fields.removeAll()
        unfinished.removeAll()
        summary = Summary()
        line = RequestLineParser()
        section = FieldSectionParser()
        isInFields = false
    }

    /// Takes over what another head says that was read to its end, and keeps the storage.
    mutating func copy(_ other: borrowing RequestHeadContent) {
        fields.copy(other.fields)
        summary = other.summary
    }

    /// See `RequestHead.parse`.
    mutating func parse(_ input: Span<UInt8>, limits: borrowing HeadLimits) throws(HTTPRefusal) -> Int? {
        do throws(HTTPRefusal) {
            guard let end = try parseLines(input, limits) else { return nil }
            publish(input, end)
            try conclude()
            return end
        } catch {
            abandon(input, limits: limits)
            throw error
        }
    }

    /// See `RequestHead.abandon`.
    mutating func abandon(_ input: Span<UInt8>, limits: borrowing HeadLimits) {
        if fields.bytes.isEmpty { publish(input, min(input.count, limits.maxHeadBytes)) }
        guard summary.authorityRange.isEmpty, let host = fields.first(.host) else { return }
        summary.authorityRange = host.value
        summary.authority = AuthorityParts(fields.bytes.span, host.value)
    }

    private mutating func parseLines(_ input: Span<UInt8>, _ limits: borrowing HeadLimits) throws(HTTPRefusal) -> Int? {
        if !isInFields {
            guard let next = try line.parse(input, limits: limits) else { return nil }
            section = FieldSectionParser(at: next)
            isInFields = true
        }
        return try section.parse(input, into: &unfinished, limits: limits, from: .client)
    }

    /// Shows what was parsed, with the bytes that it points into.
    private mutating func publish(_ input: Span<UInt8>, _ end: Int) {
        swap(&fields, &unfinished)
        fields.bytes.append(input, 0..<end)
        summary.methodRange = line.methodAsRead
        summary.target = line.targetAsRead
        if !line.method.isEmpty { summary.method = .named(input, line.method) }
        guard isInFields else { return }
        summary.minorVersion = line.minorVersion
        summary.hasRequestLine = true
    }
}
