/// A piece of Swift source that rules ask about. White space is dropped; `follows` tells whether there was some.
struct Token: Equatable, Sendable {
    enum Kind: Sendable { case word, punctuation, string, comment }

    var kind: Kind
    /// A word or one punctuation character as written; the content of a string; a whole comment with its slashes.
    var text: String
    /// The line of its first character, from 1.
    var line: Int
    /// Nothing stands between this token and the one before it.
    var isGlued: Bool
}

/// Cuts Swift source into tokens, well enough to never take text for code: nested comments, raw and multi-line strings,
/// interpolation (whose inside is code again), regular expression literals, and names in backticks.
struct Lexer {
    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var end = 0
    private(set) var tokens: [Token] = []

    /// Returns the tokens of `source`, comments included.
    static func tokens(of source: String) -> [Token] {
        var lexer = Lexer(bytes: Array(source.utf8))
        lexer.code(untilClosing: false)
        return lexer.tokens
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// Reads code to the end, or to the parenthesis that closes an interpolation.
    private mutating func code(untilClosing: Bool) {
        var depth = 0
        while let byte = peek() {
            switch byte {
            case _ where byte.isSpace: advance()
            case _ where byte.isWordPart: word()
            case UInt8(ascii: "`"): quotedName()
            case UInt8(ascii: "\""): string(hashes: 0)
            case UInt8(ascii: "#"): hash()
            case UInt8(ascii: "/"): slash()
            case UInt8(ascii: "("):
                depth += 1
                punctuation()
            case UInt8(ascii: ")"):
                if untilClosing && depth == 0 { return }
                depth -= 1
                punctuation()
            default: punctuation()
            }
        }
    }

    private mutating func word() {
        let start = index
        while let byte = peek(), byte.isWordPart { advance() }
        emit(.word, from: start, line: line)
    }

    private mutating func quotedName() {
        let start = index
        advance()
        while let byte = peek(), byte != UInt8(ascii: "`"), byte != UInt8(ascii: "\n") { advance() }
        if peek() != nil { advance() }
        emit(.word, from: start, line: line)
    }

    private mutating func punctuation() {
        let start = index
        advance()
        emit(.punctuation, from: start, line: line)
    }

    /// `#"raw"#`, `#/regex/#`, or the start of `#if` and of macros.
    private mutating func hash() {
        var hashes = 0
        while peek(hashes) == UInt8(ascii: "#") { hashes += 1 }
        switch peek(hashes) {
        case UInt8(ascii: "\""): string(hashes: hashes)
        case UInt8(ascii: "/"): regex(hashes: hashes)
        default: punctuation()
        }
    }

    private mutating func slash() {
        switch peek(1) {
        case UInt8(ascii: "/"): lineComment()
        case UInt8(ascii: "*"): blockComment()
        default:
            if startsRegex { regex(hashes: 0) } else { punctuation() }
        }
    }

    private mutating func lineComment() {
        let start = index
        while let byte = peek(), byte != UInt8(ascii: "\n") { advance() }
        emit(.comment, from: start, line: line)
    }

    private mutating func blockComment() {
        let (start, first) = (index, line)
        var depth = 0
        repeat {
            if matches("/*") {
                depth += 1
                advance(2)
            } else if matches("*/") {
                depth -= 1
                advance(2)
            } else {
                advance()
            }
        } while depth > 0 && peek() != nil
        emit(.comment, from: start, line: first)
    }

    /// A string's text becomes tokens of kind `string`, one per stretch between interpolations.
    private mutating func string(hashes: Int) {
        let fence = String(repeating: "#", count: hashes)
        advance(hashes)
        let quotes = matches("\"\"\"") ? "\"\"\"" : "\""
        advance(quotes.utf8.count)
        var (start, first) = (index, line)
        while let byte = peek() {
            if matches(quotes + fence) { break }
            if matches("\\" + fence + "(") {
                emit(.string, from: start, line: first)
                advance(1 + hashes)
                punctuation()
                code(untilClosing: true)
                if peek() != nil { punctuation() }
                (start, first) = (index, line)
            } else if byte == UInt8(ascii: "\\") && hashes == 0 {
                advance(2)
            } else if byte == UInt8(ascii: "\n") && quotes.utf8.count == 1 {
                break  // not closed on its line: the compiler will say so
            } else {
                advance()
            }
        }
        emit(.string, from: start, line: first)
        advance(quotes.utf8.count + hashes)
        end = index
    }

    private mutating func regex(hashes: Int) {
        let (start, first) = (index, line)
        let close = "/" + String(repeating: "#", count: hashes)
        advance(hashes + 1)
        while let byte = peek(), !matches(close) {
            if byte == UInt8(ascii: "\n") && hashes == 0 { break }
            advance(byte == UInt8(ascii: "\\") ? 2 : 1)
        }
        advance(close.utf8.count)
        emit(.string, from: start, line: first)
    }

    /// A bare slash begins a regular expression where an operand may stand, if it is closed on its line.
    private var startsRegex: Bool {
        guard let next = peek(1), !next.isSpace else { return false }
        if let last = tokens.last(where: { $0.kind != .comment }) {
            let beforeOperand = ["(", ",", "=", ":", "[", "{", "!", "&", "|", "?", ";", "return", "in", "case"]
            guard last.kind != .string, beforeOperand.contains(last.text) else { return false }
        }
        var ahead = 1
        while let byte = peek(ahead), byte != UInt8(ascii: "\n") {
            if byte == UInt8(ascii: "/") { return true }
            ahead += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return false
    }

    private mutating func emit(_ kind: Token.Kind, from start: Int, line: Int) {
        let text = String(decoding: bytes[start..<min(index, bytes.count)], as: UTF8.self)
        tokens.append(Token(kind: kind, text: text, line: line, isGlued: start == end && start > 0))
        end = index
    }

    private func peek(_ ahead: Int = 0) -> UInt8? {
        index + ahead < bytes.count ? bytes[index + ahead] : nil
    }

    private func matches(_ text: String) -> Bool {
        var ahead = 0
        for byte in text.utf8 {
            guard peek(ahead) == byte else { return false }
            ahead += 1
        }
        return true
    }

    private mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where index < bytes.count {
            if bytes[index] == UInt8(ascii: "\n") { line += 1 }
            index += 1
        }
    }
}

extension UInt8 {
    fileprivate var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }

    /// Letters, digits, `_`, `$`, and every byte of a character beyond ASCII.
    fileprivate var isWordPart: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }
}
