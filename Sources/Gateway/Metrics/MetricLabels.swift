import HTTP

/// Labels of a series, as an exposition writes them between braces: `site="shop",route="/api/"`.
///
/// Their values come from the configuration, never from a client: so there are no more of them than it says.
struct MetricLabels: Hashable, Sendable {
    let text: [UInt8]
    /// The values as they were given, in their order.
    let values: [String]

    init(_ pairs: KeyValuePairs<StaticString, String>) {
        var text: [UInt8] = []
        for (name, value) in pairs {
            if !text.isEmpty { text.append(0x2C) }
            text.append(name)
            text.append("=\"")
            Self.append(value, to: &text)
            text.append("\"")
        }
        self.text = text
        values = pairs.map(\.value)
    }

    /// By the values alone, which are shorter; labels that are equal have equal ones.
    func hash(into hasher: inout Hasher) { if values.isEmpty { hasher.combine(text) } else { hasher.combine(values) } }

    /// - Parameter text: one or more pairs, as an exposition has them.
    init(written text: StaticString) {
        var bytes: [UInt8] = []
        bytes.append(text)
        self.text = bytes
        values = []
    }

    /// OpenMetrics 1.0, "Escaping": backslash, quote and line feed. Other control characters, which some readers take for an end
    /// of line, become spaces.
    private static func append(_ value: String, to out: inout [UInt8]) {
        guard value.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C || $0 == 0x7F }) else {
            out.append(contentsOf: value.utf8)
            return
        }
        for byte in value.utf8 {
            switch byte {
            case 0x5C, 0x22:
                out.append(0x5C)
                out.append(byte)
            case 0x0A: out.append("\\n")
            case ..<0x20, 0x7F: out.append(0x20)
            default: out.append(byte)
            }
        }
    }
}
