/// Rules about what is named in words, and where things are found.
extension ProjectRules {
    /// Pages for whoever changes the program.
    private static let maintainersPages: Set = ["ARCHITECTURE.md", "CONTRIBUTING.md"]
    /// So many Swift files of one folder are still read at a glance.
    static let mostOfFolder = 35

    /// A comment, or a page for maintainers, names in backticks only types and Swift files that are there: what is renamed is
    /// renamed in words, too.
    static func mentions(in files: [SourceFile]) -> [Finding] {
        var known: Set<Substring> = []
        for file in files where file.isSwift || file.isC || file.path.hasPrefix("scripts/") { known.formUnion(words(of: file)) }
        return files.flatMap { file -> [Finding] in
            let lines: [(line: Int, text: Substring)] =
                if file.isSwift {
                    file.tokens.filter { $0.kind == .comment }.map { ($0.line, $0.text[...]) }
                } else if maintainersPages.contains(file.path) {
                    file.lines.enumerated().map { ($0.offset + 1, $0.element) }
                } else {
                    []
                }
            return lines.flatMap { line, text in
                names(in: text).filter { !known.contains($0) }.map {
                    Finding(
                        path: file.path, line: line, rule: "mentions",
                        advice: "`\($0)` is nowhere in the code: what is it called now?")
                }
            }
        }
    }

    /// A long flat folder says nothing of its order.
    static func crowded(_ files: [SourceFile]) -> [Finding] {
        let folders = Dictionary(grouping: files.filter(\.isSwift)) { $0.path.dropLast($0.name.count + 1) }
        return folders.filter { $0.value.count > mostOfFolder }.map { folder, files in
            Finding(
                path: String(folder), line: 1, rule: "crowded",
                advice: "has \(files.count) files: put those that are about one thing into a folder of their own")
        }
    }

    /// All words of its code, and the names of its folders and of itself. Of Swift, without comments.
    private static func words(of file: SourceFile) -> Set<Substring> {
        let texts = file.isSwift ? file.code.map { $0.text[...] } : file.lines
        var words = Set(texts.flatMap { $0.split { !isWordPart($0) } })
        words.formUnion(file.path.split { !isWordPart($0) })
        return words
    }

    /// What stands in backticks and is written as types are: `BodySink`, and each such part of `Exchange/BodySink.swift`.
    private static func names(in text: Substring) -> [Substring] {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }.flatMap { part in
            part.element.prefix { isWordPart($0) || $0 == "." || $0 == "/" }.split { !isWordPart($0) }.filter(isOfType)
        }
    }

    /// `BodySink`, but neither `Duplex`, a word of the language, nor `SSL_CTX`.
    private static func isOfType(_ name: Substring) -> Bool {
        guard let first = name.first, first.isUppercase, let second = name.dropFirst().first, second.isLowercase else {
            return false
        }
        return name.dropFirst(2).contains(where: \.isUppercase) && !name.contains("_")
    }

    private static func isWordPart(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "_")
    }
}
