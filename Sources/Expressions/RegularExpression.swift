import CRE2

/// A regular expression in RE2's syntax: matched in a time that grows with the text alone, so that neither an operator's slip nor
/// a client's path can make it slow. It has no back-references and does not look around, which no such matching can.
///
/// Expression and text are bytes: `.` takes every byte but a line feed, whatever encoding it is of.
///
/// `@safe`: the pointer is made in `init`, freed in `deinit`, and never leaves; what RE2 returns a pointer to is copied at once.
@safe package final class RegularExpression: Sendable {
    /// Sound: RE2 matches by several threads at once, and nobody writes to it before `deinit`.
    private nonisolated(unsafe) let expression: OpaquePointer
    /// The name of each group, if it has one.
    package let groups: [String?]

    /// What is wrong with an expression.
    package struct Fault: Error {
        package let reason: String
    }

    /// Bytes of an expression's text.
    package static let maxPatternBytes = 4096
    /// Groups of an expression.
    package static let maxGroups = 32
    /// Bytes of one expression's program and states, over all workers. Where they do not suffice, RE2 is slower, and as linear.
    private static let memory: Int64 = 4 << 20

    /// Compiles a text.
    package init(_ text: String) throws(Fault) {
        guard text.utf8.count <= Self.maxPatternBytes else { throw Fault(reason: "is longer than \(Self.maxPatternBytes) bytes") }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            throw Fault(reason: "must be printable ASCII: write other characters as \\xHH, byte by byte")
        }
        let bytes = Array(text.utf8)
        // The pointer is used only during the call: RE2 copies what it keeps.
        let made = unsafe bytes.withUnsafeBytes { raw in
            unsafe gh_re2_compile(raw.bindMemory(to: CChar.self).baseAddress, raw.count, Self.memory)
        }
        guard let made = unsafe made else { throw Fault(reason: "out of memory") }
        if let reason = unsafe Self.fault(of: made) {
            unsafe gh_re2_free(made)
            throw Fault(reason: reason)
        }
        let count = Int(unsafe gh_re2_group_count(made))
        guard count <= Self.maxGroups else {
            unsafe gh_re2_free(made)
            throw Fault(reason: "has more than \(Self.maxGroups) groups")
        }
        unsafe expression = made
        groups = (0..<count).map { unsafe Self.name(of: $0 + 1, in: made) }
    }

    deinit {
        unsafe gh_re2_free(expression)
    }

    /// Looks for the first match.
    /// - Returns: what each group took, nil if it took nothing; nil if nothing matches.
    package func match(_ text: [UInt8]) -> [Range<Int>?]? {
        var bounds = [Int](repeating: -1, count: 2 * (groups.count + 1))
        // Sound: both arrays are borrowed during the call, and `bounds` has room for two offsets of each group and of the whole.
        let isFound = unsafe text.withUnsafeBufferPointer { text in
            unsafe bounds.withUnsafeMutableBufferPointer { bounds in
                unsafe gh_re2_match(expression, text.baseAddress, text.count, bounds.baseAddress, Int32(groups.count))
            }
        }
        guard isFound != 0 else { return nil }
        return groups.indices.map { index in
            let start = bounds[2 * (index + 1)]
            return start < 0 ? nil : start..<bounds[2 * (index + 1) + 1]
        }
    }

    private static func fault(of expression: OpaquePointer) -> String? {
        var length = 0
        guard let text = unsafe gh_re2_error(expression, &length) else { return nil }
        // It lives as long as the expression, and has exactly so many bytes.
        let bytes = unsafe UnsafeRawBufferPointer(start: text, count: length)
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    private static func name(of group: Int, in expression: OpaquePointer) -> String? {
        guard let name = unsafe gh_re2_group_name(expression, Int32(group)) else { return nil }
        // It ends with a NUL, and lives as long as the expression.
        return unsafe String(cString: name)
    }
}
