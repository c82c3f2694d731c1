import HTTP

/// Where the clients of a route are sent.
final class RedirectPlan: Sendable {
    /// The configuration key that says where.
    let key: String
    /// Nil: 302, and 307 where the method must stay.
    private let status: Int?
    private let target: RequestTemplate
    /// A request that names no host cannot be sent there.
    let needsHost: Bool
    /// Is the target a path of the same host?
    private let isPath: Bool
    /// Does it end with `?{query}`?
    private let endsWithQuery: Bool

    /// A target that lets a client choose where it is sent.
    struct Fault: Error {
        let reason: String
        let hint: String
    }

    /// - Parameters:
    ///   - target: a URL, or a path.
    ///   - status: nil: by the method.
    init(_ target: RequestTemplate, status: Int?, key: String) throws(Fault) {
        self.key = key
        self.target = target
        self.status = status
        needsHost = target.uses(.host)
        isPath = try RedirectTarget.isPath(target)
        if case .variable(.query)? = target.parts.last, case .text(let bytes)? = target.parts.dropLast().last {
            endsWithQuery = bytes.last == UInt8(ascii: "?")
        } else {
            endsWithQuery = false
        }
    }

    /// RFC 9110 §15.4: 302 for what may be repeated as GET anyway, 307 for what must keep its method and body. Neither is kept by
    /// browsers, so that a mistake does not outlive its correction.
    func status(for method: Method) -> Int { status ?? (method == .get || method == .head ? 302 : 307) }

    /// The value of `Location`; nil if what the variables made cannot be sent.
    func location(_ variables: borrowing some RequestVariables) -> [UInt8]? {
        var location: [UInt8] = []
        target.appendTarget(variables, to: &location)
        guard !location.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else { return nil }
        // A query that would be empty is none, as in a rewrite: `/x?` is another URL than `/x`.
        if endsWithQuery, Self.hasNoQuery(variables) { location.removeLast() }
        // Two slashes at the beginning would make what follows a host (RFC 3986 §4.2).
        if isPath {
            let path = location.drop { $0 == UInt8(ascii: "/") }
            return [UInt8(ascii: "/")] + path
        }
        return location
    }

    private static func hasNoQuery(_ variables: borrowing some RequestVariables) -> Bool {
        var query: [UInt8] = []
        variables.append(.query, to: &query)
        return query.isEmpty
    }
}

/// The rules for a redirect's target: what a client sends may not decide on which host it ends.
enum RedirectTarget {
    /// Is it a path of the same host, and not a whole URL?
    static func isPath(_ target: RequestTemplate) throws(RedirectPlan.Fault) -> Bool {
        var parts = target.parts[...]
        guard let first = parts.popFirst() else { throw RedirectPlan.Fault(reason: "must not be empty", hint: form) }
        switch first {
        case .text(let bytes):
            if bytes.first == UInt8(ascii: "/") {
                guard bytes.count < 2 || bytes[1] != UInt8(ascii: "/") else {
                    throw RedirectPlan.Fault(reason: "must not begin with two slashes", hint: form)
                }
                return true
            }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let scheme = ["https://", "http://"].first(where: text.lowercased().hasPrefix) else {
                throw RedirectPlan.Fault(reason: "is neither a URL nor a path", hint: form)
            }
            try checkAuthority(Array(bytes.dropFirst(scheme.utf8.count)), parts)
            return false
        case .variable(.scheme):
            guard case .text(let bytes)? = parts.popFirst(), String(decoding: bytes, as: UTF8.self).hasPrefix("://") else {
                throw RedirectPlan.Fault(reason: "is neither a URL nor a path", hint: form)
            }
            try checkAuthority(Array(bytes.dropFirst(3)), parts)
            return false
        case .variable(.path), .variable(.uri), .variable(.remainder): return true
        case .variable, .capture:
            throw RedirectPlan.Fault(reason: "begins with what a client sends, which could be any URL", hint: form)
        }
    }

    /// - Parameters:
    ///   - text: behind the two slashes, as far as it is written.
    ///   - parts: what follows it.
    private static func checkAuthority(
        _ text: [UInt8], _ parts: ArraySlice<RequestTemplate.Part>
    ) throws(RedirectPlan.Fault) {
        let ends: (UInt8) -> Bool = { "/?#".utf8.contains($0) }
        var isNamed = !text.isEmpty
        if text.contains(where: ends) {
            guard let first = text.first, !ends(first) else { throw RedirectPlan.Fault(reason: "names no host", hint: form) }
            return
        }
        for part in parts {
            switch part {
            case .text(let bytes):
                if let first = bytes.first, ends(first), !isNamed {
                    throw RedirectPlan.Fault(reason: "names no host", hint: form)
                }
                isNamed = true
                if bytes.contains(where: ends) { return }
            case .variable(.host), .variable(.port): isNamed = true
            // Each of them is empty or begins with a slash.
            case .variable(.path), .variable(.uri), .variable(.remainder):
                guard isNamed else { throw RedirectPlan.Fault(reason: "names no host", hint: form) }
                return
            case .variable, .capture:
                throw RedirectPlan.Fault(
                    reason: "a client could choose the host: what it sends stands there before any slash",
                    hint: "write a slash, {uri} or {path} behind the host")
            }
        }
        guard isNamed else { throw RedirectPlan.Fault(reason: "names no host", hint: form) }
    }

    private static let form = "such as \"https://www.example.com{uri}\", or a path that begins with \"/\""
}
