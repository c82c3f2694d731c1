/// One HTTP/1 message as it came over the wire: nothing normalised, nothing interpreted but where it ends.
package struct Message: Sendable, CustomStringConvertible {
    package struct Field: Sendable, Equatable {
        package let name: String
        package let value: String
    }

    /// Everything up to and with the empty line.
    package let head: String
    /// The payload, chunks joined.
    package var body: [UInt8] = []
    /// The sizes of the chunks, in order; empty if the body was not chunked.
    package var chunks: [Int] = []
    /// The lines of the trailer section.
    package var trailers: [String] = []

    package init(head: String) {
        self.head = head
    }

    package var lines: [String] {
        head.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init).dropLast(2)
    }

    /// The request line or the status line.
    package var start: String { lines.first ?? "" }

    package var fields: [Field] {
        lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? parts[1] : ""
            return Field(name: String(parts[0]), value: String(value.drop { $0 == " " || $0 == "\t" }))
        }
    }

    /// All values of a field, in order; the name's case does not count.
    package func values(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// The only value of a field; nil if there is none, or several.
    package func value(_ name: String) -> String? {
        let values = values(name)
        return values.count == 1 ? values[0] : nil
    }

    package var status: Int { Int(start.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    package var method: String { String(start.prefix { $0 != " " }) }
    package var target: String { String(start.split(separator: " ").dropFirst().first ?? "") }
    package var text: String { String(decoding: body, as: UTF8.self) }
    package var description: String { head + (body.count > 400 ? "(\(body.count) bytes)" : text) }

    var isChunked: Bool { value("Transfer-Encoding")?.lowercased() == "chunked" }
    var length: Int? { value("Content-Length").flatMap { Int($0) } }
}
