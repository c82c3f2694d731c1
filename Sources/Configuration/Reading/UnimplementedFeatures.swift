/// Keys that are read and checked, but whose feature is not in this version: the one list. When a feature lands, its line goes.
enum UnimplementedFeatures {
    /// Of those that would protect something, `protects` is true: to go on without them would be worse than not to start.
    static let features: [(pattern: String, feature: String, protects: Bool)] = [
        ("performance.read_buffer_size", "buffers have one size, given out when bytes arrive", false),
        ("performance.write_buffer_size", "buffers have one size, given out when bytes arrive", false),
    ]

    /// The keys' own names: most are none of them, and need not be looked for by their whole paths.
    static let names = Set(features.compactMap { $0.pattern.split(separator: ".").last.map(String.init) })

    /// The missing feature that a written key asks for; nil if there is none, or if the value switches it off anyway.
    static func feature(of pattern: String, value: TomlValue) -> (name: String, protects: Bool)? {
        guard !isOff(value) else { return nil }
        return features.first { $0.pattern == pattern }.map { ($0.feature, $0.protects) }
    }

    /// The feature that a key belongs to, for the reference page.
    static func feature(covering pattern: String) -> (name: String, protects: Bool)? {
        features.first { pattern == $0.pattern || pattern.hasPrefix($0.pattern + ".") }.map { ($0.feature, $0.protects) }
    }

    /// Does the value ask for nothing?
    static func isOff(_ value: TomlValue) -> Bool {
        switch value {
        case .boolean(let on): return !on
        case .array(let elements): return elements.isEmpty
        case .table(let table):
            guard let enabled = table.entries.first(where: { $0.key == "enabled" }) else { return table.entries.isEmpty }
            if case .boolean(false) = enabled.node.value { return true }
            return false
        default: return false
        }
    }
}
