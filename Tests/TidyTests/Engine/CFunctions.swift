extension FunctionExtent {
    /// Finds every function with a body in C or C++: a brace behind a parameter list, outside of any other function.
    static func all(inC text: String) -> [FunctionExtent] {
        let code = Lexer.tokens(of: String(decoding: codeOnly(Array(text.utf8)), as: UTF8.self))
        var found: [FunctionExtent] = []
        // Of each open brace the function that it is the body of, if it is one's.
        var open: [FunctionExtent?] = []
        var start = 0
        for (index, token) in code.enumerated() {
            switch token.text {
            case "{":
                let isInside = open.contains { $0 != nil }
                let name = isInside ? nil : nameOfFunction(from: start, to: index, in: code)
                open.append(name.map { FunctionExtent(name: $0, firstLine: code[start].line, lastLine: token.line) })
                start = index + 1
            case "}":
                if case .some(.some(var function)) = open.popLast() {
                    function.lastLine = token.line
                    found.append(function)
                }
                start = index + 1
            case ";": start = index + 1
            default: break
            }
        }
        return found
    }

    /// The word before the parameter list that ends before `end`; nil if what stands there is no function's head.
    private static func nameOfFunction(from start: Int, to end: Int, in code: [Token]) -> String? {
        // C++ may say something behind the list.
        var last = end - 1
        while last > start, ["const", "noexcept", "override", "final"].contains(code[last].text) { last -= 1 }
        guard last > start, code[last].text == ")" else { return nil }
        var depth = 0
        repeat {
            if code[last].text == ")" { depth += 1 }
            if code[last].text == "(" { depth -= 1 }
            last -= 1
        } while depth > 0 && last > start
        guard depth == 0, last >= start, code[last].kind == .word else { return nil }
        return code[last].text
    }

    /// The text with spaces for comments, strings, characters and the preprocessor's lines.
    private static func codeOnly(_ bytes: [UInt8]) -> [UInt8] {
        var out = bytes
        var index = 0
        var isLineEmpty = true
        while index < bytes.count {
            let end = endOfOther(at: index, in: bytes, isLineEmpty: isLineEmpty)
            for place in index..<end where bytes[place] != UInt8(ascii: "\n") { out[place] = UInt8(ascii: " ") }
            if end == index {
                isLineEmpty = bytes[index] == UInt8(ascii: "\n") || isLineEmpty && bytes[index] == UInt8(ascii: " ")
                index += 1
            } else {
                index = end
            }
        }
        return out
    }

    /// Where what begins at `index` and is no code ends; `index` itself if it is code.
    private static func endOfOther(at index: Int, in bytes: [UInt8], isLineEmpty: Bool) -> Int {
        let rest = bytes[index...]
        if rest.starts(with: "//".utf8) { return rest.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count }
        if rest.starts(with: "/*".utf8) {
            var end = index + 2
            while end < bytes.count, !bytes[end...].starts(with: "*/".utf8) { end += 1 }
            return min(end + 2, bytes.count)
        }
        if isLineEmpty, bytes[index] == UInt8(ascii: "#") {
            var end = index
            while end < bytes.count, bytes[end] != UInt8(ascii: "\n") || bytes[end - 1] == UInt8(ascii: "\\") { end += 1 }
            return end
        }
        guard bytes[index] == UInt8(ascii: "\"") || bytes[index] == UInt8(ascii: "'") else { return index }
        var end = index + 1
        while end < bytes.count, bytes[end] != bytes[index] { end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1 }
        return min(end + 1, bytes.count)
    }
}
