import HTTP

enum FieldRules {
    /// The rule that a field breaks by itself; nil if it breaks none.
    /// - Parameter index: of the name in the static table, where nothing is wrong with names; 0 if it is not from there.
    static func malformation(name: Span<UInt8>, value: Span<UInt8>, index: Int) -> RefusalReason? {
        if index != 0 {
            if !isValue(value) { return .http2FieldValue }
            return index == StaticTable.transferEncoding ? .http2ConnectionField : nil
        }
        guard name.count > 0 else { return .http2FieldName }
        let isPseudo = name[0] == 0x3A
        guard Text.isLowerCaseToken(name, (isPseudo ? 1 : 0)..<name.count) else { return .http2FieldName }
        guard isValue(value) else { return .http2FieldValue }
        return isPseudo ? nil : connectionField(name)
    }

    /// May this be a field's value (RFC 9113 §8.2.1)?
    @inline(__always)
    private static func isValue(_ value: Span<UInt8>) -> Bool {
        if value.isEmpty { return true }
        return Text.isWithinLine(value) && !ByteClass.isBlank(value[0]) && !ByteClass.isBlank(value[value.count - 1])
    }

    /// Why a field of this name may not come by HTTP/2, since it is about the connection (RFC 9113 §8.2.2); nil if it may.
    private static func connectionField(_ name: Span<UInt8>) -> RefusalReason? {
        let isOne =
            switch name.count {
            case 7: name.isEqual(toLetters: "upgrade")
            case 10: name.isEqual(toLetters: "connection") || name.isEqual(toLetters: "keep-alive")
            case 16: name.isEqual(toLetters: "proxy-connection")
            case 17: name.isEqual(toLetters: "transfer-encoding")
            default: false
            }
        return isOne ? .http2ConnectionField : nil
    }
}

extension Span<UInt8> {
    /// Are these the bytes of the literal, letter case included?
    func spells(_ literal: StaticString) -> Bool {
        guard count == literal.utf8CodeUnitCount else { return false }
        return literal.withUTF8Buffer { letters in
            // Both have `count` bytes.
            for index in indices where unsafe self[index] != letters[index] { return false }
            return true
        }
    }

    /// Are these the bytes of the literal, whatever the case of ASCII letters?
    func isEqual(toLetters literal: StaticString) -> Bool { Text.equal(self, 0..<count, literal) }

    /// Are these the same bytes, whatever the case of ASCII letters?
    func isEqual(ignoringCaseOf other: Span<UInt8>) -> Bool { Text.equal(self, 0..<count, other, 0..<other.count) }
}
