import HTTP
import HTTP2

/// One field, as text.
struct Field: Equatable, Sendable, CustomStringConvertible {
    let name: String
    let value: String

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    var description: String { "\(name): \(value)" }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
/// Each byte is one character: no two byte strings look the same.
func text(_ bytes: some Sequence<UInt8>) -> String { String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })) }

/// Bytes as a specification prints them: hexadecimal digits and blanks.
func hexadecimal(_ text: String) -> [UInt8] {
    let digits = text.filter { !$0.isWhitespace }.map { UInt8($0.hexDigitValue!) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// What is written, into room that is too small at first.
func written(_ write: (inout OutputSpan<UInt8>) -> Void) -> [UInt8] {
    var out: [UInt8] = []
    out.append(guessing: 1) { write(&$0) }
    return out
}

/// A section by our encoder.
func encoded(_ status: Int, _ lines: String) -> [UInt8] {
    written { FieldEncoder.append(status, lines: bytes(lines).span, to: &$0) }
}

extension FieldDecoder {
    /// Decodes a whole section that comes in pieces.
    /// - Parameter cuts: where it is cut, in ascending order; twice at the same place makes an empty piece.
    func decode(_ section: [UInt8], cuts: [Int] = []) throws(ConnectionError) -> [Field] {
        var fields: [Field] = []
        let ends = cuts + [section.count]
        var start = 0
        for (index, end) in ends.enumerated() {
            try decode(section.span.extracting(start..<end), isLast: index == ends.count - 1) { name, value in
                fields.append(Field(text(name.indices.map { name[$0] }), text(value.indices.map { value[$0] })))
            }
            start = end
        }
        return fields
    }
}
