/// The stretch of lines that a function, initializer, subscript or accessor takes, signature included.
struct FunctionExtent: Equatable {
    var name: String
    var firstLine: Int
    var lastLine: Int

    var length: Int { lastLine - firstLine + 1 }

    /// Finds every declaration with a body in `code`, nested ones too.
    static func all(in code: [Token]) -> [FunctionExtent] {
        code.indices.compactMap { index in
            guard let body = bodyStart(of: index, in: code) else { return nil }
            let close = code.afterClosing(body) - 1
            return FunctionExtent(name: name(of: index, in: code), firstLine: code[index].line, lastLine: code[close].line)
        }
    }

    /// The index of the `{` of the declaration whose keyword stands at `index`.
    private static func bodyStart(of index: Int, in code: [Token]) -> Int? {
        guard code[index].kind == .word, !code.reads(".", at: index - 1) else { return nil }
        switch code[index].text {
        case "func", "init", "subscript": return bodyAfterSignature(index + 1, in: code)
        case "var": return bodyOfProperty(index + 1, in: code)
        case "deinit", "get", "set", "willSet", "didSet", "_read", "_modify": return bodyOfAccessor(index + 1, in: code)
        default: return nil
        }
    }

    /// A signature has its body's brace as the first one outside brackets; a requirement ends before it.
    private static func bodyAfterSignature(_ start: Int, in code: [Token]) -> Int? {
        var index = start
        while index < code.count {
            switch code[index].text {
            case "{": return index
            case "(", "[": index = code.afterClosing(index)
            case "}", "func", "init", "subscript", "var", "let", "deinit", "static", "mutating", "associatedtype", "case":
                return nil
            default: index += 1
            }
        }
        return nil
    }

    /// `var name: Type {` computes or observes; `var name = …` and `let` hold no function of their own.
    private static func bodyOfProperty(_ start: Int, in code: [Token]) -> Int? {
        guard code.reads(":", at: start + 1) else { return nil }
        var index = start + 2
        while index < code.count {
            switch code[index].text {
            case "{": return code[index].line == code[index - 1].line ? index : nil
            case "(", "[": index = code.afterClosing(index)
            case "=", "}", "var", "let", "func", "init", "case", "if", "guard", "return", "for", "while", "switch": return nil
            default: index += 1
            }
        }
        return nil
    }

    private static func bodyOfAccessor(_ start: Int, in code: [Token]) -> Int? {
        var index = start
        while index < code.count, ["async", "throws", "("].contains(code[index].text) {
            index = code[index].text == "(" ? code.afterClosing(index) : index + 1
        }
        return code.reads("{", at: index) ? index : nil
    }

    private static func name(of index: Int, in code: [Token]) -> String {
        let keyword = code[index].text
        guard ["func", "var"].contains(keyword), index + 1 < code.count else { return keyword }
        return code[index + 1].text
    }
}
