/// A document in pieces that can be read one by one: the tables of `[[sites]]`, each with all that belongs to it, and the rest.
///
/// That they say the same together as the whole does is certain only for what is written as people write it. Where it is not,
/// there are no pieces.
struct TomlPieces {
    /// A table of `[[sites]]`, from its header to the next one that is not its own.
    struct Piece {
        var bytes: ArraySlice<UInt8>
        /// Of the document, before it.
        var linesBefore: Int
    }

    /// The document with empty lines where the pieces stand.
    private(set) var rest: [UInt8] = []
    private(set) var sites: [Piece] = []

    private static let key = Array("sites".utf8)
    private static let newline = UInt8(ascii: "\n")

    /// - Returns: nil if it is not certain where a table of `[[sites]]` begins and ends, or if something nests too deep.
    init?(_ bytes: [UInt8]) {
        var walk = TomlWalk()
        var (index, line) = (0, 0)
        // Of the piece that has begun, or the part of the rest.
        var (start, startLine, isPiece, isAtLineStart) = (0, 0, false, true)
        while index < bytes.count {
            if isAtLineStart, walk.isBetweenValues {
                let header = Self.header(in: bytes, at: index)
                if header == .unclear || header == .ofSite && !isPiece { return nil }
                if header == .site || header == .other && isPiece {
                    add(bytes[start..<index], startLine, isPiece: isPiece, lines: line - startLine)
                    (start, startLine, isPiece) = (index, line, header == .site)
                }
            }
            let length = walk.step(bytes, at: index)
            if walk.depth > TomlNesting.maxDepth || walk.dots >= TomlNesting.maxKeyParts { return nil }
            index += length
            isAtLineStart = index <= bytes.count && bytes[index - 1] == Self.newline
            if isAtLineStart { line += 1 }
        }
        add(bytes[start...], startLine, isPiece: isPiece, lines: line - startLine)
    }

    private mutating func add(_ bytes: ArraySlice<UInt8>, _ line: Int, isPiece: Bool, lines: Int) {
        guard isPiece else { return rest += bytes }
        sites.append(Piece(bytes: bytes, linesBefore: line))
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
