import Foundation
import Testing

@Suite("The repository is tidy")
struct RepositoryTests {
    static let loaded = Result { try Repository.load() }

    let repository: Repository
    let project: Project

    init() throws {
        repository = try Self.loaded.get()
        let manifest = try #require(repository.files.first { $0.path == "Package.swift" })
        project = .gatehouse(manifest: Manifest(parsing: manifest.text))
    }

    @Test("every file keeps the rule", arguments: Rule.all)
    func filesKeep(_ rule: Rule) {
        report(repository.files.flatMap { rule.findings(in: $0, of: project) })
    }

    @Test("the targets of Package.swift look down only")
    func floorsGoDown() {
        report(ProjectRules.floors(of: project.manifest))
        report(ProjectRules.unplaced(in: project.manifest, files: repository.files))
    }

    @Test("the rooms of unsafe code name files that are there and need it")
    func roomsAreReal() {
        report(ProjectRules.rooms(of: project, files: repository.files))
    }

    @Test("nothing is declared that nobody uses")
    func nothingIsDead() {
        report(ProjectRules.dead(in: repository.files, of: project))
    }

    @Test("what comments and pages for maintainers name is there")
    func mentionsAreReal() {
        report(ProjectRules.mentions(in: repository.files))
    }

    @Test("no folder is a long list")
    func foldersAreShort() {
        report(ProjectRules.crowded(repository.files))
    }

    @Test("the package that builds the same sources with other settings agrees with Package.swift")
    func copyAgrees() throws {
        let path = "Fuzz/Package.swift"
        let text = try #require(repository.files.first { $0.path == path }).text
        let copy = Manifest(parsing: text)
        #expect(copy.targets.count { project.manifest.target($0.name) != nil } >= 3)
        report(ProjectRules.copies(of: project.manifest, in: copy, at: path))
    }

    /// ARCHITECTURE.md says in which files that is, and promises how long they are together.
    @Test("what becomes of a proxied request is decided in few lines")
    func decisionsAreFew() throws {
        let page = try String(contentsOf: repository.root.appending(path: "ARCHITECTURE.md"), encoding: .utf8)
        let promise = try #require(page.firstMatch(of: /is decided in eleven files, of less than 1,200 lines together:([^.]*)\./))
        let names = promise.output.1.matches(of: /`([A-Za-z0-9]+)`/).map { "/\($0.output.1).swift" }
        #expect(names.count == 11)
        let files = names.flatMap { name in
            repository.files.filter { $0.path.hasPrefix("Sources/") && $0.path.hasSuffix(name) }
        }
        #expect(files.count == 11)
        #expect(files.reduce(0) { $0 + $1.text.split(separator: "\n", omittingEmptySubsequences: false).count - 1 } < 1200)
    }

    @Test("nothing that a build makes is tracked")
    func tracksSourceOnly() {
        report(ProjectRules.tracked(repository.tracked))
    }

    @Test("the rules see the whole house")
    func seesEverything() {
        let modules = Set(repository.files.filter(\.isSource).compactMap(\.module))
        let placed = Set(project.manifest.targets.filter { ($0.floor ?? -1) >= 0 }.map(\.name))
        #expect(modules == placed)
        #expect(repository.files.contains { $0.path == "scripts/test" && $0.isScript })
    }

    /// Style is a test: each finding is an issue of one line, `path:line: rule: what to do`, at the place it speaks of.
    private func report(_ findings: [Finding]) {
        for finding in findings {
            let place = SourceLocation(
                fileID: "TidyTests/\(finding.path)",
                filePath: repository.root.appending(path: finding.path).path(percentEncoded: false),
                line: max(finding.line, 1), column: 1)
            Issue.record(Comment(rawValue: finding.description), sourceLocation: place)
        }
    }
}
