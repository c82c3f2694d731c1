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

    @Test("a room that is gone or needs no room is found, once the project is finished")
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
        project.isFinished = false
        #expect(ProjectRules.rooms(of: project, files: files).isEmpty)
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
