/// A route's `path` as an operator may have meant it: a prefix of whole segments, and no pattern.
enum RoutePathText {
    /// Why a text cannot be a route's path, and what to write; nil if it can.
    static func fault(in path: String) -> (reason: String, hint: String?)? {
        if PathText.isPlain(path) { return nil }
        if let modifier = ["~*", "^~", "~", "="].first(where: path.hasPrefix) {
            return ("must begin with \"/\": \"\(modifier)\" is nginx's", hint(forModifier: modifier))
        }
        if path.hasPrefix("^") { return ("must begin with \"/\"", "write a regular expression as regex = '\(path)'") }
        if path.hasPrefix("/"), let character = path.first(where: { "*[]{}^|\\".contains($0) }) {
            return (
                "is a prefix, in which \"\(character)\" would match only itself", hint(for: path, character)
            )
        }
        if path.hasPrefix("/"), path.hasSuffix("$") {
            return ("is a prefix, in which \"$\" would match only itself", "write exact = \"\(path.dropLast())\"")
        }
        return PathText.fault(in: path).map { ($0, nil) }
    }

    private static func hint(forModifier modifier: String) -> String {
        switch modifier {
        case "=": "write exact = \"/…\""
        case "^~": "write path = \"/…\" alone, and no regex that takes the same paths"
        default: "write regex = '…'; (?i) in front of it ignores case"
        }
    }

    private static func hint(for path: String, _ character: Character) -> String {
        let tail = path.hasSuffix("/**") ? 3 : path.hasSuffix("/*") ? 2 : path.hasSuffix("*") ? 1 : 0
        let prefix = path.dropLast(tail)
        if tail > 1, !prefix.contains(where: { "*[]{}^|\\".contains($0) }) {
            return "write path = \"\(prefix)/\": it takes everything below"
        }
        if "^|\\".contains(character) { return "write regex = '^\(path)' for a regular expression" }
        if character == "{" {
            return "write glob = \"\(path.replacing(/\{[^}]*\}/, with: "*"))\": * is any part of one segment"
        }
        let escape = character.utf8.map { "%" + String($0, radix: 16, uppercase: true) }.joined()
        return "write glob = \"\(path)\" for a pattern, or \(escape) for the character itself"
    }
}
