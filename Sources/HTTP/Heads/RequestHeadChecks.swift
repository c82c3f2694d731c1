/// What is derived from a request's lines once all of them are there.
extension RequestHeadContent {
    /// Sets target parts, authority, connection options, framing, expectation and upgrade, or refuses the request.
    mutating func conclude() throws(HTTPRefusal) {
        let parts = try RequestTarget(fields.bytes.span, summary.target, summary.method)
        summary.form = parts.form
        summary.path = parts.path
        summary.query = parts.query
        summary.connection = try ConnectionOptions(fields, from: .client)
        summary.acceptsTrailers = summary.connection.contains(.te) && fields.contains(.te, token: "trailers")
        try checkAuthority(parts)
        summary.framing = try BodyFraming.ofRequest(fields, minorVersion: summary.minorVersion)
        try checkExpectation()
        try checkUpgrade()
        // RFC 9110 §9.3.6, §9.3.8: no content in TRACE; CONNECT has no defined content.
        if summary.method == .trace || summary.method == .connect, !summary.framing.isEmpty {
            throw HTTPRefusal(.bodyNotAllowed)
        }
        try normalisePath()
    }

    private mutating func checkAuthority(_ parts: RequestTarget) throws(HTTPRefusal) {
        let host = fields.first(.host)
        if let host {
            // RFC 9112 §3.2: more than one Host line, or an invalid one, is a 400.
            if fields.count(of: .host) > 1 { throw HTTPRefusal(.hostRepeated) }
            summary.authorityRange = host.value
            guard let authority = AuthorityParts(fields.bytes.span, host.value) else { throw HTTPRefusal(.hostMalformed) }
            summary.authority = authority
            summary.authorityRange = authority.normal(host.value)
        } else if summary.minorVersion == 1 {
            // RFC 9112 §3.2: HTTP/1.1 requires Host.
            throw HTTPRefusal(.hostMissing)
        }
        guard let stated = parts.authority else { return }
        guard let wanted = AuthorityParts(fields.bytes.span, stated) else { throw HTTPRefusal(.hostMalformed) }
        // RFC 9112 §3.2.2: the target's authority counts. A Host that differs is a sign of an attack on whoever reads Host.
        let port = parts.defaultPort
        if let authority = summary.authority, !Self.sameAuthority(fields.bytes.span, wanted, authority, defaultPort: port) {
            throw HTTPRefusal(.hostDisagreesWithTarget)
        }
        summary.authorityRange = wanted.normal(stated)
        summary.authority = wanted
    }

    /// Whether two authorities name one endpoint; `defaultPort` is what a missing port means.
    private static func sameAuthority(
        _ bytes: Span<UInt8>, _ one: AuthorityParts, _ other: AuthorityParts, defaultPort: UInt16
    ) -> Bool {
        one.isIPv6 == other.isIPv6 && (one.port ?? defaultPort) == (other.port ?? defaultPort)
            && Text.equal(bytes, one.host, bytes, other.host)
    }

    private mutating func checkExpectation() throws(HTTPRefusal) {
        // RFC 9110 §10.1.1: 100-continue in HTTP/1.0 is ignored; any other expectation is answered with 417.
        guard fields.contains(.expect) else { return }
        for line in fields.lines where line.known == .expect {
            guard fields.value(of: line, equals: "100-continue") else { throw HTTPRefusal(.expectationUnknown) }
        }
        summary.expectsContinue = summary.minorVersion == 1 && !summary.framing.isEmpty
    }

    private mutating func checkUpgrade() throws(HTTPRefusal) {
        // RFC 9110 §7.8: ignored in HTTP/1.0, and without the connection option.
        guard summary.minorVersion == 1, summary.connection.contains(.upgrade), fields.contains(.upgrade) else { return }
        summary.upgrade = fields.contains(.upgrade, token: "websocket") ? .websocket : .other
        // The upgraded protocol begins where the body ends; peers that disagree on that are open to smuggling. What we never
        // switch to is ignored (RFC 9110 §7.8), and the body is an ordinary one.
        if summary.upgrade == .websocket, !summary.framing.isEmpty { throw HTTPRefusal(.upgradeWithBody) }
    }

    private mutating func normalisePath() throws(HTTPRefusal) {
        guard summary.form == .origin || summary.form == .absolute, !NormalisedPath.isNormal(fields.bytes.span, summary.path)
        else {
            return
        }
        (summary.path, summary.query) = try fields.appendNormalised(path: summary.path, query: summary.query)
    }
}

extension FieldSection {
    /// Adds the normal form of `path`, and `query` behind it, to the bytes; returns where both are now.
    fileprivate mutating func appendNormalised(
        path: Range<Int>, query: Range<Int>
    ) throws(HTTPRefusal) -> (path: Range<Int>, query: Range<Int>) {
        var normal: [UInt8] = []
        try NormalisedPath.append(bytes.span, path, to: &normal)
        let middle = normal.count
        normal.append(bytes, query)
        let start = bytes.count
        bytes.append(normal, 0..<normal.count)
        return (start..<start + middle, start + middle..<bytes.count)
    }
}
