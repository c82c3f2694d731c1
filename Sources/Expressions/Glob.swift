/// A path with wildcards, as the regular expression that it stands for: `*` is any part of a segment, `**` any number of
/// segments (also none), `?` one character but a slash, `{a,b}` one of several. Everything else is itself.
package enum Glob {
    /// Takes whole paths. Its groups are its wildcards, in their order.
    package static func expression(_ text: String) throws(RegularExpression.Fault) -> RegularExpression {
        try RegularExpression(pattern(text))
    }

    /// Of `**/` behind a slash, or behind another one.
    private static let segments = "(?:(.*)/)?"

    static func pattern(_ text: String) throws(RegularExpression.Fault) -> String {
        var pattern = "^"
        var isInChoice = false
        var characters = Substring(text)
        while let character = characters.popFirst() {
            switch character {
            case "*":
                if characters.first == "*" {
                    characters.removeFirst()
                    // Any number is none, too: the slashes on both sides are then one.
                    let isOfSegments = (pattern.hasSuffix("/") || pattern.hasSuffix(segments)) && characters.first == "/"
                    if isOfSegments { characters.removeFirst() }
                    pattern += isOfSegments ? segments : "(.*)"
                } else {
                    pattern += "([^/]*)"
                }
            case "?": pattern += "([^/])"
            case "{":
                guard !isInChoice else { throw RegularExpression.Fault(reason: "has braces within braces") }
                isInChoice = true
                pattern += "("
            case "}":
                guard isInChoice else { throw RegularExpression.Fault(reason: "has a } without a {") }
                isInChoice = false
                pattern += ")"
            case ",": pattern += isInChoice ? "|" : ","
            default: pattern += isLiteral(character) ? String(character) : "\\\(character)"
            }
        }
        guard !isInChoice else { throw RegularExpression.Fault(reason: "has a { without a }") }
        return pattern + "$"
    }

    private static func isLiteral(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "/-_~%!&'=:@;".contains(character))
    }
}
