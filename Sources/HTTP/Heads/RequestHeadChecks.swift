/// What follows from a request's lines once all of them are there, or speaks against the request.
extension RequestHead.Summary {
    mutating func checkAuthority(_ parts: RequestTarget, _ fields: borrowing FieldSection) throws(HTTPRefusal) {
        let host = fields.first(.host)
        if let host {
            // RFC 9112 §3.2: more than one Host line, or an invalid one, is a 400.
            if fields.count(of: .host) > 1 { throw HTTPRefusal(.hostRepeated) }
            authorityRange = host.value
            guard let named = AuthorityParts(fields.bytes.span, host.value) else { throw HTTPRefusal(.hostMalformed) }
            authority = named
            authorityRange = named.normal(host.value)
        } else if minorVersion == 1 {
            // RFC 9112 §3.2: HTTP/1.1 requires Host.
            throw HTTPRefusal(.hostMissing)
        }
        guard let stated = parts.authority else { return }
        guard let wanted = AuthorityParts(fields.bytes.span, stated) else { throw HTTPRefusal(.hostMalformed) }
        // RFC 9112 §3.2.2: the target's authority counts. A Host that differs is a sign of an attack on whoever reads Host.
        let port = parts.defaultPort
        if let authority, !Self.sameAuthority(fields.bytes.span, wanted, authority, defaultPort: port) {
            throw HTTPRefusal(.hostDisagreesWithTarget)
        }
        authorityRange = wanted.normal(stated)
        authority = wanted
    }

    /// Whether two authorities name one endpoint; `defaultPort` is what a missing port means.
    private static func sameAuthority(
        _ bytes: Span<UInt8>, _ one: AuthorityParts, _ other: AuthorityParts, defaultPort: UInt16
    ) -> Bool {
        one.isIPv6 == other.isIPv6 && (one.port ?? defaultPort) == (other.port ?? defaultPort)
            && Text.equal(bytes, one.host, bytes, other.host)
    }

    mutating func checkExpectation(_ fields: borrowing FieldSection) throws(HTTPRefusal) {
        // RFC 9110 §10.1.1: 100-continue in HTTP/1.0 is ignored; any other expectation is answered with 417.
        guard fields.contains(.expect) else { return }
        for line in fields.lines where line.known == .expect {
            guard fields.value(of: line, equals: "100-continue") else { throw HTTPRefusal(.expectationUnknown) }
        }
        expectsContinue = minorVersion == 1 && !framing.isEmpty
    }

    mutating func checkUpgrade(_ fields: borrowing FieldSection) throws(HTTPRefusal) {
        // RFC 9110 §7.8: ignored in HTTP/1.0, and without the connection option.
        guard minorVersion == 1, connection.contains(.upgrade), fields.contains(.upgrade) else { return }
        upgrade = fields.contains(.upgrade, token: "websocket") ? .websocket : .other
        // The upgraded protocol begins where the body ends; peers that disagree on that are open to smuggling. What we never
        // switch to is ignored (RFC 9110 §7.8), and the body is an ordinary one.
        if upgrade == .websocket, !framing.isEmpty { throw HTTPRefusal(.upgradeWithBody) }
    }

    mutating func normalisePath(in fields: inout FieldSection) throws(HTTPRefusal) {
        guard form == .origin || form == .absolute, !NormalisedPath.isNormal(fields.bytes.span, path) else { return }
        (path, query) = try fields.appendNormalised(path: path, query: query)
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
