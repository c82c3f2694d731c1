/// A line and a column, both from 1.
struct TomlPosition: Hashable, Sendable {
    var line: Int
    var column: Int
    /// Which of the configuration's files: 0 is its own, the others are included.
    var file = 0
}

/// A value of a TOML document, with its place.
struct TomlNode: Sendable {
    var value: TomlValue
    var position: TomlPosition
}

indirect enum TomlValue: Sendable {
    case table(TomlTable)
    case array([TomlNode])
    case string(String)
    case integer(Int)
    case float(Double)
    case boolean(Bool)
    case dateOrTime

    /// The name of the value's kind, for "expected …, found …".
    var kindName: String {
        switch self {
        case .table: "a table"
        case .array: "an array"
        case .string(let text): "the string \"\(text)\""
        case .integer(let number): "the integer \(number)"
        case .float(let number): "the number \(number)"
        case .boolean(let truth): "\(truth)"
        case .dateOrTime: "a date or time"
        }
    }
}

struct TomlTable: Sendable {
    struct Entry: Sendable {
        var key: String
        var keyPosition: TomlPosition
        var node: TomlNode
    }

    /// The entries in the order of the document; each key once (TOML 1.0 forbids a second).
    var entries: [Entry] = []
}

/// Why a text is not a document.
struct TomlSyntaxError: Error, Equatable {
    var message: String
    var position: TomlPosition

    /// What to write, for the slips that are made most; nil for others.
    var hint: String? {
        Self.hints.first { message.contains($0.text) }?.hint
    }

    /// Hints by words of toml++; the first that fits holds.
    private static let hints = [
        (
            text: "could not determine value type",
            hint: #"texts stand in straight quotes: "www.example.com"; true, false and numbers do not"#
        ),
        (text: "unknown escape sequence", hint: #"in single quotes a backslash is itself: '^/v\d+/'"#),
        (text: "unescaped control characters", hint: "does a quote at the text's end miss?"),
        (
            text: "cannot redefine existing table",
            hint: "write it once; of several sites, routes and upstreams each begins with [[…]]"
        ),
        (text: "cannot redefine existing", hint: "write it once"),
        (
            text: "into existing inline table",
            hint: "what stands in braces is complete: write its keys as name.key = …, or as a [table] of their own"
        ),
        (text: "expected '=', saw", hint: "a key and its value are written: port = 443"),
        (text: "comments, saw '/'", hint: "a comment begins with #"),
        (
            text: "parsing inline table: expected key or closing",
            hint: "what stands in braces stands in one line; or write it as a [table]"
        ),
    ]
}
