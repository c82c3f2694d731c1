extension FieldSection {
    /// Is there a line of a field that has no case of its own in `KnownField`, or has?
    /// - Parameter name: lower case.
    func hasLine(named name: StaticString) -> Bool {
        lines.contains { Self.isName(bytes.span.extracting($0.name), of: name, asPrefix: false) }
    }

    /// The value of the one line of this name; nil if there is none, or several.
    /// - Parameter name: lower case.
    package func onlyValue(named name: StaticString) -> [UInt8]? {
        var found: FieldLine?
        for line in lines where Self.isName(bytes.span.extracting(line.name), of: name, asPrefix: false) {
            guard found == nil else { return nil }
            found = line
        }
        return found.map { Array(bytes[$0.value]) }
    }

    /// Are the bytes a field's name, whatever their case, or do they begin with it?
    /// - Parameter name: lower case.
    static func isName(_ bytes: Span<UInt8>, of name: StaticString, asPrefix: Bool) -> Bool {
        let count = name.utf8CodeUnitCount
        guard asPrefix ? bytes.count >= count : bytes.count == count else { return false }
        var wanted: [UInt8] = []
        wanted.append(name)
        return (0..<count).allSatisfy { (65...90 ~= bytes[$0] ? bytes[$0] | 0x20 : bytes[$0]) == wanted[$0] }
    }
}
