extension Rule {
    /// Names that say nothing about what is inside.
    static let emptyNames: Set<String> = ["Util", "Utils", "Utility", "Utilities", "Common", "Helper", "Helpers", "Manager"]

    static let namingRules = [
        Rule(name: "empty-name") { file, _ in
            guard file.isSwift || file.isC else { return [] }
            var remarks: [Remark] = []
            for part in file.path.split(separator: "/") {
                let name = part.split(separator: ".").first ?? ""
                if let word = emptyWord(of: name) {
                    remarks.append((1, "`\(word)` in `\(name)` names nothing: say what is inside"))
                }
            }
            for (name, line) in file.declaredTypes {
                guard let word = emptyWord(of: name[...]) else { continue }
                remarks.append((line, "`\(word)` in `\(name)` names nothing: say what it is"))
            }
            return remarks
        }
    ]

    /// The empty word in a camel-case name. X.509's common name and the Common Log Format are terms of the field.
    private static func emptyWord(of name: Substring) -> String? {
        let words = camelWords(of: name)
        return words.indices.first { index in
            let isTerm = words[index] == "Common" && index + 1 < words.count && ["Name", "Log"].contains(words[index + 1])
            return emptyNames.contains(words[index]) && !isTerm
        }.map { words[$0] }
    }

    private static func camelWords(of name: Substring) -> [String] {
        var words: [String] = []
        for character in name {
            if character.isUppercase || words.isEmpty { words.append("") }
            words[words.count - 1].append(character)
        }
        return words.map { $0.prefix(1).uppercased() + $0.dropFirst() }
    }
}

extension SourceFile {
    /// The types that a Swift file declares, with their lines.
    var declaredTypes: [(name: String, line: Int)] {
        code.indices.dropLast().compactMap { index in
            guard ["struct", "class", "enum", "actor", "protocol", "typealias"].contains(code[index].text),
                code[index].kind == .word, code[index + 1].kind == .word, !code.reads(".", at: index - 1),
                !["func", "var", "let", "subscript"].contains(code[index + 1].text)
            else { return nil }
            return (code[index + 1].text, code[index].line)
        }
    }
}
