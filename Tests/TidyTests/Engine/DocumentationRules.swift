extension Rule {
    private static let documented: Set<String> = ["func", "struct", "class", "enum", "actor", "protocol"]
    private static let modifiers: Set<String> = [
        "static", "final", "mutating", "nonmutating", "nonisolated", "consuming", "borrowing", "indirect", "prefix", "postfix",
        "isolated", "distributed", "class",
    ]
    /// What a protocol of the standard library already explains.
    private static let witnesses: Set<String> = [
        "hash", "encode", "==", "<", "enqueue", "asUnownedSerialExecutor", "checkIsolated", "isIsolatingCurrentContext",
    ]

    static let documentationRules = [
        Rule(name: "doc-comment") { file, _ in
            guard file.isSource else { return [] }
            let tokens = file.tokens
            return tokens.indices.compactMap { index in
                guard tokens[index].kind == .word, ["package", "public", "open"].contains(tokens[index].text),
                    let (keyword, name) = declaration(after: index, in: tokens), !witnesses.contains(name),
                    !hasDocumentation(before: index, in: tokens)
                else { return nil }
                return (
                    tokens[index].line,
                    "`\(keyword) \(name)` is shared: say what it takes and returns, units, limits, errors, source"
                )
            }
        },
        Rule(name: "dead-file") { file, _ in
            guard file.isSource || (file.isTest && file.isSwift) else { return [] }
            let declares: Set = [
                "struct", "class", "enum", "actor", "protocol", "extension", "func", "var", "let", "typealias", "macro",
            ]
            guard !file.code.contains(where: { $0.kind == .word && declares.contains($0.text) }) else { return [] }
            return [(1, "declares nothing: remove it")]
        },
    ]

    private static func declaration(after index: Int, in tokens: [Token]) -> (keyword: String, name: String)? {
        var next = index + 1
        while next + 1 < tokens.count {
            let text = tokens[next].text
            if text == "class" && !(documented.union(modifiers)).contains(tokens[next + 1].text) && tokens[next + 1].text != "var"
            {
                return (text, tokens[next + 1].text)
            } else if modifiers.contains(text) {
                next += 1
            } else if text == "(" {
                next = tokens.afterClosing(next)
            } else if documented.contains(text) {
                return (text, name(at: next + 1, in: tokens))
            } else {
                return nil
            }
        }
        return nil
    }

    /// A name, or an operator of several characters.
    private static func name(at index: Int, in tokens: [Token]) -> String {
        var (name, next) = (tokens[index].text, index + 1)
        while tokens[index].kind == .punctuation, next < tokens.count, tokens[next].isGlued, tokens[next].text != "(" {
            name += tokens[next].text
            next += 1
        }
        return name
    }

    /// Walks back over attributes and modifiers to the comment that should stand there.
    private static func hasDocumentation(before index: Int, in tokens: [Token]) -> Bool {
        var start = index
        while start > 0 {
            let before = start - 1
            if tokens[before].kind == .comment {
                return tokens[before].text.hasPrefix("///") || tokens[before].text.hasPrefix("/**")
            }
            if tokens[before].text == "override" { return true }
            if modifiers.contains(tokens[before].text) {
                start = before
            } else if let attribute = attributeStart(endingAt: before, in: tokens) {
                start = attribute
            } else {
                return false
            }
        }
        return false
    }

    /// The index of the `@` of an attribute, arguments and all, whose last token is at `end`.
    private static func attributeStart(endingAt end: Int, in tokens: [Token]) -> Int? {
        var start = end
        if tokens[start].text == ")" {
            while start > 0, tokens.afterClosing(start) != end + 1 || tokens[start].text != "(" { start -= 1 }
            start -= 1
        }
        return start > 0 && tokens.reads("@", at: start - 1) ? start - 1 : nil
    }
}
