/// Reads one table key by key. A table that is not written reads as an empty one, so every default has one place: the
/// type that holds the value.
///
/// Where a key has two accepted spellings, the first given is this project's: messages and locations use it.
final class TableReader {
    let reading: Reading
    /// The table's path with indices; empty for the document itself. Made when it is asked for: most tables never are.
    private(set) lazy var path = name.path
    /// The table's path with `[]` for every index.
    private lazy var pattern = name.pattern
    private let name: Name
    /// Where the table begins; where its parent does if it is not written.
    let position: TomlPosition
    /// Nil where the table is not written, as most are not: of those there are a dozen for each route.
    private let content: Content?
    var isWritten: Bool { content != nil }
    /// False: nothing is found here, and every value keeps its default. Where keys that are asked for are noted, they all are.
    var mayBeWritten: Bool { isWritten || reading.notesKeys }
    var entries: [TomlTable.Entry] { content?.entries ?? [] }

    /// What is written in a table.
    private final class Content {
        let entries: [TomlTable.Entry]
        /// The indices of the entries by their keys, where there are many; a few are compared one by one.
        private let indices: [String: Int]
        /// All spellings of the keys that were asked for, where a misspelt one may have to be told from them.
        var asked: [[String]] = []
        var isAsked: [Bool]

        private static let fewKeys = 16

        init(_ entries: [TomlTable.Entry]) {
            self.entries = entries
            isAsked = Array(repeating: false, count: entries.count)
            guard entries.count > Self.fewKeys else {
                indices = [:]
                return
            }
            indices = Dictionary(zip(entries.map(\.key), entries.indices), uniquingKeysWith: { first, _ in first })
        }

        func index(of key: String) -> Int? {
            entries.count > Self.fewKeys ? indices[key] : entries.firstIndex { $0.key == key }
        }
    }

    /// Which table it is.
    enum Name {
        case document
        case table(in: TableReader, key: String)
        case element(of: TableReader, key: String, index: Int)

        var path: String {
            switch self {
            case .document: ""
            case .table(let parent, let key): parent.join(parent.path, key)
            case .element(let parent, let key, let index): "\(parent.join(parent.path, key))[\(index)]"
            }
        }

        var pattern: String {
            switch self {
            case .document: ""
            case .table(let parent, let key): parent.join(parent.pattern, key)
            case .element(let parent, let key, _): "\(parent.join(parent.pattern, key))[]"
            }
        }
    }

    init(reading: Reading, name: Name, table: TomlTable?, position: TomlPosition) {
        self.reading = reading
        self.name = name
        self.position = position
        content = table.map { Content($0.entries) }
    }

    /// The value of a key, by the first of its spellings that is written. Two spellings at once are an error.
    func find(_ spellings: [String]) -> Written<TomlValue>? {
        if reading.notesKeys { for spelling in spellings { reading.know(join(pattern, spelling)) } }
        // Most tables are not written.
        guard let content else { return nil }
        if reading.notesSpellings { content.asked.append(spellings) }
        // Indices, not entries: those are long, and most keys are not written.
        var (first, second): (Int?, Int?)
        for spelling in spellings {
            guard let index = content.index(of: spelling) else { continue }
            content.isAsked[index] = true
            if first == nil { first = index } else if second == nil { second = index }
        }
        guard let first, let name = spellings.first else { return nil }
        let entry = content.entries[first]
        let found = self.written(entry, as: name)
        if entry.key != name { reading.note(found.keyPath, at: found.position) }
        if let other = second.map({ content.entries[$0] }) {
            let second = self.written(other, as: other.key)
            reading.error(second, "says the same as \(entry.key)", hint: "keep one of them")
        }
        if UnimplementedFeatures.names.contains(name),
            let feature = UnimplementedFeatures.feature(of: join(pattern, name), value: found.value)
        {
            if feature.protects, reading.mode == .strict {
                reading.error(
                    found, "not in this version (\(feature.name)), and to start without it would protect nothing",
                    hint: "take it out, and protect what is behind in another way; --lenient makes this a warning")
            } else {
                reading.warning(found, "accepted; not in effect in this version (\(feature.name))")
            }
        }
        return found
    }

    /// Whether the file writes the key.
    func has(_ key: String) -> Bool { content?.index(of: key) != nil }

    /// The table of a key; an empty one if it is not written, or is no table (which is reported).
    func table(_ key: String) -> TableReader {
        let found = find([key])
        var table: TomlTable?
        if let found {
            if case .table(let content) = found.value {
                table = content
            } else {
                mismatch(found, "a table", hint: hint(forSwitch: found.value, key) ?? keysHint(of: key))
            }
        }
        return TableReader(
            reading: reading, name: .table(in: self, key: key), table: table, position: found?.position ?? position)
    }

    /// The tables of an array of tables, `[[…]]`.
    func tables(_ key: String) -> [TableReader] {
        guard let found = find([key]) else { return [] }
        guard case .array(let elements) = found.value else {
            let header = "[[\(pattern.replacing("[]", with: "").isEmpty ? "" : pattern.replacing("[]", with: "") + ".")\(key)]]"
            reading.error(found, "expected an array of tables, found \(found.value.kindName)", hint: "write \(header)")
            return []
        }
        return elements.enumerated().compactMap { index, element in
            self.element(index, element, of: key)
        }
    }

    /// One element of an array of tables.
    func element(_ index: Int, _ element: TomlNode, of key: String) -> TableReader? {
        let name = Name.element(of: self, key: key, index: index)
        guard case .table(let content) = element.value else {
            mismatch(Written(value: element.value, keyPath: name.path, position: element.position), "a table")
            return nil
        }
        return TableReader(reading: reading, name: name, table: content, position: element.position)
    }

    /// All entries of a table whose keys are the operator's own (field names, status codes).
    func freeEntries() -> [(name: String, value: Written<TomlValue>)] {
        guard let content else { return [] }
        content.isAsked = Array(repeating: true, count: content.entries.count)
        return content.entries.map { ($0.key, written($0, as: $0.key)) }
    }

    /// The value of a key as written, without reading it: for rules that compare what tables say.
    func peek(_ key: String) -> TomlNode? {
        content.flatMap { content in content.index(of: key).map { content.entries[$0].node } }
    }

    /// Whether a key is not written, or as an empty array.
    func isAbsentOrEmpty(_ key: String) -> Bool {
        guard let node = peek(key) else { return true }
        guard case .array(let elements) = node.value else { return false }
        return elements.isEmpty
    }

    /// Where a key's value stands; the table's place if the key is not written.
    func position(of key: String) -> TomlPosition {
        peek(key)?.position ?? position
    }

    /// Reports the keys nobody asked for: call it after the last key.
    func finish() {
        guard let content, content.isAsked.contains(false) else { return }
        for (entry, isAsked) in zip(content.entries, content.isAsked) where !isAsked {
            let found = Written(value: (), keyPath: join(path, entry.key), position: entry.keyPosition)
            if let known = DocumentedOnlyKeys.key(join(pattern, entry.key)) {
                if known.protects, reading.mode == .strict, !UnimplementedFeatures.isOff(entry.node.value) {
                    reading.error(found, "has no effect, and would protect something", hint: known.advice)
                } else {
                    reading.warning(found, "accepted, has no effect", hint: known.advice)
                }
                continue
            }
            let asked = content.asked.flatMap { $0 }
            let hint = reading.isFull ? nil : UnknownKeyHint.hint(for: entry.key, in: pattern, among: asked)
            let table = path.isEmpty ? "at the top level" : "in [\(path)]"
            reading.report(
                reading.mode == .strict ? .error : .warning, found.keyPath, at: found.position,
                "unknown key \(table)", hint: hint)
        }
    }

    /// Reports what is wrong with a key, where its value stands; at the table if the key is not written.
    func error(at key: String, _ message: String, hint: String? = nil) {
        reading.report(.error, path(of: key), at: position(of: key), message, hint: hint)
    }

    /// Reports what a key does not do, at the same place.
    func warning(at key: String, _ message: String, hint: String? = nil) {
        reading.report(.warning, path(of: key), at: position(of: key), message, hint: hint)
    }

    /// Reports a key that is written without the other one: neither does anything alone.
    func checkPair(_ one: String, _ other: String) {
        guard has(one) != has(other) else { return }
        error(at: has(one) ? one : other, "does nothing alone", hint: "write \(one) and \(other), or neither")
    }

    /// Reports a required key that is missing, at the table.
    func missing(_ key: String, hint: String? = nil) {
        reading.report(.error, "\(path.isEmpty ? "" : path + ".")\(key)", at: position, "required, but not given", hint: hint)
    }

    func mismatch(_ found: Written<TomlValue>, _ expected: String, hint: String? = nil) {
        reading.error(found, "expected \(expected), found \(found.value.kindName)", hint: hint)
    }

    /// For a table that is written as if it were its own switch.
    private func hint(forSwitch value: TomlValue, _ key: String) -> String? {
        guard case .boolean(let isOn) = value,
            ConfigurationReference.keyPaths.contains(join(join(pattern, key), "enabled"))
        else { return nil }
        return "write \(key) = { enabled = \(isOn) }"
    }

    /// The keys of a table in this one, for who has written something else in its place; nil if it has none of its own.
    private func keysHint(of key: String) -> String? {
        let table = join(pattern, key)
        var names: [String] = []
        for section in ConfigurationReference.sections {
            if section.path == table { names += section.keys.map(\.name) }
            guard section.path.hasPrefix(table + ".") else { continue }
            let inner = section.path.dropFirst(table.count + 1).prefix { $0 != "." && $0 != "[" }
            if !names.contains(String(inner)) { names.append(String(inner)) }
        }
        guard !names.isEmpty else { return nil }
        let few = names.prefix(6).joined(separator: ", ")
        return "write \(key) = { … }: its keys are \(few)\(names.count > 6 ? ", …" : "")"
    }

    /// Whether the table has another key for several values, as `hostname` has `hostnames`.
    func hasPlural(of key: String) -> Bool { hasKey(key + "s") }

    /// Whether the table has the key, written or not.
    func hasKey(_ key: String) -> Bool { ConfigurationReference.keyPaths.contains(join(pattern, key)) }

    private func written(_ entry: TomlTable.Entry, as name: String) -> Written<TomlValue> {
        Written(value: entry.node.value, key: name, in: self, position: entry.node.position)
    }

    /// The path of a key of this table.
    func path(of key: String) -> String { join(path, key) }

    private func join(_ path: String, _ key: String) -> String {
        let isBare = !key.isEmpty && key.utf8.allSatisfy(isBareKeyByte)
        let part = isBare ? key : "\"\(key)\""
        return path.isEmpty ? part : "\(path).\(part)"
    }
}

/// TOML 1.0, "Bare keys": letters, digits, underscore, dash.
func isBareKeyByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
    default: false
    }
}
