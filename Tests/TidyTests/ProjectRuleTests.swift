import Testing

@Suite("The rules about the whole project")
struct ProjectRuleTests {
    @Test("the manifest's targets, floors and dependencies are read")
    func manifest() {
        let manifest = Manifest(
            parsing: """
                func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target { .target(name: name) }
                // C
                shim("CLinux", links: ["x"]),
                // Floor 0: bytes
                module("HTTP"),  // module("Ghost")
                // Floor 4: all
                module(
                    "Gateway",
                    ["HTTP", .product(name: "Logging", package: "swift-log")]),
                .executableTarget(name: "gatehouse", dependencies: ["Gateway"], swiftSettings: ["s"]),
                // Tests
                tests(of: "HTTPTests", ["HTTP"]),
                """)
        let shown = manifest.targets.map {
            "\($0.line) \($0.name) \($0.floor.map(String.init) ?? "-") \($0.dependencies.sorted())"
        }
        #expect(
            shown == [
                #"3 CLinux -1 []"#, #"5 HTTP 0 []"#, #"7 Gateway 4 ["HTTP", "Logging"]"#, #"10 gatehouse 4 ["Gateway"]"#,
                #"12 HTTPTests - ["HTTP"]"#,
            ])
    }

    @Test(
        "a dependency on the same or a higher floor is found",
        arguments: [
            Vector("// Floor 1\nmodule(\"A\", [\"B\"])\n// Floor 0\nmodule(\"B\")", 0),
            Vector("// Floor 1\nmodule(\"A\", [\"B\"])\nmodule(\"B\")", 1),
            Vector("// Floor 1\nmodule(\"A\", [\"B\"])\n// Floor 2\nmodule(\"B\")", 1),
            Vector("// Floor 1\nmodule(\"A\", [\"B\"])\n// Tests\nmodule(\"B\")", 1),
            Vector("// Tests\ntests(of: \"A\", [\"B\"])\n// Floor 2\nmodule(\"B\")", 0),
        ])
    func floors(_ vector: Vector<Int>) {
        #expect(ProjectRules.floors(of: Manifest(parsing: vector.source)).count == vector.expected)
    }

    @Test("a module without a floor is found")
    func unplaced() {
        let files = [SourceFile(path: "Sources/A/B.swift", text: "")]
        #expect(ProjectRules.unplaced(in: Manifest(parsing: "module(\"A\")"), files: files).count == 1)
        #expect(ProjectRules.unplaced(in: Manifest(parsing: "// Floor 0\nmodule(\"A\")"), files: files).isEmpty)
    }

    @Test("a room that is gone or needs no room is found")
    func rooms() {
        var project = RuleTests.project
        project.rooms = Rooms(
            folders: ["Sources/Gone/", "Sources/HTTP/"], files: ["Sources/HTTP/A.swift", "Sources/HTTP/B.swift", "C.swift"])
        let files = [
            SourceFile(path: "Sources/HTTP/A.swift", text: "let a = unsafe b"),
            SourceFile(path: "Sources/HTTP/B.swift", text: "let a = b // unsafe"),
        ]
        #expect(
            ProjectRules.rooms(of: project, files: files).map(\.path) == ["Sources/Gone/", "Sources/HTTP/B.swift", "C.swift"])
    }

    @Test(
        "what nothing in Sources uses is found, and what somebody uses is not",
        arguments: [
            Vector("func a() {}", ["a"]), Vector("func a() {}\nlet b = a()", ["b"]), Vector("func a() { a() }", ["a"]),
            Vector("struct A { var b: Int }\nlet c = A(b: 1)\nf(c)", []), Vector("// a()\nlet s = \"a\"\nfunc a() { s }", ["a"]),
            Vector("let a = 1\nf(\"\\(a)\")", []),
            Vector("enum E { case a, b(Int), c\n case d = 3, e }\nE.a; .b(1); .d", ["c", "e"]),
            Vector("enum E { func f() { switch self { case a: g; default: h } }\n static let a = 1 }\nE.f", []),
            Vector("enum E: String { case a }\nenum F: CaseIterable { case b }\nf(E.self, F.self)", []),
            Vector("func a() {\nlet a = 1\nf(a) }\nS.a()", []), Vector("func a() {\nlet a = 1\nf(a) }", ["a", "a"]),
            Vector("typealias A = B\nprotocol P {}\nactor Q: P { init() {}; deinit {} }", ["A", "Q"]),
            Vector("class A { class func b() {}; class var c: Int { 1 } }\nA.b()", ["c"]),
            Vector("import struct A.B\nvar _unused = 1; let _ = 2; static func == (c: C, d: C) {}", []),
        ])
    func dead(_ vector: Vector<[String]>) {
        // The names that are kept must be there.
        let kept = SourceFile(path: "Sources/HTTP/Kept.swift", text: "func validate() {}\nvar idleCount: Int { 0 }")
        let files = [kept, SourceFile(path: "Sources/HTTP/A.swift", text: vector.source)]
        let found = ProjectRules.dead(in: files, of: RuleTests.project)
        #expect(found.map { $0.advice.split(separator: "`").first.map(String.init) ?? "" } == vector.expected)
    }

    @Test("a use in a test alone keeps nothing, and a name that need not be kept is found")
    func deadButKept() {
        let files = [
            SourceFile(path: "Sources/HTTP/A.swift", text: "func a() {}\nfunc validate() {}\nvar idleCount = 1\nf(idleCount)"),
            SourceFile(path: "Tests/HTTPTests/A.swift", text: "a()"),
        ]
        let found = ProjectRules.dead(in: files, of: RuleTests.project)
        #expect(found.map(\.path) == ["Sources/HTTP/A.swift", "Tests/TidyTests/Engine/Rooms.swift"])
        #expect(found.map(\.line) == [1, 1])
    }

    @Test(
        "what is named in words is looked for in the code",
        arguments: [
            Vector("// `BodySink` and `HTTPDate`, `Duplex.read`, `SSL_CTX`, BodySource\nstruct BodySink {}", []),
            Vector("/// See `BodySource`, and `Exchange/LinkEnd.swift`.\nlet a = 1", ["BodySource", "LinkEnd"]),
            Vector("// `LimitNOFILE` is systemd's.\nlet key = \"LimitNOFILE\"", []),
        ])
    func mentions(_ vector: Vector<[String]>) {
        let file = SourceFile(path: "Sources/HTTP/A.swift", text: vector.source)
        let found = ProjectRules.mentions(in: [file]).map(\.advice)
        #expect(found.map { $0.split(separator: "`").first.map(String.init) ?? "" } == vector.expected)
        let page = SourceFile(path: "ARCHITECTURE.md", text: "a\n`BodySource`")
        #expect(ProjectRules.mentions(in: [page]).map(\.line) == [2])
    }

    @Test("a folder that is a long list is found")
    func crowded() {
        func files(_ count: Int) -> [SourceFile] {
            (0..<count).map { SourceFile(path: "Sources/HTTP/A\($0).swift", text: "") }
        }
        #expect(ProjectRules.crowded(files(ProjectRules.mostOfFolder)).isEmpty)
        #expect(ProjectRules.crowded(files(ProjectRules.mostOfFolder + 1)).map(\.path) == ["Sources/HTTP"])
    }

    @Test("a second list of targets that differs from Package.swift is found")
    func copies() {
        let own = Manifest(
            parsing: """
                // C
                shim("CLinux", links: ["x"]),
                // Floor 0: bytes
                module("HTTP", ["CLinux"]),
                // Floor 1
                module("TLS", ["HTTP"]),
                """)
        func found(_ text: String) -> [Int] {
            ProjectRules.copies(of: own, in: Manifest(parsing: text), at: "Fuzz/Package.swift").map(\.line)
        }
        let shim = "shim(\"CLinux\", links: [\"x\"])\n"
        let http = ".target(name: \"HTTP\", dependencies: [\"CLinux\"], path: \"p\")\n"
        #expect(found(shim + http + "target(\"FuzzTarget\", \"HTTP\")\n").isEmpty)
        #expect(found(http) == [1])
        #expect(found(shim + "module(\"HTTP\")") == [2])
        #expect(found(shim + http + "module(\"TLS\", [\"HTTP\", \"CLinux\"])") == [3])
        #expect(found("shim(\"CLinux\", links: [\"y\"])") == [1])
        #expect(found("shim(\"CLinux\")") == [1])
    }

    @Test("what a build makes is found among tracked files")
    func tracked() {
        let paths = [
            ".build/debug/a", ".build-tsan/x", "Package.resolved", "certs/ca.key", "Package.swift", "Sources/A/.builder.swift",
        ]
        #expect(
            ProjectRules.tracked(paths).map(\.path) == [".build/debug/a", ".build-tsan/x", "Package.resolved", "certs/ca.key"])
    }
}
