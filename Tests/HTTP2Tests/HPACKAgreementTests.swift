import HTTP2
import TestSupport
import Testing

/// Another implementation of RFC 7541 reads what we write, and writes what we read.
@Suite("The Python package hpack and we")
struct HPACKAgreementTests {
    private static let peer = Place.root + "Tests/HTTP2Tests/Python/hpack_peer.py"
    private static let python = Place.root + ".build-venv/bin/python"

    private static func decoded(_ line: Substring) -> [Field] {
        line.split(separator: " ").map { pair in
            let halves = pair.split(separator: "=", omittingEmptySubsequences: false)
            return Field(text(hexadecimal(String(halves[0]))), text(hexadecimal(String(halves[1]))))
        }
    }

    @Test("we read what it writes, with tables of all sizes and Huffman's code, whole and cut", arguments: 1...8)
    func reading(seed: Int) async throws {
        let outcome = try await Command.run(Self.python, [Self.peer, "write", "\(seed)", "60"])
        try #require(outcome.code == 0, "\(outcome)")
        let lines = outcome.text.split(separator: "\n")
        #expect(lines.count == 60)
        let decoders = [FieldDecoder(), FieldDecoder(), FieldDecoder()]
        for line in lines {
            let space = line.firstIndex(of: " ") ?? line.endIndex
            let section = line[..<space] == "-" ? [] : hexadecimal(String(line[..<space]))
            let fields = Self.decoded(line[space...])
            #expect(try decoders[0].decode(section) == fields)
            #expect(try decoders[1].decode(section, cuts: Array(0...section.count)) == fields)
            #expect(try decoders[2].decode(section, cuts: [section.count / 3, section.count / 2]) == fields)
        }
    }

    @Test("it reads what we write")
    func writing() async throws {
        var sections: [[UInt8]] = []
        var expected: [[Field]] = []
        let values = [
            "", "a", String(repeating: "b", count: 126), String(repeating: "c", count: 127), "\u{FF} \u{7}x", "text/html",
        ]
        for status in [100, 103, 200, 204, 206, 301, 304, 400, 404, 418, 500, 599] {
            for value in values {
                sections.append(
                    encoded(status, "Content-Type: \(value)\r\nX-\(status): \(value)\r\nSet-Cookie: a=\(value)\r\n"))
                expected.append([
                    Field(":status", "\(status)"), Field("content-type", text(bytes(value))),
                    Field("x-\(status)", text(bytes(value))), Field("set-cookie", "a=" + text(bytes(value))),
                ])
            }
        }
        let input = sections.map { hexadecimal($0) + "\n" }.joined() + "\n"
        let outcome = try await Command.run(Self.python, [Self.peer, "read"], input: input)
        try #require(outcome.code == 0, "\(outcome)")
        let lines = outcome.text.split(separator: "\n")
        #expect(lines.map { Self.decoded($0) } == expected)
    }
}
