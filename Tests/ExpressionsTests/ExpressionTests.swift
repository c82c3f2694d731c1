import Testing

@testable import Expressions

@Suite("Regular expressions")
struct RegularExpressionTests {
    private func groups(_ expression: String, _ text: String) throws -> [String]? {
        let bytes = Array(text.utf8)
        return try RegularExpression(expression).match(bytes).map { groups in
            groups.map { $0.map { String(decoding: bytes[$0], as: UTF8.self) } ?? "-" }
        }
    }

    @Test(
        "match anywhere, and tell what each group took",
        arguments: [
            ("^/old/(.*)$", "/old/a/b", ["a/b"]), ("^/old/(.*)$", "/older/a", nil), ("\\.(png|jpg)$", "/a.png", ["png"]),
            ("\\.(png|jpg)$", "/a.png.txt", nil), ("(?i)\\.PNG$", "/a.pNg", []), ("^/(a)?(b)?c", "/bc", ["-", "b"]), ("", "", []),
            ("^/([^/]+)/([^/]+)$", "/x/y", ["x", "y"]), ("^/é".replacing("é", with: "\\xC3\\xA9"), "/é", []), ("^/.+$", "/é", []),
        ] as [(String, String, [String]?)])
    func matches(_ expression: String, _ text: String, _ expected: [String]?) throws {
        #expect(try groups(expression, text) == expected)
    }

    @Test("a byte that is no UTF-8 hides nothing")
    func bytes() throws {
        let expression = try RegularExpression("^/admin/.*$")
        #expect(expression.match(Array("/admin/".utf8) + [0xFF, 0xC0, 0x80]) != nil)
    }

    @Test("groups have their names")
    func names() throws {
        #expect(try RegularExpression("(?P<year>\\d+)-(\\d+)-(?:x)(?P<day>\\d+)").groups == ["year", nil, "day"])
    }

    @Test(
        "what would need backtracking is refused, as is what is no expression",
        arguments: ["(a)\\1", "(?=a)", "(?<!a)b", "a(", "[", "*", "a{2000}", "é", "a\nb", String(repeating: "a", count: 4097)])
    func faults(_ expression: String) {
        #expect(throws: RegularExpression.Fault.self) { try RegularExpression(expression) }
    }

    /// With backtracking each of them would take longer than anybody waits.
    @Test("no expression is slow", arguments: ["^(a*)*b$", "^(a|a)*b$", "^(a|aa)+$b", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$"])
    func linear(_ expression: String) throws {
        let text = [UInt8](repeating: expression.contains("x") ? 0x78 : 0x61, count: 8192)
        #expect(try RegularExpression(expression).match(text) == nil)
    }

    @Test("many threads match by one")
    func threads() async throws {
        let expression = try RegularExpression("^/(.*)/(\\d+)$")
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<64 {
                group.addTask {
                    let text = Array("/a/\(number)".utf8)
                    return (0..<200).allSatisfy { _ in expression.match(text) == [1..<2, 3..<text.count] }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}

@Suite("Globs")
struct GlobTests {
    @Test(
        "take whole paths",
        arguments: [
            ("/img/*.png", "/img/a.png", true), ("/img/*.png", "/img/a/b.png", false), ("/img/**.png", "/img/a/b.png", true),
            ("/img/*.png", "/x/img/a.png", false), ("/img/*.png", "/img/a.pngx", false), ("/img/*.png", "/img/aXpng", false),
            ("/users/*/posts", "/users/7/posts", true), ("/users/*/posts", "/users/posts", false), ("/a?c", "/abc", true),
            ("/a?c", "/a/c", false), ("/*.{png,jpg}", "/a.jpg", true), ("/*.{png,jpg}", "/a.gif", false), ("/a,b", "/a,b", true),
            ("/a.b+c(d)$", "/a.b+c(d)$", true), ("/a.b", "/axb", false), ("/**", "/", true), ("/a/**/z", "/a/b/c/z", true),
            ("/*", "/", true), ("/a/**/z", "/a/z", true), ("/a/**/z", "/az", false), ("/a/**/z", "/a/yz", false),
            ("/**/z", "/z", true), ("/a/**/b/**/c", "/a/b/c", true), ("/a/**/z/*", "/a/x/y/z/1", true),
            ("/a/**/**/z", "/a/z", true), ("/a/**/**/z", "/a/b/c/z", true), ("/a/**/**/z", "/a/yz", false),
        ])
    func takes(_ glob: String, _ path: String, _ isTaken: Bool) throws {
        #expect(try (Glob.expression(glob).match(Array(path.utf8)) != nil) == isTaken)
    }

    @Test("are refused where their braces do not match", arguments: ["/{a", "/a}", "/{a,{b}}", "/é"])
    func faults(_ glob: String) {
        #expect(throws: RegularExpression.Fault.self) { try Glob.expression(glob) }
    }
}
