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

/// A section whose fields are literals that enter no table (RFC 7541 §6.2.2), their names said by their places if they have one.
func literals(_ fields: [(String, String)]) -> [UInt8] {
    fields.reduce(into: []) { section, field in
        if let place = placeOfName[field.0] {
            section += number(place, prefix: 4)
        } else {
            section += [0] + number(field.0.utf8.count, prefix: 7) + bytes(field.0)
        }
        section += number(field.1.utf8.count, prefix: 7) + bytes(field.1)
    }
}

/// RFC 7541 §5.1; the bits before the prefix are 0.
func number(_ value: Int, prefix: Int) -> [UInt8] {
    let most = 1 << prefix - 1
    guard value >= most else { return [UInt8(value)] }
    var (out, rest) = ([UInt8(most)], value - most)
    while rest >= 128 {
        out.append(UInt8(rest & 127) | 128)
        rest >>= 7
    }
    return out + [UInt8(rest)]
}

/// Of RFC 7541's Appendix A, as the decoder has it.
private let placeOfName: [String: Int] = (1...61).reduce(into: [:]) { places, place in
    if let field = try? FieldDecoder().decode([0x80 | UInt8(place)]).first { places[field.name] = place }
}

extension FieldDecoder {
    /// Decodes a whole section that comes in pieces.
    /// - Parameter cuts: where it is cut, in ascending order; twice at the same place makes an empty piece.
    func decode(_ section: [UInt8], cuts: [Int] = []) throws(ConnectionError) -> [Field] {
        var fields: [Field] = []
        let ends = cuts + [section.count]
        var start = 0
        for (index, end) in ends.enumerated() {
            try decode(section.span.extracting(start..<end), isLast: index == ends.count - 1) { name, value, _ in
                fields.append(Field(text(name.indices.map { name[$0] }), text(value.indices.map { value[$0] })))
            }
            start = end
        }
        return fields
    }
}
