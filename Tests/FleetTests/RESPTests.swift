import Testing

@testable import Fleet

@Suite("Redis's protocol")
struct RESPTests {
    private static func read(_ text: String, piece: Int) throws(RESPFault) -> [RESPValue] {
        var reader = RESPReader()
        var values: [RESPValue] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            try reader.append(bytes.span.extracting(start..<min(start + piece, bytes.count)))
            while let value = try reader.next() { values.append(value) }
        }
        return values
    }

    @Test("is read as it is written, also when it comes byte by byte")
    func values() throws {
        let replies: [(String, RESPValue)] = [
            ("+OK\r\n", .simple("OK")), ("+\r\n", .simple("")), ("-ERR no\u{1}t\r\n", .error("ERR no?t")),
            (":0\r\n", .integer(0)), (":-9223372036854775808\r\n", .integer(.min)), ("$-1\r\n", .bulk(nil)),
            ("$0\r\n\r\n", .bulk([])), ("$4\r\na\r\nb\r\n", .bulk([97, 13, 10, 98])), ("*-1\r\n", .array(nil)),
            ("*0\r\n", .array([])),
            ("*3\r\n:1\r\n$1\r\nx\r\n*1\r\n-E\r\n", .array([.integer(1), .bulk([120]), .array([.error("E")])])),
        ]
        for piece in [1, 2, 3, 1000] {
            #expect(try Self.read(replies.map(\.0).joined(), piece: piece) == replies.map(\.1))
        }
    }

    @Test(
        "is refused where it breaks a rule or is larger than anything that is asked for",
        arguments: [
            ("\r\n", "a line without a type"), ("HTTP/1.1 400\r\n", "a line of type 72"),
            ("+a\nb\r\n", "a line that ends with LF alone"),
            ("+a\rb\r\n", "a line with CR inside"), (":+1\r\n", "a number that is none"), (":\r\n", "a number that is none"),
            (":1 \r\n", "a number that is none"), (":9223372036854775808\r\n", "a number that is none"),
            ("$-2\r\n", "a text of -2 bytes"), ("$4097\r\n", "a text of 4097 bytes"),
            ("$1\r\nxyz", "a text that does not end where it should"), ("*1025\r\n", "an array of 1025 elements"),
            ("*-2\r\n", "an array of -2 elements"), ("*1\r\n*1\r\n*1\r\n:1\r\n", "arrays within arrays"),
            ("_\r\n", "a line of type 95"), ("%1\r\n", "a line of type 37"),
            ("+" + String(repeating: "x", count: 1100) + "\r\n", "a line of more than 1024 bytes"),
        ])
    func refused(text: String, reason: String) {
        for piece in [1, 5000] {
            #expect(throws: RESPFault(reason: reason)) { try Self.read(text, piece: piece) }
        }
    }

    @Test("is not kept without end")
    func bounded() {
        let text = "*1000\r\n" + String(repeating: "$4096\r\n" + String(repeating: "x", count: 4096) + "\r\n", count: 80)
        #expect(throws: RESPFault(reason: "a reply of more than 262144 bytes")) { try Self.read(text, piece: 10_000) }
    }

    @Test("has commands as arrays of texts, with lengths in bytes")
    func commands() {
        var commands = RESPCommands()
        commands.add("AUTH", "é")
        commands.begin(1)
        commands.word(120)
        commands.begin(2)
        commands.word(0)
        commands.word(Array("a:".utf8), hex: 0x12_34ab)
        #expect(commands.count == 3)
        #expect(
            String(decoding: commands.bytes, as: UTF8.self)
                == "*2\r\n$4\r\nAUTH\r\n$2\r\né\r\n*1\r\n$3\r\n120\r\n*2\r\n$1\r\n0\r\n$18\r\na:00000000001234ab\r\n")
    }
}
