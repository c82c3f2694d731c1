// Typed reads. The `read…(_:into:)` family leaves the default in place where the key is not written or wrong; the others return
// the value with its place, for further checks.
extension TableReader {
    func read(_ spellings: String..., into target: inout Bool) {
        if let value = boolean(spellings) { target = value }
    }

    func read(_ spellings: String..., into target: inout Bool?) {
        if let value = boolean(spellings) { target = value }
    }

    func read(_ spellings: String..., into target: inout String) {
        if let text = string(spellings) { target = text.value }
    }

    func read(_ spellings: String..., into target: inout String?) {
        if let text = string(spellings, allowEmpty: false) { target = text.value }
    }

    func read(_ spellings: String..., into target: inout Int, in range: ClosedRange<Int>) {
        if let number = integer(spellings, in: range) { target = number.value }
    }

    func read(_ spellings: String..., into target: inout Int?, in range: ClosedRange<Int>) {
        if let number = integer(spellings, in: range) { target = number.value }
    }

    func read(_ spellings: String..., into target: inout [String]) {
        if let texts = strings(spellings) { target = texts.map(\.value) }
    }

    func read<Word: RawRepresentable & CaseIterable>(_ spellings: String..., into target: inout Word)
    where Word.RawValue == String {
        guard let text = string(spellings) else { return }
        guard let word = Word(rawValue: text.value) else {
            let words = Word.allCases.map(\.rawValue)
            return reading.error(
                text, "unknown value \"\(text.value)\"; one of \(words.joined(separator: ", "))",
                hint: DidYouMean.hint(for: text.value, among: words))
        }
        target = word
    }

    /// Bytes: a number, or a text such as `"32KB"`.
    func readSize(_ spellings: String..., into target: inout Int, in range: ClosedRange<Int>) {
        if let size = size(spellings, in: range) { target = size }
    }

    func readSize(_ spellings: String..., into target: inout Int?, in range: ClosedRange<Int>) {
        if let size = size(spellings, in: range) { target = size }
    }

    private func size(_ spellings: [String], in range: ClosedRange<Int>) -> Int? {
        guard let found = find(spellings) else { return nil }
        let size: Int
        switch found.value {
        case .integer(let number): size = number
        case .string(let text):
            guard let parsed = Units.bytes(text) else {
                reading.error(found, "\"\(text)\" is not a size", hint: Units.sizeHint)
                return nil
            }
            size = parsed
        default:
            mismatch(found, "a size: bytes, or a text such as \"32KB\"")
            return nil
        }
        guard range.contains(size) else {
            reading.error(found, "out of range: \(range.lowerBound) to \(range.upperBound) bytes")
            return nil
        }
        return size
    }

    /// Seconds as a number, fractions allowed, or a text such as `"500ms"`. At most a year.
    func readDuration(_ spellings: String..., into target: inout Duration, orZero: Bool = false) {
        if let duration = duration(spellings, orZero: orZero) { target = duration }
    }

    func readDuration(_ spellings: String..., into target: inout Duration?, orZero: Bool = false) {
        if let duration = duration(spellings, orZero: orZero) { target = duration }
    }

    func string(_ spellings: [String], allowEmpty: Bool = true) -> Written<String>? {
        guard let found = find(spellings) else { return nil }
        guard case .string(let text) = found.value else {
            mismatch(found, "a string", hint: hint(forText: found.value, spellings.first ?? ""))
            return nil
        }
        let written = found.with(text)
        return isFit(written, allowEmpty: allowEmpty) ? written : nil
    }

    private func hint(forText value: TomlValue, _ key: String) -> String? {
        switch value {
        case .integer(let number) where key == "listen":
            hasKey("port") ? "the port has its own key: port = \(number)" : "with an address: \"127.0.0.1:\(number)\""
        case .integer(let number): "in quotes: \"\(number)\""
        case .float(let number): "in quotes: \"\(number)\""
        case .array where hasPlural(of: key): "several stand in \(key)s"
        default: nil
        }
    }

    /// A text of several lines: line ends and tabs may stand in it.
    func readText(_ key: String, into target: inout String) {
        guard let found = find([key]) else { return }
        guard case .string(let text) = found.value else { return mismatch(found, "a string") }
        let isForbidden = { (byte: UInt8) in (byte < 0x20 && byte != 0x0A && byte != 0x0D && byte != 0x09) || byte == 0x7F }
        if text.utf8.contains(where: isForbidden) {
            return reading.error(found, "control characters but line ends and tabs are not allowed")
        }
        target = text
    }

    func integer(_ spellings: [String], in range: ClosedRange<Int>) -> Written<Int>? {
        guard let found = find(spellings) else { return nil }
        guard let number = number(found) else {
            var hint: String?
            if case .string(let text) = found.value, let number = Int(text) { hint = "without quotes: \(number)" }
            mismatch(found, "an integer", hint: hint)
            return nil
        }
        guard range.contains(number) else {
            reading.error(found, "\(number) is out of range: \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return found.with(number)
    }

    // Texts are all that variables of the environment can be put into: one of them may stand for a number and a truth as well.

    private func number(_ found: Written<TomlValue>) -> Int? {
        switch found.value {
        case .integer(let number): number
        case .string(let text) where reading.isOfVariable(found.position): Int(text)
        default: nil
        }
    }

    private func boolean(_ spellings: [String]) -> Bool? {
        guard let found = find(spellings) else { return nil }
        switch found.value {
        case .boolean(let truth): return truth
        case .string(let text) where reading.isOfVariable(found.position) && Bool(text) != nil: return Bool(text)
        default:
            mismatch(found, "true or false", hint: Self.truth(meantBy: found.value).map { "write \($0)" })
            return nil
        }
    }

    /// The truth value that a text or number means in other formats and programs; nil: none.
    private static func truth(meantBy value: TomlValue) -> Bool? {
        let word =
            switch value {
            case .string(let text): text.lowercased()
            case .integer(let number): "\(number)"
            default: ""
            }
        if ["true", "yes", "on", "1"].contains(word) { return true }
        return ["false", "no", "off", "0"].contains(word) ? false : nil
    }

    /// - Parameter orOne: whether a single string is a list of one.
    func strings(_ spellings: [String], orOne: Bool = false) -> [Written<String>]? {
        guard let found = find(spellings) else { return nil }
        if orOne, case .string(let text) = found.value {
            let written = found.with(text)
            return isFit(written, allowEmpty: false) ? [written] : nil
        }
        guard case .array(let elements) = found.value else {
            var hint: String?
            if case .string(let text) = found.value { hint = "in brackets: [\"\(text)\"]" }
            mismatch(found, "an array of strings", hint: hint)
            return nil
        }
        return elements.enumerated().compactMap { index, element in
            guard case .string(let text) = element.value else {
                mismatch(found.element(index, element.value, at: element.position), "a string")
                return nil
            }
            let written = found.element(index, text, at: element.position)
            return isFit(written, allowEmpty: false) ? written : nil
        }
    }

    private func duration(_ spellings: [String], orZero: Bool) -> Duration? {
        guard let found = find(spellings) else { return nil }
        let seconds: Double
        switch found.value {
        case .integer(let number): seconds = Double(number)
        case .float(let number): seconds = number
        case .string(let text):
            guard let parsed = Units.seconds(text) else {
                reading.error(found, "\"\(text)\" is not a duration", hint: Units.durationHint)
                return nil
            }
            seconds = parsed
        default:
            mismatch(found, "a duration: seconds, or a text such as \"500ms\"")
            return nil
        }
        // Written so that NaN fails it.
        guard seconds >= 0 && seconds <= Units.maxSeconds else {
            reading.error(found, "out of range: 0 to \(Int(Units.maxSeconds)) seconds")
            return nil
        }
        let milliseconds = Int((seconds * 1000).rounded())
        guard milliseconds > 0 || (orZero && seconds == 0) else {
            reading.error(found, "must be longer than zero, at least a millisecond")
            return nil
        }
        return .milliseconds(milliseconds)
    }

    /// No control characters in any text: they have no meaning in a name or a path and would reach logs and fields.
    private func isFit(_ text: Written<String>, allowEmpty: Bool) -> Bool {
        if text.value.isEmpty && !allowEmpty {
            reading.error(text, "must not be empty")
            return false
        }
        if text.value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            reading.error(text, "control characters are not allowed")
            return false
        }
        return true
    }
}
