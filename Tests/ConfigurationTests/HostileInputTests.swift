import Foundation
import Testing

@testable import Configuration

/// What a file may hold besides a configuration. Each must end in a message: no crash, no hang.
@Suite struct HostileInputTests {
    private static let megabyte = 1 << 20

    @Test(
        "Deep nesting is refused before the parser recurses",
        arguments: [
            "a = " + String(repeating: "[", count: megabyte),
            "a = " + String(repeating: "[", count: 200) + String(repeating: "]", count: 200),
            "a = " + String(repeating: "{a=", count: 100_000),
            String(repeating: "a.", count: megabyte / 2) + "a = 1",
            "[" + String(repeating: "a.", count: megabyte / 2) + "a]",
            "a = {" + String(repeating: "b.", count: 50) + "b = 1}",
            "\"\"\"\n\"\"\".a" + String(repeating: ".a", count: 100) + " = 1",
        ])
    func nesting(text: String) {
        let result = Configuration.parse(text: text, file: "f")
        #expect(result.configuration == nil)
        #expect(result.problems.count == 1)
    }

    @Test(
        "What only looks like nesting is not refused for it",
        arguments: [
            "# " + String(repeating: "[.", count: 100), "x = '" + String(repeating: "[.", count: 100) + "'",
            "x = \"\\\"" + String(repeating: "[.", count: 100) + "\"",
            "x = '''\n" + String(repeating: "[.\n'", count: 100) + "'''''",
            String(repeating: "[[sites]]\n", count: 100), "x = [" + String(repeating: "1.5, ", count: 100) + "]",
        ])
    func notNesting(text: String) {
        #expect(TomlNesting.firstExcess(in: Array(text.utf8)) == nil)
    }

    @Test func `a very long string is kept or refused without harm`() throws {
        let long = String(repeating: "x", count: Self.megabyte)
        let result = Configuration.parse(
            text: "[[sites]]\nhostname = \"\(long)\"\nport = 80\nstatic_dir = \"\(long)\"\n\(long) = 1\n", file: "f")
        #expect(result.configuration == nil)
        #expect(result.problems.count == 2)
        #expect(result.problems.allSatisfy { $0.render(source: result.source.text, colour: true).utf8.count < 2000 })
    }

    @Test func `a file beyond the limit is refused`() {
        let text = String(repeating: "#", count: TomlDocument.maxBytes + 1)
        #expect(Configuration.parse(text: text, file: "f").problems.map(\.message) == ["longer than 4 MiB"])
    }

    @Test(
        "Bytes that are no text are an error where the text ends",
        arguments: [
            ([0x61, 0x3D, 0x22, 0xFF, 0x22], 3), ([0x61, 0x3D, 0x31, 0x0A, 0x00], 1), ([0xC0, 0x80], 1),
            ([0x61, 0x3D, 0x22, 0x00, 0x22], 4), ([0xED, 0xA0, 0x80], 1),
        ] as [([UInt8], Int)])
    func badBytes(bytes: [UInt8], column: Int) {
        let result = Configuration.parse(bytes: bytes, file: "f", mode: .strict).result
        #expect(result.configuration == nil)
        #expect(result.problems.map(\.location.column) == [column])
    }

    @Test func `many problems are counted and not all kept`() {
        let keys = (0..<20_000).map { "key\($0) = 1" }.joined(separator: "\n")
        let result = Configuration.parse(text: keys, file: "f")
        #expect(result.problems.count == Reading.maxProblems + 1)
        #expect(result.problems.last?.message == "and 19801 more problems, not shown")
    }

    @Test func `thousands of sites and names are read`() throws {
        let names = (0..<20_000).map { "\"h\($0).example\"" }.joined(separator: ",")
        let sites = (0..<2_000).map { "[[sites]]\nhostname = \"s\($0).example\"\nport = 80\nstatic_dir = \".\"\n" }.joined()
        let result = Configuration.parse(text: sites + "hostnames = [\(names)]\n", file: "f")
        #expect(result.configuration?.sites.count == 2_000)
        #expect(result.configuration?.sites.last?.hostnames.count == 20_001)
    }

    @Test(
        "Every prefix of a configuration ends in a message or a configuration",
        arguments: [ReadMode.strict, .lenient])
    func prefixes(mode: ReadMode) throws {
        let text = Array(try Fixture(url: Fixture.folder.appending(path: "every-key.toml")).text.utf8)
        for length in stride(from: 0, through: text.count, by: 7) {
            let result = Configuration.parse(bytes: Array(text[..<length]), file: "f", mode: mode).result
            #expect((result.configuration == nil) == result.problems.contains { $0.severity == .error })
        }
    }

    @Test("A configuration with changed bytes ends in a message or a configuration", arguments: 1...8)
    func mutations(seed: UInt64) throws {
        let text = Array(try Fixture(url: Fixture.folder.appending(path: "every-key.toml")).text.utf8)
        let replacements = Array("[]{}\"'.=#\n\\,0x".utf8) + [0x00, 0xFF]
        var chance = Chance(state: seed)
        for _ in 0..<100 {
            var mutated = text
            for _ in 0...chance.next(below: 4) {
                mutated[chance.next(below: text.count)] = replacements[chance.next(below: replacements.count)]
            }
            let result = Configuration.parse(bytes: mutated, file: "f", mode: .strict).result
            #expect((result.configuration == nil) == result.problems.contains { $0.severity == .error })
            for problem in result.problems { #expect(!problem.render(source: result.source.text, colour: false).isEmpty) }
        }
    }

    @Test("Pieces of TOML in any order end in a message or a configuration", arguments: 1...8)
    func soup(seed: UInt64) {
        let pieces = [
            "[", "]", "{", "}", "[[", "]]", "=", ".", ",", "\"", "'", "\"\"\"", "'''", "\\", "\\u", "#", "\n", "\r", " ", "\t",
            "a", "sites", "proxy", "0", "-", "+", "1e9", "0x", "inf", "nan", "true", "1979-05-27", "T07:32:00Z", "_", "é", "\0",
            "\u{FEFF}",
        ]
        var chance = Chance(state: seed)
        for _ in 0..<1000 {
            let text = (0..<(1 + chance.next(below: 12))).map { _ in pieces[chance.next(below: pieces.count)] }.joined()
            let result = Configuration.parse(text: text, file: "f")
            #expect((result.configuration == nil) == result.problems.contains { $0.severity == .error })
        }
    }

    @Test func `a file that cannot be read is a problem`() {
        for path in ["/nonexistent/gatehouse.toml", "/", "a\0b"] {
            let result = Configuration.read(path: path)
            #expect(result.configuration == nil)
            #expect(result.problems.count == 1)
            #expect(result.problems[0].message.hasPrefix("cannot be read: "))
        }
        #expect(Configuration.read(path: "/nonexistent").problems[0].message == "cannot be read: No such file or directory")
    }

    @Test func `a file is read as its text`() throws {
        let url = Fixture.folder.appending(path: "every-key.toml")
        let result = Configuration.read(path: url.path)
        #expect(result.configuration?.sites.count == 4)
        #expect(try result.source.text == String(contentsOf: url, encoding: .utf8))
    }
}

/// The same numbers in every run: Knuth's linear congruential generator.
private struct Chance {
    var state: UInt64

    mutating func next(below bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }
}
