import HTTP

/// Header fields in the order to send, as lines on the wire. All of it is ASCII and safe to send as it is.
package struct StaticFields: Equatable, Sendable {
    /// Each field with its line end.
    package private(set) var lines: [UInt8] = []

    mutating func append(_ name: StaticString, _ value: String) {
        lines.append(name)
        lines.append(": ")
        lines.append(contentsOf: value.utf8)
        lines.append("\r\n")
    }
}
