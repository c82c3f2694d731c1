/// A document in pieces that can be read one by one: the tables of `[[sites]]`, each with all that belongs to it, and the rest.
///
/// That they say the same together as the whole does is certain only for what is written as people write it. Where it is not,
/// there are no pieces.
struct TomlPieces {
    /// A table of `[[sites]]`, from its header to the next one that is not its own.
    struct Piece {
        var bytes: ArraySlice<UInt8>
        /// How many lines of the document stand before the piece.
        var linesBefore: Int
    }

    /// The document with empty lines where the pieces stand.
    private(set) var rest: [UInt8] = []
    private(set) var sites: [Piece] = []

    private static let key = Array("sites".utf8)
    private static let newline = UInt8(ascii: "\n")

    /// - Returns: nil if it is not certain where a table of `[[sites]]` begins and ends, or if something nests too deep.
    init?(_ bytes: [UInt8]) {
        var scanner = TomlScanner()
        var (index, line) = (0, 0)
        var part = Part()
        while index < bytes.count {
            if Self.beginsLine(bytes, at: index), scanner.isBetweenValues {
                let header = Self.header(in: bytes, at: index)
                if header == .unclear || header == .ofSite && !part.isPiece { return nil }
                if header == .site || header == .other && part.isPiece {
                    add(part, bytes[part.start..<index], lines: line - part.line)
                    part = Part(start: index, line: line, isPiece: header == .site)
                }
            }
            let length = scanner.step(bytes, at: index)
            if scanner.depth > TomlNesting.maxDepth || scanner.dots >= TomlNesting.maxKeyParts { return nil }
            index += length
            if Self.beginsLine(bytes, at: index) { line += 1 }
        }
        add(part, bytes[part.start...], lines: line - part.line)
    }

    /// What is being read: a piece, or some of the rest.
    private struct Part {
        var start = 0
        /// Lines before it.
        var line = 0
        var isPiece = false
    }

    private static func beginsLine(_ bytes: [UInt8], at index: Int) -> Bool {
        index == 0 || index <= bytes.count && bytes[index - 1] == newline
    }

    private mutating func add(_ part: Part, _ bytes: ArraySlice<UInt8>, lines: Int) {
        guard part.isPiece else { return rest += bytes }
        sites.append(Piece(bytes: bytes, linesBefore: part.line))
        rest += repeatElement(Self.newline, count: lines)
    }

    private enum Header {
        /// `[[sites]]`.
        case site
        /// Of a table in one of them.
        case ofSite
        case other
        /// No header at all.
        case none
        case unclear
    }

    private static func header(in bytes: [UInt8], at start: Int) -> Header {
        var rest = bytes[start...].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        guard rest.popFirst() == UInt8(ascii: "[") else { return .none }
        let isArray = rest.first == UInt8(ascii: "[")
        if isArray { rest = rest.dropFirst() }
        let name = rest.prefix(while: isBareKeyByte)
        rest = rest[name.endIndex...]
        // A name in quotes or behind spaces may be this one.
        guard !name.isEmpty, let next = rest.first else { return .unclear }
        guard name.elementsEqual(key) else { return .other }
        switch next {
        case UInt8(ascii: "."): return .ofSite
        case UInt8(ascii: "]"): return isArray && rest.dropFirst().first == UInt8(ascii: "]") ? .site : .unclear
        default: return .unclear
        }
    }
}
