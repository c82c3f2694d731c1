/// Something that Swift code declares by a name of its own: a type, a function, a property or an enumeration's case.
struct Declaration: Equatable {
    var name: String
    var line: Int
    /// Where its name stands without being used: here, and in its own body, as in recursion.
    var ownPlaces: [Int] = []

    private static let keywords: Set = [
        "func", "var", "let", "struct", "class", "enum", "actor", "protocol", "typealias", "associatedtype", "macro",
    ]

    /// Every declaration in `code`, local ones too. Operators, initializers and what begins with `_` have no name to look for.
    static func all(in code: [Token]) -> [Declaration] {
        let bodies = FunctionExtent.all(in: code)
        let cases = enumCases(in: code)
        return code.indices.compactMap { index in
            guard cases.contains(index) || isDeclared(at: index, in: code) else { return nil }
            let token = code[index]
            let body = bodies.first { $0.firstLine == token.line && $0.name == token.text }
            let own = body.map { body in
                code.indices.filter {
                    code[$0].kind == .word && code[$0].text == token.text
                        && (body.firstLine...body.lastLine).contains(code[$0].line)
                }
            }
            return Declaration(name: token.text, line: token.line, ownPlaces: own ?? [index])
        }
    }

    private static func isDeclared(at index: Int, in code: [Token]) -> Bool {
        guard index > 0, code[index].kind == .word, !code[index].text.hasPrefix("_") else { return false }
        let keyword = code[index - 1]
        guard keyword.kind == .word, keywords.contains(keyword.text), !code.reads(".", at: index - 2) else { return false }
        // `class func`, `class var`; `import struct A.B`.
        return !keywords.contains(code[index].text) && code[index].text != "init" && !code.reads("import", at: index - 2)
    }

    /// The places of the names in `case a, b(Int), c = 3` directly inside the body of an `enum`. Not of one whose values are made
    /// without naming them: from a string, or all at once.
    private static func enumCases(in code: [Token]) -> Set<Int> {
        var found: Set<Int> = []
        for index in code.indices where code[index].kind == .word && code[index].text == "enum" {
            guard isDeclared(at: index + 1 < code.count ? index + 1 : index, in: code) else { continue }
            guard let open = code[index...].firstIndex(where: { $0.kind == .punctuation && $0.text == "{" }) else { continue }
            guard !code[index..<open].contains(where: { ["String", "CaseIterable"].contains($0.text) }) else { continue }
            var next = open + 1
            let end = code.afterClosing(open) - 1
            while next < end {
                if code[next].kind == .punctuation, "([{".contains(code[next].text) {
                    next = code.afterClosing(next)
                } else if code[next].kind == .word, code[next].text == "case" {
                    next = names(from: next + 1, to: end, in: code, into: &found)
                } else {
                    next += 1
                }
            }
        }
        return found
    }

    /// Reads the names behind `case`; returns where it stopped.
    private static func names(from start: Int, to end: Int, in code: [Token], into found: inout Set<Int>) -> Int {
        var next = start
        while next < end, code[next].kind == .word {
            found.insert(next)
            next += 1
            if next < end, code.reads("(", at: next) { next = code.afterClosing(next) }
            if next < end, code.reads("=", at: next) { next = afterValue(next + 1, to: end, in: code) }
            guard next < end, code.reads(",", at: next) else { break }
            next += 1
        }
        return next
    }

    /// The index after a raw value.
    private static func afterValue(_ start: Int, to end: Int, in code: [Token]) -> Int {
        var next = start
        while next < end, code[next].line == code[start].line, !code.reads(",", at: next) { next += 1 }
        return next
    }
}
