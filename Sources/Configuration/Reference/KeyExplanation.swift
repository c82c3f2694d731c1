/// What `check --explain` says of a key: its lines of the reference.
package enum KeyExplanation {
    /// A key that there is not.
    package struct Unknown: Error {
        package var message: String
        package var hint: String?
    }

    /// - Parameter name: such as `sites.proxy.timeout.read`, with or without indices, or the end of it: `timeout.read`, `read`.
    /// - Returns: one paragraph for each key that is meant.
    package static func text(of name: String) throws(Unknown) -> String {
        let wanted = plain(name)
        var found = ConfigurationReference.sections.flatMap { section in
            section.keys.filter { key in
                ([key.name] + key.alsoSpelled).contains { isMeant(plain(section.keyPath($0)), by: wanted) }
            }.map { (section, $0) }
        }
        // A table that has another's keys is asked for by its whole name.
        if found.contains(where: { $0.0.original == nil }) { found.removeAll { $0.0.original != nil } }
        let tables = ConfigurationReference.sections.filter { !$0.path.isEmpty && isMeant(plain($0.path), by: wanted) }
        let texts = tables.map { paragraph(of: $0) } + found.map { paragraph(of: $1, in: $0) }
        guard texts.isEmpty else { return texts.joined(separator: "\n\n") }
        throw unknown(name, wanted)
    }

    private static func isMeant(_ path: String, by wanted: String) -> Bool { path == wanted || path.hasSuffix("." + wanted) }

    /// The path without brackets and what is in them.
    private static func plain(_ path: String) -> String {
        var depth = 0
        return String(
            path.filter { letter in
                if letter == "[" { depth += 1 }
                defer { if letter == "]" { depth -= 1 } }
                return depth == 0
            })
    }

    private static func unknown(_ name: String, _ wanted: String) -> Unknown {
        if let known = DocumentedOnlyKeys.keys.first(where: { plain($0.pattern) == wanted }) {
            return Unknown(message: "\"\(name)\" is only in BWS's manuals", hint: known.advice)
        }
        let last = wanted.split(separator: ".").last.map(String.init) ?? wanted
        let tables = ConfigurationReference.sections.compactMap { plain($0.path).split(separator: ".").last.map(String.init) }
        let names = Set(tables + ConfigurationReference.sections.flatMap { $0.keys.map(\.name) }).sorted()
        return Unknown(message: "there is no key \"\(name)\"", hint: DidYouMean.hint(for: last, among: names))
    }

    private static func paragraph(of section: ConfigurationReference.Section) -> String {
        let names = section.keys.map(\.name).joined(separator: ", ")
        var lines = ["\(section.header)", "  \(section.meaning)"]
        if !names.isEmpty { lines.append("  keys: \(names)") }
        let inner = tables(in: section).joined(separator: ", ")
        if !inner.isEmpty { lines.append("  tables: \(inner)") }
        return lines.joined(separator: "\n")
    }

    /// Those that stand in another one, by what is behind its name.
    private static func tables(in section: ConfigurationReference.Section) -> [String] {
        let prefix = plain(section.path) + "."
        return ConfigurationReference.sections.map { plain($0.path) }.filter {
            $0.hasPrefix(prefix) && !$0.dropFirst(prefix.count).contains(".")
        }.map { String($0.dropFirst(prefix.count)) }
    }

    private static func paragraph(of key: ConfigurationReference.Key, in section: ConfigurationReference.Section) -> String {
        let path = section.keyPath(key.name)
        var lines = ["\(path.replacing("[]", with: ""))", "  value:   \(key.type)"]
        switch key.standard {
        case .value(let literal): lines.append("  default: \(literal)")
        case .none(let reason): lines.append("  default: none: \(reason)")
        case .required: lines.append("  required")
        }
        if !key.alsoSpelled.isEmpty { lines.append("  also:    \(key.alsoSpelled.joined(separator: ", "))") }
        lines.append("  \(key.meaning)")
        if let feature = ConfigurationReference.missingFeature(of: path) {
            lines.append("  not in effect in this version: \(feature)")
        }
        return lines.joined(separator: "\n")
    }
}
