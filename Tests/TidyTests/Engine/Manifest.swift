/// What Package.swift says about targets: the one truth about who may import whom.
struct Manifest: Sendable {
    struct Target: Sendable, Equatable {
        var name: String
        /// -2 and -1 for C, 0 and up as the comments `// Floor N` in Package.swift say, nil for tests.
        var floor: Int?
        var dependencies: Set<String>
        /// C libraries that it links.
        var libraries: Set<String> = []
        var line: Int

        /// C, with no Swift of ours in it.
        var isShim: Bool { floor == -1 }
    }

    private(set) var targets: [Target] = []

    /// Reads the calls `module("Name", ["Dependency"])` and its kin, and the comments between them.
    init(parsing text: String) {
        let tokens = Lexer.tokens(of: text)
        var floor: Int?
        for (index, token) in tokens.enumerated() {
            if token.kind == .comment {
                floor = Self.floor(announcedBy: token.text) ?? floor
            } else if let target = Self.target(at: index, in: tokens, floor: floor) {
                targets.append(target)
            }
        }
    }

    func target(_ name: String) -> Target? { targets.first { $0.name == name } }

    /// Why `target` may not import `module`.
    func reason(_ target: Target, _ module: String) -> String {
        guard let used = self.target(module) else { return "Package.swift does not give it that product" }
        guard let floor = target.floor, let below = used.floor, below < floor else {
            return "imports point down only"
        }
        return "Package.swift does not list it as a dependency"
    }

    /// `// C` is below floor 0, `// C below` is below that, `// Tests` stand beside the house; other comments announce nothing.
    private static func floor(announcedBy comment: String) -> Int?? {
        let words = comment.split { !($0.isLetter || $0.isNumber) }
        if words == ["C"] { return .some(-1) }
        if words == ["C", "below"] { return .some(-2) }
        if words == ["Tests"] { return .some(nil) }
        guard words.count > 1, words[0] == "Floor", let number = Int(words[1]) else { return nil }
        return .some(number)
    }

    private static func target(at index: Int, in tokens: [Token], floor: Int?) -> Target? {
        let makers: Set = ["module", "shim", "tests", "target", "executableTarget", "testTarget"]
        guard makers.contains(tokens[index].text), tokens[index].kind == .word, tokens.reads("(", at: index + 1) else {
            return nil
        }
        var next = index + 2
        while next < tokens.count, ["name", "of", ":"].contains(tokens[next].text) { next += 1 }
        guard next < tokens.count, tokens[next].kind == .string else { return nil }
        let arguments = (next + 1)..<tokens.afterClosing(index + 1)
        return Target(
            name: tokens[next].text, floor: floor, dependencies: dependencies(in: arguments, of: tokens),
            libraries: libraries(in: arguments, of: tokens), line: tokens[index].line)
    }

    /// The names in the list that is labelled `links`.
    private static func libraries(in range: Range<Int>, of tokens: [Token]) -> Set<String> {
        guard let list = range.first(where: { tokens.reads("links", ":", "[", at: $0 - 2) }) else { return [] }
        return Set((list..<tokens.afterClosing(list)).filter { tokens[$0].kind == .string }.map { tokens[$0].text })
    }

    /// The names in the list that is labelled `dependencies`, or not labelled at all.
    private static func dependencies(in range: Range<Int>, of tokens: [Token]) -> Set<String> {
        let list = range.first {
            tokens.reads(",", "[", at: $0 - 1) || tokens.reads("dependencies", ":", "[", at: $0 - 2)
        }
        guard let list else { return [] }
        let names = (list..<tokens.afterClosing(list)).filter {
            tokens[$0].kind == .string && !tokens.reads("package", ":", at: $0 - 2)
        }
        return Set(names.map { tokens[$0].text })
    }
}
