/// Turns the URLs that a request of WebDAV names in its fields into those under which the upstream knows them: `Destination`,
/// where COPY and MOVE go (RFC 4918 §10.3), and the resources in `If` (§10.4.2). Clients write what they asked for, `https` and
/// all; a server that is asked by `http`, or for another path, takes that for another server's. For answers there is
/// `ReverseRewrite`.
package struct DestinationRewrite: Sendable {
    /// Is the upstream asked by TLS?
    private let isSecure: Bool
    /// The route's path; nil where it has none.
    private let prefix: PathPrefix?
    private let rewrite: PathRewrite

    package init(isSecure: Bool, prefix: PathPrefix?, rewrite: PathRewrite) {
        self.isSecure = isSecure
        self.prefix = prefix
        self.rewrite = rewrite
    }

    /// What is written in place of both fields. A field in which nothing is changed stays as it came.
    /// - Parameters:
    ///   - edits: the configured ones; fields that they take out or set stay theirs.
    ///   - host: what is sent as `Host`.
    func changes(of head: borrowing RequestHeadContent, without edits: FieldEdits, host: [UInt8]) -> FieldRules {
        let span = head.fields.bytes.span
        let asked = Array(head.fields.bytes[head.summary.authorityRange])
        var rules = FieldRules()
        for line in head.fields.lines where line.known == .other && !edits.drops(span.extracting(line.name)) {
            let value = span.extracting(line.value)
            let isDestination = Text.equal(span, line.name, "destination")
            guard isDestination || Text.equal(span, line.name, "if") else { continue }
            let changed = isDestination ? url(value, asked: asked, host: host) : resources(value, asked: asked, host: host)
            guard let changed, let text = String(validating: changed, as: UTF8.self),
                let field = ConfiguredField(isDestination ? "Destination" : "If", text)
            else { continue }
            rules.set.append(FieldRule(field))
        }
        return rules
    }

    /// The URL for the upstream; nil: as it is, since it is no URL of this route.
    /// - Parameter asked: the authority that the client asked for.
    func url(_ value: Span<UInt8>, asked: [UInt8], host: [UInt8]) -> [UInt8]? {
        guard let (target, path) = Self.target(value, asked: asked) else { return nil }
        // What is outside of the route's path is another route's affair, with rules of its own.
        let match = prefix?.match(target.span, path)
        guard match != nil || prefix == nil && rewrite.prefix == .keep else { return nil }
        let remainder = match?.remainder ?? 0
        var url: [UInt8] = []
        url.append(isSecure ? "https://" : "http://")
        url += host
        url.append(addingCapacity: target.count + rewrite.maxAddedBytes) {
            rewrite.write(target.span, path: path, remainder: remainder, query: path.upperBound..<target.count, to: &$0)
        }
        return url
    }

    /// The path, in its normal form, and the query of a URL; nil if it is none of the authority that the client asked for.
    static func target(_ value: Span<UInt8>, asked: [UInt8]) -> (bytes: [UInt8], path: Range<Int>)? {
        guard !value.isEmpty else { return nil }
        var start = 0
        if value[0] != UInt8(ascii: "/") {
            let isHTTPS = value.count > 8 && Text.equal(value, 0..<8, "https://")
            guard isHTTPS || value.count > 7 && Text.equal(value, 0..<7, "http://") else { return nil }
            let authority = isHTTPS ? 8 : 7
            start = firstOf("/?#", value, from: authority)
            guard isSame(value, authority..<start, asked, isHTTPS: isHTTPS) else { return nil }
        }
        let end = firstOf("?#", value, from: start)
        var target: [UInt8] = []
        do throws(HTTPRefusal) {
            try NormalisedPath.append(value, start..<end, to: &target)
        } catch { return nil }
        let path = 0..<target.count
        target.append(value, end..<value.count)
        return (target, path)
    }

    /// RFC 4918 §10.4.2: resources stand in angle brackets, as do tokens, which are within parentheses. nil: as it is.
    private func resources(_ value: Span<UInt8>, asked: [UInt8], host: [UInt8]) -> [UInt8]? {
        var (out, isChanged, isInList, index): ([UInt8], Bool, Bool, Int) = ([], false, false, 0)
        while index < value.count {
            let byte = value[index]
            if byte == UInt8(ascii: "<"), !isInList {
                let end = Self.firstOf(">", value, from: index)
                let changed = url(value.extracting(index + 1..<end), asked: asked, host: host)
                isChanged = isChanged || changed != nil
                out.append(byte)
                if let changed { out += changed } else { out.append(value, index + 1..<end) }
                index = end
                continue
            }
            if byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")") { isInList = byte == UInt8(ascii: "(") }
            out.append(byte)
            index += 1
        }
        return isChanged ? out : nil
    }

    /// Is it the authority that the client asked for? A port that is the scheme's own may be left out (RFC 9110 §4.2.3).
    private static func isSame(_ value: Span<UInt8>, _ range: Range<Int>, _ asked: [UInt8], isHTTPS: Bool) -> Bool {
        guard let theirs = AuthorityParts(value, range), let ours = AuthorityParts(asked.span, 0..<asked.count) else {
            return false
        }
        let own: UInt16 = isHTTPS ? 443 : 80
        return theirs.port ?? own == ours.port ?? own
            && Text.equal(value, theirs.host, asked.span, ours.host)
    }

    private static func firstOf(_ ends: StaticString, _ span: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < span.count, !ends.description.utf8.contains(span[index]) { index += 1 }
        return index
    }
}
