import HTTP

/// How a field of an exchange is written down.
enum FieldForm {
    /// A member of a JSON object: a literal that begins with a comma and ends with a colon stands before it.
    case member(StaticString)
    /// The value alone, in a text that has its own quotes.
    case text
    /// An attribute of a span, as OTLP's JSON has it, behind another one: JSON of protobuf writes numbers of 64 bits as texts.
    case attribute(StaticString)

    func write(number: UInt64, to out: inout OutputSpan<UInt8>) {
        begin(isNumber: true, &out)
        out.write(decimal: number)
        end(isNumber: true, &out)
    }

    func write(milliseconds nanoseconds: UInt64, to out: inout OutputSpan<UInt8>) {
        begin(isNumber: true, &out)
        out.write(milliseconds: nanoseconds)
        end(isNumber: true, &out)
    }

    func write(_ literal: StaticString, to out: inout OutputSpan<UInt8>) {
        begin(isNumber: false, &out)
        out.write(literal)
        end(isNumber: false, &out)
    }

    /// - Parameter escape: see `AccessLine.escape(in:)`.
    func write(_ word: String, by escape: StaticString, to out: inout OutputSpan<UInt8>) {
        begin(isNumber: false, &out)
        out.write(word, by: escape)
        end(isNumber: false, &out)
    }

    /// Whatever a peer sent.
    func write(_ bytes: Span<UInt8>, by escape: StaticString, to out: inout OutputSpan<UInt8>) {
        begin(isNumber: false, &out)
        out.write(escaping: bytes, by: escape)
        end(isNumber: false, &out)
    }

    /// Nothing of nil, but in a text.
    func write(_ value: LoggedConnection.Value?, by escape: StaticString, to out: inout OutputSpan<UInt8>) {
        switch value {
        case .word(let word): write(word, by: escape, to: &out)
        case .flag(let flag):
            begin(isNumber: true, &out)
            out.write(flag ? "true" : "false")
            end(isNumber: true, &out)
        case nil: writeNothing(to: &out)
        }
    }

    /// There is nothing to be told: in a text no value may be missing.
    func writeNothing(to out: inout OutputSpan<UInt8>) {
        if case .text = self { out.write(UInt8(ascii: "-")) }
    }

    /// What stands before the value.
    @inline(__always)
    func begin(isNumber: Bool, _ out: inout OutputSpan<UInt8>) {
        switch self {
        case .member(let name):
            out.write(name)
            if !isNumber { out.write(UInt8(ascii: "\"")) }
        case .text: break
        case .attribute(let name):
            out.write(",{\"key\":\"")
            out.write(name)
            out.write(isNumber ? "\",\"value\":{\"intValue\":\"" : "\",\"value\":{\"stringValue\":\"")
        }
    }

    /// What stands behind it.
    @inline(__always)
    func end(isNumber: Bool, _ out: inout OutputSpan<UInt8>) {
        switch self {
        case .member: if !isNumber { out.write(UInt8(ascii: "\"")) }
        case .text: break
        case .attribute: out.write("\"}}")
        }
    }
}

extension OutputSpan<UInt8> {
    /// Writes a word of the configuration's, the system's or ours.
    mutating func write(_ word: String, by escape: StaticString) {
        write(escaping: word.utf8Span.span, by: escape)
    }

    /// Writes milliseconds with three places: "12.045".
    mutating func write(milliseconds nanoseconds: UInt64) {
        let microseconds = nanoseconds / 1000
        write(decimal: microseconds / 1000)
        write(UInt8(ascii: "."))
        write(thousandths: microseconds % 1000)
    }

    /// Writes three digits.
    /// - Parameter value: below 1,000.
    mutating func write(thousandths value: UInt64) {
        write(UInt8(truncatingIfNeeded: value / 100) &+ 0x30)
        write(UInt8(truncatingIfNeeded: value / 10 % 10) &+ 0x30)
        write(UInt8(truncatingIfNeeded: value % 10) &+ 0x30)
    }
}
