import HTTP

/// A JSON object that is being written, on one line. Whatever is not printable ASCII is escaped, as in the access log: a byte as
/// `\u00XX`, since bytes of a peer need not be UTF-8, but a character of a configured name as JSON has it.
struct JSONObject {
    private var bytes: [UInt8] = [0x7B]

    mutating func add(_ name: StaticString, _ value: ArraySlice<UInt8>) {
        begin(name)
        bytes.append(0x22)
        escape(value)
        bytes.append(0x22)
    }

    /// Nothing is added for nil.
    mutating func add(_ name: StaticString, _ value: String?) {
        if let value { add(name, Array(value.utf8)[...]) }
    }

    /// - Parameter text: a name of the configuration: whoever reads it finds the one that the admin API tells.
    mutating func add(_ name: StaticString, configured text: String?) {
        guard let text else { return }
        begin(name)
        bytes.append(0x22)
        bytes.append(guessing: text.utf8.count + 16) { $0.write(jsonText: text) }
        bytes.append(0x22)
    }

    mutating func add(_ name: StaticString, _ value: UInt64?) {
        guard let value else { return }
        begin(name)
        bytes.append(decimal: value)
    }

    /// - Parameter value: below 0 counts as 0: nothing that is told here can be.
    mutating func add(_ name: StaticString, _ value: Int?) { add(name, value.map { UInt64(max(0, $0)) }) }

    mutating func add(_ name: StaticString, _ value: Bool?) {
        guard let value else { return }
        begin(name)
        bytes.append(value ? "true" : "false")
    }

    /// - Parameter milliseconds: nanoseconds, to be told as milliseconds.
    mutating func add(_ name: StaticString, milliseconds: UInt64?) {
        guard let milliseconds else { return }
        begin(name)
        bytes.append(guessing: 24) { $0.write(milliseconds: milliseconds) }
    }

    /// - Parameter time: nanoseconds since 1970, to be told by RFC 3339.
    mutating func add(_ name: StaticString, time: UInt64) {
        begin(name)
        bytes.append(0x22)
        Timestamp.append(nanoseconds: time, to: &bytes)
        bytes.append(0x22)
    }

    /// Pairs of texts, in their order.
    mutating func add(_ name: StaticString, _ pairs: [(name: [UInt8], value: [UInt8])]) {
        begin(name)
        bytes.append(0x5B)
        for (index, pair) in pairs.enumerated() {
            bytes.append(index == 0 ? "[\"" : ",[\"")
            escape(pair.name[...])
            bytes.append("\",\"")
            escape(pair.value[...])
            bytes.append("\"]")
        }
        bytes.append(0x5D)
    }

    /// Ends it, and appends it to what is written.
    mutating func end(_ out: inout [UInt8]) {
        bytes.append(0x7D)
        out.append(contentsOf: bytes)
    }

    private mutating func begin(_ name: StaticString) {
        if bytes.count > 1 { bytes.append(0x2C) }
        bytes.append(0x22)
        bytes.append(name)
        bytes.append(0x22)
        bytes.append(0x3A)
    }

    private mutating func escape(_ text: ArraySlice<UInt8>) {
        bytes.append(guessing: text.count + 16) { $0.write(escaping: text.span, by: "\\u00") }
    }
}
