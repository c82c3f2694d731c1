/// Turns what an upstream's answer says of the upstream's own addresses and paths into what its client can use: the way back of
/// `PathRewrite`. docs/routing.md says what becomes of what.
package final class ReverseRewrite: Sendable {
    /// Where a server listens.
    package struct Server: Sendable, Equatable {
        /// Lower case; an IPv6 address without brackets.
        let host: [UInt8]
        let port: UInt16

        package init(host: String, port: UInt16) {
            self.host = Array(host.lowercased().utf8)
            self.port = port
        }
    }

    /// The servers of the route, any of which an answer may name.
    private let servers: [Server]
    /// What the route takes from the path, without its final slash.
    private let prefix: [UInt8]
    private let rewrite: PathRewrite
    /// Are the paths and domains of cookies changed too?
    private let changesCookies: Bool

    /// - Parameters:
    ///   - prefix: the route's path; nil where it has none that could be put back.
    ///   - rewrite: what the way there does.
    package init(servers: [Server], prefix: PathPrefix?, rewrite: PathRewrite, changesCookies: Bool) {
        self.servers = servers
        var text = Array((prefix?.text ?? "").utf8)
        while text.last == UInt8(ascii: "/") { text.removeLast() }
        self.prefix = text
        self.rewrite = rewrite
        self.changesCookies = changesCookies
    }

    /// Changes an answer's head.
    @inline(__always)
    package func apply(to head: ResponseHead, of request: RequestHead) {
        // RFC 9110 §10.2.2 gives it a meaning with 201 and 3xx, §15.3.3 with 202, and applications with others, too: whatever
        // the status, an address inside is none for clients.
        if head.contains(.location) { changeLocation(head, request) }
        if changesCookies { head.changeValues(of: .setCookie) { self.cookie($0) } }
    }

    @inline(never)
    private func changeLocation(_ head: ResponseHead, _ request: RequestHead) {
        head.changeValues(of: .location) { self.location($0, asked: request.fields.bytes[request.authorityRange]) }
    }

    // MARK: Location

    /// The value for the client; nil: as it is.
    /// - Parameter asked: the authority that the client asked for.
    func location(_ value: Span<UInt8>, asked: ArraySlice<UInt8>) -> [UInt8]? {
        guard !value.isEmpty else { return nil }
        guard let start = Self.authorityStart(value) else {
            return value[0] == UInt8(ascii: "/") ? changed(value, from: 0).map(Self.beginningWithOneSlash) : nil
        }
        let end = Self.firstOf("/?#", value, from: start)
        let isSecure = start == 8
        // Whoever names a user means somebody else.
        guard let parts = AuthorityParts(value, start..<end) else { return nil }
        let port = parts.port ?? (isSecure ? 443 : 80)
        if servers.contains(where: { $0.port == port && Self.same(value, parts.host, $0.host) }) {
            return Self.beginningWithOneSlash(changed(value, from: end) ?? Self.bytes(value, end..<value.count))
        }
        guard Self.same(value, start..<end, asked), let path = changed(value, from: end) else { return nil }
        return Self.bytes(value, 0..<end) + path
    }

    /// Behind `http://`, `https://` or `//`; nil for what is no absolute address.
    private static func authorityStart(_ value: Span<UInt8>) -> Int? {
        if value.count > 7, Text.equal(value, 0..<7, "http://") { return 7 }
        if value.count > 8, Text.equal(value, 0..<8, "https://") { return 8 }
        return value.count > 2 && value[0] == UInt8(ascii: "/") && value[1] == UInt8(ascii: "/") ? 2 : nil
    }

    /// Two slashes at the beginning would make what follows a host (RFC 3986 §4.2), and a client chooses it. To browsers so do
    /// backslashes, and tabs between them (the URL standard).
    private static func beginningWithOneSlash(_ path: [UInt8]) -> [UInt8] {
        [UInt8(ascii: "/")] + path.drop { "/\\\t".utf8.contains($0) }
    }

    // MARK: Paths

    /// The client's form of the path that begins at `start`, with query and fragment behind it; nil if it stays as it is.
    private func changed(_ value: Span<UInt8>, from start: Int) -> [UInt8]? {
        let end = Self.firstOf("?#", value, from: start)
        guard let path = clientPath(Self.bytes(value, start..<end)) else { return nil }
        return path + Self.bytes(value, end..<value.count)
    }

    /// The client's path for one of the upstream's; nil if it is the same, or is none that a request of the route could reach.
    func clientPath(_ path: [UInt8]) -> [UInt8]? {
        guard let inner = Self.behind(rewrite.basePath, path) else { return nil }
        switch rewrite.prefix {
        case .keep: return rewrite.basePath.isEmpty ? nil : inner.isEmpty ? [UInt8(ascii: "/")] : inner
        case .strip:
            // Whoever knows the prefix (by `X-Forwarded-Prefix`) has written it already.
            if prefix.isEmpty || Self.behind(prefix, inner) != nil { return rewrite.basePath.isEmpty ? nil : inner }
            return prefix + (inner.isEmpty ? [UInt8(ascii: "/")] : inner)
        case .replace(let target):
            let beginning = target.last == UInt8(ascii: "/") ? Array(target.dropLast()) : target
            guard let rest = Self.behind(beginning, inner) else { return nil }
            return prefix.isEmpty && rest.isEmpty ? [UInt8(ascii: "/")] : prefix + rest
        }
    }

    /// What follows whole segments; nil if the path is not below them.
    private static func behind(_ segments: [UInt8], _ path: [UInt8]) -> [UInt8]? {
        guard path.starts(with: segments) else { return nil }
        let rest = path.dropFirst(segments.count)
        return rest.isEmpty || rest.first == UInt8(ascii: "/") ? Array(rest) : nil
    }

    // MARK: Cookies

    /// RFC 6265 §5.2: attributes stand behind semicolons. nil: as it is.
    func cookie(_ value: Span<UInt8>) -> [UInt8]? {
        let parts = Self.bytes(value, 0..<value.count).split(
            separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        guard !Self.isOfWholeHost(parts[0]) else { return nil }
        var isChanged = false
        var kept: [[UInt8]] = []
        for (index, part) in parts.enumerated() {
            guard index > 0, let equals = part.firstIndex(of: UInt8(ascii: "=")) else {
                kept.append(Array(part))
                continue
            }
            let name = Self.trimmed(part[..<equals]).map(ByteClass.lowerCase)
            let content = Self.trimmed(part[(equals + 1)...])
            if name == Array("path".utf8), let path = clientPath(content) {
                isChanged = true
                // RFC 6265 §5.1.4: `/a` is for `/a` and what is below, `/a/` not for `/a`.
                let isBelow = path.count > 1 && path.last == UInt8(ascii: "/")
                kept.append(Array(part[...equals]) + (isBelow ? Array(path.dropLast()) : path))
            } else if name == Array("domain".utf8), isOwnDomain(content) {
                // A cookie without a domain is the host's that sent it, as the browser knows it.
                isChanged = true
            } else {
                kept.append(Array(part))
            }
        }
        return isChanged ? Array(kept.joined(separator: [UInt8(ascii: ";")])) : nil
    }

    /// RFC 6265bis §4.1.3.2: browsers take such a cookie for the path `/` alone.
    private static func isOfWholeHost(_ pair: ArraySlice<UInt8>) -> Bool {
        trimmed(pair).prefix(7).map(ByteClass.lowerCase) == Array("__host-".utf8)
    }

    private func isOwnDomain(_ content: [UInt8]) -> Bool {
        let domain = content.first == UInt8(ascii: ".") ? Array(content.dropFirst()) : content
        return servers.contains { $0.host == domain.map(ByteClass.lowerCase) }
    }

    private static func trimmed(_ part: ArraySlice<UInt8>) -> [UInt8] {
        var bytes = Array(part.drop(while: ByteClass.isBlank))
        while let last = bytes.last, ByteClass.isBlank(last) { bytes.removeLast() }
        return bytes
    }

    // MARK: Bytes

    private static func bytes(_ span: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(span, range)
        return bytes
    }

    private static func firstOf(_ ends: StaticString, _ span: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < span.count, !ends.description.utf8.contains(span[index]) { index += 1 }
        return index
    }

    private static func same(_ span: Span<UInt8>, _ range: Range<Int>, _ other: some Collection<UInt8>) -> Bool {
        range.count == other.count && zip(range, other).allSatisfy { ByteClass.lowerCase(span[$0]) == ByteClass.lowerCase($1) }
    }
}
