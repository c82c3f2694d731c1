/// A JSON text (RFC 8259) as a value. Strict, and bounded in depth, since it comes from clients: what two readers could take for
/// different things (a name that is there twice, text that is no UTF-8) is no value.
package enum JSONText: Sendable, Equatable {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case array([JSONText])
    case object([String: JSONText])

    /// Nil if the bytes are no JSON text.
    package init?(_ bytes: [UInt8]) {
        var reader = Reader(bytes: bytes)
        guard let value = reader.value(depth: 0) else { return nil }
        reader.skipSpace()
        guard reader.isAtEnd else { return nil }
        self = value
    }

    /// A member of an object; nil if this is none, or has no such member.
    package subscript(_ name: String) -> JSONText? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    package var string: String? { if case .string(let text) = self { text } else { nil } }
    package var number: Double? { if case .number(let number) = self { number } else { nil } }
    package var array: [JSONText]? { if case .array(let elements) = self { elements } else { nil } }

    /// Reads from left to right, without going back.
    private struct Reader {
        let bytes: [UInt8]
        var next = 0
        /// Deeper texts are refused.
        static let maxDepth = 16

        var isAtEnd: Bool { next == bytes.count }
        private var byte: UInt8 { next < bytes.count ? bytes[next] : 0 }

        mutating func skipSpace() {
            while [0x20, 0x09, 0x0A, 0x0D].contains(byte) { next += 1 }
        }

        private mutating func take(_ wanted: UInt8) -> Bool {
            guard byte == wanted, !isAtEnd else { return false }
            next += 1
            return true
        }

        private mutating func take(word: StaticString) -> Bool {
            for wanted in word.description.utf8 where !take(wanted) { return false }
            return true
        }

        mutating func value(depth: Int) -> JSONText? {
            guard depth < Self.maxDepth else { return nil }
            skipSpace()
            switch byte {
            case UInt8(ascii: "{"): return object(depth)
            case UInt8(ascii: "["): return array(depth)
            case UInt8(ascii: "\""): return string().map { .string($0) }
            case UInt8(ascii: "t"): return take(word: "true") ? .boolean(true) : nil
            case UInt8(ascii: "f"): return take(word: "false") ? .boolean(false) : nil
            case UInt8(ascii: "n"): return take(word: "null") ? .null : nil
            default: return number()
            }
        }

        private mutating func object(_ depth: Int) -> JSONText? {
            next += 1
            var members: [String: JSONText] = [:]
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            while true {
                skipSpace()
                guard byte == UInt8(ascii: "\""), let name = string() else { return nil }
                skipSpace()
                guard take(UInt8(ascii: ":")), let value = value(depth: depth + 1) else { return nil }
                guard members.updateValue(value, forKey: name) == nil else { return nil }
                skipSpace()
                if take(UInt8(ascii: "}")) { return .object(members) }
                guard take(UInt8(ascii: ",")) else { return nil }
            }
        }

        private mutating func array(_ depth: Int) -> JSONText? {
            next += 1
            var elements: [JSONText] = []
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            while true {
                guard let value = value(depth: depth + 1) else { return nil }
                elements.append(value)
                skipSpace()
                if take(UInt8(ascii: "]")) { return .array(elements) }
                guard take(UInt8(ascii: ",")) else { return nil }
            }
        }

        private mutating func string() -> String? {
            next += 1
            var text: [UInt8] = []
            while next < bytes.count {
                let byte = bytes[next]
                next += 1
                switch byte {
                case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
                case UInt8(ascii: "\\"): guard escape(to: &text) else { return nil }
                case ..<0x20: return nil
                default: text.append(byte)
                }
            }
            return nil
        }

        private mutating func escape(to text: inout [UInt8]) -> Bool {
            let byte = byte
            next += 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"): return unicode(to: &text)
            default: return false
            }
            return true
        }

        private mutating func unicode(to text: inout [UInt8]) -> Bool {
            guard var code = hex() else { return false }
            if 0xD800...0xDBFF ~= code {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let low = hex(), 0xDC00...0xDFFF ~= low else {
                    return false
                }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { return false }
            text.append(contentsOf: String(Character(scalar)).utf8)
            return true
        }

        private mutating func hex() -> UInt32? {
            guard next + 4 <= bytes.count, let text = String(validating: bytes[next..<next + 4], as: UTF8.self),
                text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") })
            else { return nil }
            next += 4
            return UInt32(text, radix: 16)
        }

        /// RFC 8259 §6.
        private mutating func number() -> JSONText? {
            let start = next
            _ = take(UInt8(ascii: "-"))
            guard take(UInt8(ascii: "0")) || digits() else { return nil }
            if take(UInt8(ascii: ".")), !digits() { return nil }
            if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
                _ = take(UInt8(ascii: "+")) || take(UInt8(ascii: "-"))
                guard digits() else { return nil }
            }
            guard let text = String(validating: bytes[start..<next], as: UTF8.self), let number = Double(text), number.isFinite
            else { return nil }
            return .number(number)
        }

        private mutating func digits() -> Bool {
            let start = next
            while UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { next += 1 }
            return next > start
        }
    }
}
