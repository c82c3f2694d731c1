/// A JSON Schema (2020-12) of the configuration file, made of the reference: for editors, which know TOML's values as JSON's.
///
/// It says which keys there are and what their values look like. What must be there, and what contradicts what, is for `check`.
package final class ConfigurationSchema: Encodable {
    private var type: [String]?
    private var words: [Word]?
    private var minimum: Int?
    private var maximum: Int?
    /// The pattern that a text must match.
    private var pattern: String?
    private var description: String?
    private var deprecated: Bool?
    private var items: ConfigurationSchema?
    private var properties: [String: ConfigurationSchema]?
    private var additionalProperties: Bool?
    private var schema: String?
    private var title: String?

    private enum CodingKeys: String, CodingKey {
        case type, words = "enum", minimum, maximum, pattern, description, deprecated, items, properties, additionalProperties
        case schema = "$schema"
        case title
    }

    /// One of a closed set of values.
    private enum Word: Encodable {
        case text(String)
        case number(Int)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .number(let number): try container.encode(number)
            }
        }
    }

    private init() {}

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(schema, forKey: .schema)
        try container.encodeIfPresent(title, forKey: .title)
        try container.encodeIfPresent(type, forKey: .type)
        try container.encodeIfPresent(words, forKey: .words)
        try container.encodeIfPresent(minimum, forKey: .minimum)
        try container.encodeIfPresent(maximum, forKey: .maximum)
        try container.encodeIfPresent(pattern, forKey: .pattern)
        try container.encodeIfPresent(description, forKey: .description)
        try container.encodeIfPresent(deprecated, forKey: .deprecated)
        try container.encodeIfPresent(items, forKey: .items)
        try container.encodeIfPresent(properties, forKey: .properties)
        try container.encodeIfPresent(additionalProperties, forKey: .additionalProperties)
    }

    /// The whole file's.
    package static func whole() -> ConfigurationSchema {
        let root = ConfigurationSchema()
        root.schema = "https://json-schema.org/draft/2020-12/schema"
        root.title = "Gatehouse's configuration"
        root.become(.table)
        for section in ConfigurationReference.sections {
            let table = root.table(at: section)
            if table.description == nil, !section.path.isEmpty { table.description = section.meaning }
            // A table without keys has such as the operator chooses.
            table.additionalProperties = section.keys.isEmpty && !section.path.isEmpty
            for key in section.keys { table.add(key) }
        }
        for key in DocumentedOnlyKeys.keys { root.addDocumentedOnly(key.pattern, key.advice) }
        return root
    }

    // MARK: Tables

    private enum Kind { case table, tables }

    /// A place that has values already, as `respond` has, may be a table besides.
    private func become(_ kind: Kind) {
        let name = kind == .table ? "object" : "array"
        if let known = type, !known.contains(name) { type = known + [name] } else { type = [name] }
        words = nil
        if kind == .table { properties = properties ?? [:] }
    }

    private func table(at section: ConfigurationReference.Section) -> ConfigurationSchema {
        guard !section.path.isEmpty else { return self }
        var table = self
        let steps = section.path.split(separator: ".").map(String.init)
        for (index, step) in steps.enumerated() {
            let isTables = step.hasSuffix("[]") || index == steps.count - 1 && section.isArray
            table = table.child(step.replacing("[]", with: ""), isTables ? .tables : .table)
        }
        return table
    }

    private func child(_ name: String, _ kind: Kind) -> ConfigurationSchema {
        let child = properties?[name] ?? ConfigurationSchema()
        child.become(kind)
        properties = properties ?? [:]
        properties?[name] = child
        guard kind == .tables else { return child }
        let items = child.items ?? ConfigurationSchema()
        items.become(.table)
        child.items = items
        return items
    }

    // MARK: Keys

    private func add(_ key: ConfigurationReference.Key) {
        for name in [key.name] + key.alsoSpelled where properties?[name] == nil {
            let value = ConfigurationSchema()
            value.describe(key.type)
            var words = key.meaning
            if case .value(let literal) = key.standard { words += " Default: \(literal)." }
            value.description = words
            properties?[name] = value
        }
    }

    /// Keys of BWS's manuals, which are accepted and say nothing.
    private func addDocumentedOnly(_ pattern: String, _ advice: String) {
        var steps = pattern.split(separator: ".").map(String.init)
        guard let name = steps.popLast() else { return }
        var table = self
        for step in steps {
            guard let next = table.properties?[step.replacing("[]", with: "")] else { return }
            table = step.hasSuffix("[]") ? next.items ?? next : next
        }
        guard table.properties?[name] == nil else { return }
        let value = ConfigurationSchema()
        value.deprecated = true
        value.description = advice
        table.properties?[name] = value
    }

    /// What values of a type look like, as the reference words it; anything, where the words do not tell.
    private func describe(_ words: String) {
        let range = words.split(separator: " ")
        if words == "boolean" {
            (type, pattern) = (["boolean", "string"], Self.variable)
        } else if range.count == 3, range[1] == "to", let least = Int(range[0]), let most = Int(range[2]) {
            (type, minimum, maximum, pattern) = (["integer", "string"], least, most, Self.variable)
        } else if words.hasPrefix("count") || words == "seconds" {
            (type, minimum, pattern) = (["integer", "string"], 0, Self.variable)
        } else if words.hasPrefix("size") {
            type = ["integer", "string"]
        } else if words.hasPrefix("duration") {
            type = ["number", "string"]
        } else if words.hasPrefix("list of ") {
            describe(listOf: String(words.dropFirst(8)))
        } else if let choice = Self.choice(words) {
            self.words = choice
        } else if Self.texts.contains(where: words.hasPrefix) {
            type = ["string"]
        }
    }

    private func describe(listOf words: String) {
        if words.hasSuffix("(or one)") {
            type = ["array", "string"]
        } else if !words.contains(", or ") {
            type = ["array"]
            if let choice = Self.choice(words) {
                items = ConfigurationSchema()
                items?.words = choice
            }
        }
    }

    /// A text may stand for a number or a truth when a variable of the environment is in it.
    private static let variable = #"\$\{"#

    private static let texts = [
        "IP address", "PEM file", "RE2 expression", "URL", "base64", "cookie's name", "directory", "field name", "file",
        "host name",
        "https URL", "name", "path", "text",
    ]

    /// The words of a closed set: `` `a`, `b` or `c` ``; nil if there is more to it.
    private static func choice(_ text: String) -> [Word]? {
        let parts = text.split(separator: "`", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 3, parts.count % 2 == 1, parts.first == "", parts.last == "" else { return nil }
        let between = stride(from: 2, to: parts.count - 1, by: 2).map { parts[$0] }
        guard between.allSatisfy({ [", ", " or ", ", or "].contains($0) }) else { return nil }
        let words = stride(from: 1, to: parts.count, by: 2).map { parts[$0] }
        if words.allSatisfy({ Int($0) != nil }) { return words.compactMap { Int($0).map(Word.number) } }
        // What is partly a number, has quotes, or stands for what the operator writes there.
        let isPlain = words.allSatisfy { word in word.allSatisfy { $0.isLowercase || $0.isNumber || "_-/".contains($0) } }
        return isPlain ? words.map(Word.text) : nil
    }
}
