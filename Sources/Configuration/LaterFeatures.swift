/// Keys that are read and checked, but whose feature is not in this version: the one list. When a feature lands, its line goes.
enum LaterFeatures {
    static let features: [(pattern: String, feature: String)] = [
        ("management", "the management listener"),
        ("performance.read_buffer_size", "buffers have one size, given out when bytes arrive"),
        ("performance.write_buffer_size", "buffers have one size, given out when bytes arrive"),
        ("security.rate_limiting", "rate limits"),
        ("sites[].access_control", "CORS"),
        ("sites[].api_only", "internal endpoints"),
        ("sites[].error_pages", "error pages from files"),
        ("sites[].ssl.acme", "certificates by ACME"),
        ("sites[].ssl.auto_cert", "certificates by ACME"),
        ("sites[].ssl.domains", "certificates by ACME"),
    ]

    /// The missing feature that a written key asks for; nil if there is none, or if the value switches it off anyway.
    static func feature(of pattern: String, value: TomlValue) -> String? {
        guard !isOff(value) else { return nil }
        return features.first { $0.pattern == pattern }?.feature
    }

    /// The feature that a key belongs to, for the reference page.
    static func feature(covering pattern: String) -> String? {
        features.first { pattern == $0.pattern || pattern.hasPrefix($0.pattern + ".") }?.feature
    }

    private static func isOff(_ value: TomlValue) -> Bool {
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
