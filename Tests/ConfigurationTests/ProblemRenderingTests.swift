import Testing

@testable import Configuration

@Suite struct ProblemRenderingTests {
    private let problem = Problem(
        severity: .error, location: SourceLocation(file: "gatehouse.toml", line: 2, column: 8), keyPath: "sites[0].port",
        message: "70000 is out of range: 1 to 65535", hint: "such as 443")

    @Test func `the source line is shown with a caret`() {
        #expect(
            problem.render(source: "[[sites]]\nport = 70000\n", colour: false) == """
                gatehouse.toml:2:8: error: sites[0].port: 70000 is out of range: 1 to 65535
                 2 | port = 70000
                   |        ^
                  help: such as 443
                """)
    }

    @Test func `without its source a problem is its description`() {
        #expect(
            problem.description == """
                gatehouse.toml:2:8: error: sites[0].port: 70000 is out of range: 1 to 65535
                  help: such as 443
                """)
        #expect(problem.render(source: "one line", colour: false) == problem.description)
    }

    @Test func `colours are there when asked for`() {
        let text = problem.render(source: "", colour: true)
        #expect(text.contains("\u{1B}[1;31merror\u{1B}[0m"))
        #expect(!problem.description.contains("\u{1B}"))
    }

    @Test func `the caret stands under its column in long and tabbed lines`() {
        let line = "\t" + String(repeating: "a", count: 300) + "X" + String(repeating: "b", count: 300)
        var far = problem
        far.location = SourceLocation(file: "f", line: 1, column: 302)
        let lines = far.render(source: line, colour: false).split(separator: "\n")
        let caret = lines[2].firstIndex(of: "^").map { lines[2].distance(from: lines[2].startIndex, to: $0) }
        let letter = lines[1].firstIndex(of: "X").map { lines[1].distance(from: lines[1].startIndex, to: $0) }
        #expect(caret != nil && caret == letter)
        #expect(lines[1].count < 140)
    }

    @Test func `control characters of the file do not reach the terminal`() {
        var bad = problem
        bad.message = "\u{1B}]0;title\u{7} \u{202E}"
        bad.keyPath = "a\nb"
        let text = bad.render(source: "x\n\u{1B}[2Jred\u{9B}", colour: false)
        #expect(text.contains("[2Jred"))
        #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{9B}" })
        #expect(bad.description.hasPrefix("gatehouse.toml:2:8: error: a\\u{a}b: \\u{1b}]0;title\\u{7} \\u{202e}"))
    }
}
