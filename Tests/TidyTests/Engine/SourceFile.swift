/// A file of the repository, by its path from the root, with the views that rules need.
struct SourceFile: Sendable {
    let path: String
    let text: String
    let lines: [Substring]
    /// The tokens of a Swift file, comments included; empty for other files.
    let tokens: [Token]
    /// `tokens` without comments.
    let code: [Token]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        tokens = path.hasSuffix(".swift") ? Lexer.tokens(of: text) : []
        code = tokens.filter { $0.kind != .comment }
    }

    /// How many lines an editor shows: a newline at the end does not begin another one.
    var lineCount: Int { lines.last == "" ? lines.count - 1 : lines.count }

    var isSwift: Bool { path.hasSuffix(".swift") }
    var isC: Bool { [".c", ".h", ".cpp", ".hpp"].contains { path.hasSuffix($0) } }
    var isSource: Bool { path.hasPrefix("Sources/") && isSwift }
    var isTest: Bool { path.hasPrefix("Tests/") }

    /// The file's name without its folders.
    var name: Substring { path.split(separator: "/").last ?? "" }

    /// The module a Swift file is compiled into: the folder under `Sources` or `Tests`.
    var module: String? {
        let parts = path.split(separator: "/")
        guard parts.count > 2, parts[0] == "Sources" || parts[0] == "Tests" else { return nil }
        return String(parts[1])
    }
}

extension [Token] {
    /// Whether the words and punctuation from `index` on read as `texts`.
    func reads(_ texts: String..., at index: Int) -> Bool {
        guard index >= 0, index + texts.count <= count else { return false }
        return zip(self[index...], texts).allSatisfy { $0.kind != .string && $0.text == $1 }
    }

    /// The index after the bracket that closes the one at `index`.
    func afterClosing(_ index: Int) -> Int {
        var (depth, next) = (0, index)
        while next < count {
            let token = self[next]
            if token.kind == .punctuation {
                if "([{".contains(token.text) { depth += 1 }
                if ")]}".contains(token.text) { depth -= 1 }
            }
            next += 1
            if depth == 0 { break }
        }
        return next
    }
}
