/// What an authority says of an error (RFC 8555 §6.7, RFC 9457).
package struct ACMEProblem: Decodable, Sendable, CustomStringConvertible {
    struct Part: Decodable, Sendable {
        var type: String?
        var detail: String?
        var identifier: Identifier?
    }

    var type: String?
    var detail: String?
    var subproblems: [Part]?

    /// The type without its namespace: "rateLimited".
    var kind: String {
        let prefix = "urn:ietf:params:acme:error:"
        let type = type ?? "unknown"
        return type.hasPrefix(prefix) ? String(type.dropFirst(prefix.count)) : type
    }

    /// How many characters of its words are kept: they go into each line of the log and into the state.
    private static let maxCharacters = 1000

    /// The authority's own words, or the beginning of many.
    package var description: String {
        let text = wholeText
        return text.count > Self.maxCharacters ? text.prefix(Self.maxCharacters) + "…" : text
    }

    private var wholeText: String {
        let parts = (subproblems ?? []).prefix(10).map { part in
            [part.identifier?.value, part.detail].compactMap { $0 }.joined(separator: ": ")
        }
        return ([detail.map { "\(kind): \($0)" } ?? kind] + parts).joined(separator: "; ")
    }
}
