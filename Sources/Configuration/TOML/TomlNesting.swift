/// Finds nesting that no configuration has, before a recursive parser sees it.
///
/// toml++ bounds arrays and inline tables (256) but not the parts of a dotted key, and frees its tree recursively: a megabyte
/// of `a.a.a…` would overflow the stack. It knows strings and comments, nothing else; where the text is not TOML, toml++
/// stops at the same position or before.
enum TomlNesting {
    static let maxDepth = 32
    static let maxKeyParts = 32

    /// The first position that nests too deep, or nil.
    static func firstExcess(in bytes: [UInt8]) -> TomlSyntaxError? {
        var scanner = TomlScanner()
        var index = 0
        while index < bytes.count {
            let length = scanner.step(bytes, at: index)
            if scanner.depth > maxDepth {
                return excess("nested more than \(maxDepth) deep", at: index, of: bytes)
            }
            if scanner.dots >= maxKeyParts {
                return excess("a key of more than \(maxKeyParts) parts", at: index, of: bytes)
            }
            index += length
        }
        return nil
    }

    private static func excess(_ message: String, at index: Int, of bytes: [UInt8]) -> TomlSyntaxError {
        let before = bytes[..<index]
        let line = 1 + before.count { $0 == UInt8(ascii: "\n") }
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let column = 1 + String(decoding: bytes[start..<index], as: UTF8.self).unicodeScalars.count
        return TomlSyntaxError(message: message, position: TomlPosition(line: line, column: column))
    }
}

/// A way through a text that may be TOML, byte by byte.
struct TomlScanner {
    private enum State: Equatable {
        case plain, comment
        case text(quote: UInt8, multiLine: Bool)
    }

    var depth = 0
    /// Dots of the key being read.
    var dots = 0
    private var state = State.plain
    /// Is it outside texts, comments, arrays and inline tables?
    var isBetweenValues: Bool { state == .plain && depth == 0 }

    /// Takes the byte at `index`, or the few that belong together; returns how many.
    mutating func step(_ bytes: [UInt8], at index: Int) -> Int {
        let byte = bytes[index]
        switch state {
        case .plain: return plain(bytes, at: index)
        case .comment:
            if byte == UInt8(ascii: "\n") { endLine() }
            return 1
        case .text(let quote, let multiLine):
            if byte == UInt8(ascii: "\\") && quote == UInt8(ascii: "\"") { return 2 }
            if byte == UInt8(ascii: "\n") && !multiLine { endLine() }
            guard byte == quote else { return 1 }
            guard multiLine else {
                state = .plain
                return 1
            }
            // TOML 1.0: up to two quotes may stand before the three that close.
            let run = bytes[index...].prefix(5).prefix { $0 == quote }.count
            if run >= 3 { state = .plain }
            return run
        }
    }

    private mutating func plain(_ bytes: [UInt8], at index: Int) -> Int {
        let byte = bytes[index]
        switch byte {
        case UInt8(ascii: "#"): state = .comment
        case UInt8(ascii: "\n"): endLine()
        case UInt8(ascii: "="), UInt8(ascii: ","): dots = 0
        case UInt8(ascii: "."): dots += 1
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            depth += 1
            dots = 0
        case UInt8(ascii: "]"), UInt8(ascii: "}"):
            depth = max(0, depth - 1)
            dots = 0
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            let multiLine = bytes[index...].prefix(3).count { $0 == byte } == 3
            state = .text(quote: byte, multiLine: multiLine)
            return multiLine ? 3 : 1
        default: break
        }
        return 1
    }

    private mutating func endLine() {
        state = .plain
        dots = 0
    }
}
