import Testing

/// A text as it might stand at `path`, and the lines on which the rule must find something: none for a good one.
struct Sample: Sendable, CustomTestStringConvertible {
    var rule: String
    var path: String
    var text: String
    var lines: [Int]

    init(_ rule: String, _ path: String, _ text: String, _ lines: [Int] = []) {
        (self.rule, self.path, self.text, self.lines) = (rule, path, text, lines)
    }

    var testDescription: String { "\(rule): \(text.prefix(40).replacing("\n", with: "⏎"))" }
}

@Suite("Each rule finds the bad and spares the good")
struct RuleTests {
    static let manifest = Manifest(
        parsing: """
            // C
            shim("CLinux", links: ["x"]),
            // Floor 0: bytes
            module("HTTP"),
            // Floor 1
            module("EventLoop", ["CLinux"]),
            // Floor 4
            module("Gateway", ["HTTP", "EventLoop", .product(name: "Logging", package: "swift-log")]),
            """)

    static let project = Project(
        manifest: manifest,
        rooms: Rooms(folders: ["Sources/EventLoop/"], files: ["Sources/HTTP/Bytes.swift"]),
        dispatch: ["Gateway"], foundationEssentials: ["Gateway"], calledFromOutside: ["validate"], askedByTests: ["idleCount"])

    @Test("samples", arguments: Samples.all)
    func samples(_ sample: Sample) throws {
        let rule = try #require(Rule.all.first { $0.name == sample.rule })
        let file = SourceFile(path: sample.path, text: sample.text)
        #expect(rule.findings(in: file, of: Self.project).map(\.line) == sample.lines)
    }

    @Test("has a bad and a good sample", arguments: Rule.all)
    func isProven(_ rule: Rule) {
        let samples = Samples.all.filter { $0.rule == rule.name }
        #expect(samples.contains { $0.lines.isEmpty })
        #expect(samples.contains { !$0.lines.isEmpty })
    }

    @Test("a finding is one line with its place, its rule and what to do")
    func findingIsOneLine() throws {
        let rule = try #require(Rule.all.first { $0.name == "force" })
        let file = SourceFile(path: "Sources/HTTP/A.swift", text: "\nlet a = b!")
        let shown = rule.findings(in: file, of: Self.project).map(\.description)
        #expect(shown == ["Sources/HTTP/A.swift:2: force: `b!` crashes on the input that proves it wrong: handle the case"])
    }

    @Test("no two rules have one name")
    func namesAreUnique() {
        #expect(Set(Rule.all.map(\.name)).count == Rule.all.count)
    }
}
