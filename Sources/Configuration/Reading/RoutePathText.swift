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

    /// Why an expression can find nothing since it is written as another program wants it, and what to write; nil if that is
    /// not known of it. A path begins with a slash, and "/~bob" may be meant.
    static func fault(inExpression text: String) -> (reason: String, hint: String)? {
        for (mark, instead) in [("~*", "(?i)"), ("~", ""), ("^~", "^")] {
            let beginnings = mark == "^~" ? ["^~ "] : [mark + " ", mark + "^"]
            guard beginnings.contains(where: text.hasPrefix) else { continue }
            let expression = text.dropFirst(mark.count).drop { $0 == " " }
            return ("\"\(mark)\" in front is nginx's, and no part of an expression", "write regex = '\(instead)\(expression)'")
        }
        let ending = ["$/", "$/i"].first { text.hasSuffix($0) && !text.hasSuffix("\\" + $0) }
        guard text.hasPrefix("/^") || ending != nil else { return nil }
        let expression = text.dropLast((ending ?? "$").count - 1).drop { $0 == "/" }
        return (
            "finds nothing: an expression stands alone, without slashes around it",
            "write regex = '\(ending == "$/i" ? "(?i)" : "")\(expression)'"
        )
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
