import HTTP2
import Testing

@Suite("Field sections as they are written")
struct FieldEncoderTests {
    private let ok = Field(":status", "200")

    @Test("every status of three digits, by its index if it has one", arguments: [100...599])
    func statuses(range: ClosedRange<Int>) throws {
        let indexed = [200, 204, 206, 304, 400, 404, 500]
        for status in range {
            let section = encoded(status, "")
            #expect(section.count == (indexed.contains(status) ? 1 : 5))
            #expect(try FieldDecoder().decode(section) == [Field(":status", "\(status)")])
        }
    }

    /// RFC 7541, Appendix A: what answers have of it.
    private static let table = [
        "accept-ranges", "age", "access-control-allow-origin", "allow", "cache-control", "content-disposition",
        "content-encoding", "content-language", "content-length", "content-location", "content-range", "content-type", "date",
        "etag", "expires",
        "last-modified", "link", "location", "proxy-authenticate", "refresh", "retry-after", "server", "set-cookie",
        "strict-transport-security", "vary", "via", "www-authenticate",
    ]

    @Test("a name of the static table, in any case, is its index; another is itself in lower case")
    func names() throws {
        for name in Self.table {
            for spelling in [name, name.uppercased(), name.prefix(1).uppercased() + name.dropFirst()] {
                let section = encoded(200, "\(spelling): some value\r\n")
                #expect(section.count <= 1 + 2 + 1 + 10, "\(spelling) has an index")
                #expect(try FieldDecoder().decode(section) == [ok, Field(name, "some value")])
            }
            let longer = encoded(200, "\(name)s: v\r\n")
            #expect(try FieldDecoder().decode(longer) == [ok, Field("\(name)s", "v")])
        }
        let own = encoded(200, "X-Own-Field: Some Value\r\n")
        #expect(own == [0x88, 0, 11] + bytes("x-own-field") + [10] + bytes("Some Value"))
    }

    @Test("lengths at the edges of a number's bytes (RFC 7541 §5.1)", arguments: [0, 1, 126, 127, 128, 254, 255, 16_510, 16_511])
    func lengths(count: Int) throws {
        let value = String(repeating: "v", count: count)
        let name = String(repeating: "n", count: max(1, count))
        let section = encoded(200, "\(name): \(value)\r\nEtag: \(value)\r\n")
        #expect(try FieldDecoder().decode(section) == [ok, Field(name, value), Field("etag", value)])
    }

    @Test("RFC 7541 §C.1: numbers")
    func numbers() {
        // 1337 in seven bits.
        let section = encoded(200, "etag: " + String(repeating: "v", count: 1337) + "\r\n")
        #expect(Array(section[1..<6]) == [0x0F, 0x13, 0x7F, 0xBA, 0x09])
    }

    @Test("values come as they are, also bytes that are no text; and nothing enters a table")
    func values() throws {
        let line = bytes("X: ") + [0x80, 0xFF, 0x09, 0x20, 0x3A] + bytes("y\r\nX: \r\n")
        let out = written { FieldEncoder.append(200, lines: line.span, to: &$0) }
        var values: [[UInt8]] = []
        let decoder = FieldDecoder()
        try decoder.decode(out.span, isLast: true) { _, value, _ in values.append(value.indices.map { value[$0] }) }
        #expect(values == [bytes("200"), [0x80, 0xFF, 0x09, 0x20, 0x3A] + bytes("y"), []])
        #expect(throws: ConnectionError.self) { _ = try decoder.decode([0xBE]) }
    }

    @Test("a decoder that may have no table is told that there is none")
    func noTable() throws {
        let none: [UInt8] = []
        let out = written {
            FieldEncoder.appendNoTable(to: &$0)
            FieldEncoder.append(200, lines: none.span, to: &$0)
        }
        #expect(out == [0x20, 0x88])
        #expect(try FieldDecoder().decode(out) == [ok])
    }
}
