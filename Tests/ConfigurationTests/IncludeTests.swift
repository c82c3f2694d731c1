import Foundation
import Testing

@testable import Configuration

/// Configurations in several files.
@Suite("Included files")
struct IncludeTests {
    private let directory: String

    init() throws {
        directory = FileManager.default.temporaryDirectory.path + "/include-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory + "/sites", withIntermediateDirectories: true)
    }

    private func write(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
    }

    private static func site(_ name: String, _ rest: String = "static_dir = \".\"") -> String {
        "[[sites]]\nhostname = \"\(name)\"\nport = 80\n\(rest)\n"
    }

    private func read(_ name: String = "main.toml") -> ReadResult { Configuration.read(path: "\(directory)/\(name)") }

    /// The problems, with files as seen from the directory.
    private func problems(_ name: String = "main.toml") -> [String] {
        read(name).problems.map { $0.description.replacingOccurrences(of: directory + "/", with: "") }
    }

    private func remove() throws { try FileManager.default.removeItem(atPath: directory) }

    @Test("sites are gathered: the file's own, then by pattern, in the order of names; files include relative to themselves")
    func gathered() throws {
        try write("main.toml", "include = [\"sites/*.toml\", \"last.toml\"]\n[limits]\nmax_fields = 50\n" + Self.site("own"))
        try write("sites/b.toml", Self.site("b"))
        try write("sites/a.toml", "include = \"nested.tom\"\n" + Self.site("a"))
        try write("sites/nested.tom", Self.site("nested"))
        try write("sites/.hidden.toml", "nonsense")
        try write("last.toml", "[[tcp]]\nport = 90\nlisten = \"127.0.0.1\"\n[performance]\nworker_threads = 1\n")
        let result = read()
        // [[tcp]] has nowhere to go, and says so where it stands.
        #expect(result.problems.allSatisfy { $0.location.file == directory + "/last.toml" })
        try write("last.toml", "[performance]\nworker_threads = 1\n")
        let configuration = try #require(read().configuration)
        #expect(configuration.sites.map(\.name) == ["own", "a", "nested", "b"])
        #expect(configuration.limits.maxFields == 50)
        #expect(configuration.performance.workerThreads == 1)
        let location = try #require(configuration.location(of: "sites[2].hostname"))
        #expect(location == SourceLocation(file: directory + "/sites/nested.tom", line: 2, column: 12))
        try remove()
    }

    @Test("what is wrong is told with the file and line where it stands")
    func places() throws {
        try write("main.toml", "include = [\"sites/*.toml\"]\n" + Self.site("one"))
        try write("sites/a.toml", Self.site("one") + Self.site("two", "static_dir = 5"))
        try write("sites/b.toml", "[[sites]\n")
        #expect(
            problems() == [
                """
                sites/a.toml:2:12: error: sites[1].hostname: "one" on port 80 belongs to sites[0] (main.toml:2:1) already
                """,
                "sites/a.toml:8:14: error: sites[2].static_dir: expected a string, found the integer 5\n  help: in quotes: \"5\"",
                "sites/b.toml:1:9: error: while parsing table header: expected ']', saw '\\n'",
            ])
        let result = read()
        #expect(result.configuration == nil)
        let problem = try #require(result.problems.dropFirst().first)
        #expect(
            problem.render(source: result.source.text(of: problem.location.file), colour: false)
                .contains("\n 8 | static_dir = 5\n"))
        try remove()
    }

    @Test("that there are no sites is not told where a file that may have them cannot be read")
    func incomplete() throws {
        try write("main.toml", "include = \"sites/a.toml\"\n")
        try write("sites/a.toml", Self.site("a") + "x = [\n")
        let broken = problems()
        #expect(broken.count == 1 && broken.allSatisfy { $0.hasPrefix("sites/a.toml:") }, "\(broken)")
        try FileManager.default.removeItem(atPath: directory + "/sites/a.toml")
        let absent = problems()
        #expect(absent.count == 1 && absent.allSatisfy { $0.contains("cannot be read") }, "\(absent)")
        try write("sites/a.toml", "")
        let empty = problems()
        #expect(empty.count == 1 && empty.allSatisfy { $0.contains("sites: required") }, "\(empty)")
        try remove()
    }

    @Test("a table stands in one file alone")
    func twice() throws {
        try write("main.toml", "include = [\"a.toml\"]\n[limits]\nmax_fields = 50\n" + Self.site("one"))
        try write("a.toml", "[limits]\nmax_fields = 60\n")
        #expect(
            problems() == [
                """
                a.toml:1:2: error: limits: stands in main.toml:2:2 already
                  help: only arrays of tables, such as [[sites]], may be spread over several files
                """
            ])
        try remove()
    }

    @Test("loops, files that are included twice, and files that are not there are errors at the include")
    func loops() throws {
        try write("main.toml", "include = [\"a.toml\", \"none.toml\", \"nowhere/*.toml\", \"sites/*.toml\"]\n" + Self.site("one"))
        try write("a.toml", "include = [\"sites/../b.toml\"]\n")
        try write("b.toml", "include = [\n  \"main.toml\",\n  \"c.toml\", 5, \"\"]\n")
        // A link is the file that it leads to.
        try FileManager.default.createSymbolicLink(atPath: directory + "/c.toml", withDestinationPath: "a.toml")
        let found = problems()
        #expect(
            found == [
                "main.toml:1:22: error: include[1]: none.toml cannot be read: No such file or directory",
                "main.toml:1:35: error: include[2]: nowhere/*.toml cannot be looked up: No such file or directory",
                "main.toml:1:53: warning: include[3]: no file matches sites/*.toml",
                """
                sites/../b.toml:2:3: error: include[0]: includes itself: main.toml → a.toml → sites/../b.toml → sites/../main.toml
                  help: name other files than those on the way
                """,
                """
                sites/../b.toml:3:3: error: include[1]: includes itself: a.toml → sites/../b.toml → sites/../c.toml
                  help: name other files than those on the way
                """,
                """
                sites/../b.toml:3:13: error: include[2]: expected a file name, found the integer 5
                  help: such as ["sites/*.toml"]
                """,
                "sites/../b.toml:3:16: error: include[3]: must be a file name, without control characters",
            ])
        try write("main.toml", "include = [\"b.toml\", \"*.toml\"]\n" + Self.site("one"))
        try write("b.toml", "")
        try FileManager.default.removeItem(atPath: directory + "/a.toml")
        try FileManager.default.removeItem(atPath: directory + "/c.toml")
        #expect(
            problems() == [
                """
                main.toml:1:22: error: include[1]: b.toml is included already, by main.toml:1:12
                  help: keep one of them
                """,
                """
                main.toml:1:22: error: include[1]: includes itself: main.toml → main.toml
                  help: name other files than those on the way
                """,
            ])
        try remove()
    }

    @Test("includes end: sixteen deep, and ten thousand files")
    func deep() throws {
        try write("main.toml", "include = \"0.toml\"\n" + Self.site("one"))
        for number in 0..<20 { try write("\(number).toml", "include = \"\(number + 1).toml\"\n") }
        let found = problems()
        #expect(found.count == 1)
        #expect(found[0].hasPrefix("15.toml:1:11: error: include[0]: too much is included: at most 10000 files of 64 MiB"))
        try remove()
    }

    @Test("all texts are one, and read as before when the files have gone")
    func kept() throws {
        try write("main.toml", "include = [\"sites/*.toml\", \"last.toml\"]\n" + Self.site("own"))
        try write("sites/a.toml", Self.site("a"))
        try write("last.toml", Self.site("last") + "# 5 bytes of x\n# no end of line: €")
        let result = read()
        let configuration = try #require(result.configuration)
        let text = result.source.text
        try remove()
        var source = ConfigurationSource(whole: text, file: "history.toml")
        #expect(source.files == result.source.files)
        source.remark = " (as it was)"
        let again = Configuration.read(source)
        #expect(again.configuration?.sites == configuration.sites)
        #expect(again.source.text == text)
        #expect(again.configuration?.location(of: "sites[1]")?.file == directory + "/sites/a.toml (as it was)")
        // Damaged, it is one file and no configuration.
        for cut in [text + "x", String(text.dropLast()), text.replacing("in 3 files", with: "in 4 files")] {
            #expect(ConfigurationSource(whole: cut, file: "h").files.count == 1)
        }
    }

    @Test("of one file the text is its own; without what it includes it is refused")
    func alone() {
        let text = "include = \"other.toml\"\n" + Self.site("own")
        let source = ConfigurationSource(whole: text, file: "f")
        #expect(source.text == text)
        #expect(
            Configuration.read(source).problems.map(\.message) == [
                "other.toml cannot be read: it was not given with the configuration"
            ])
    }

    @Test("what is to be watched: files found and not found, and the directories of patterns")
    func watched() throws {
        try write("main.toml", "include = [\"*/*.toml\", \"none.toml\"]\n" + Self.site("one"))
        try write("sites/a.toml", "")
        let source = read().source
        #expect(source.paths == ["main.toml", "sites/a.toml", "none.toml"].map { directory + "/" + $0 })
        #expect(source.directories == [directory, directory + "/sites"])
        try remove()
    }

    @Test("what the admin socket shows has every file, and no secret")
    func masked() throws {
        try write("main.toml", "include = \"b.toml\"\n" + Self.site("one"))
        try write("b.toml", Self.site("two", "static_dir = \"${DIRECTORY}\"\n[sites.jwt]\nhmac_secret = \"${KEY}\""))
        let json = try #require(MaskedConfiguration.json(read().source))
        #expect(json.contains(#""hostname":"two""#) && json.contains(#""static_dir":"${DIRECTORY}""#))
        #expect(json.contains(#""hmac_secret":"***""#))
        try remove()
    }

    @Test("what the admin socket shows has no key that a field carries, and no secret in a URL")
    func maskedFields() throws {
        let text = """
            [sites.request_headers.set]
            X-Auth-Key = "hidden"
            X-Functions-Key = "hidden"
            X-Session = "hidden"
            X-Env = "prod"
            [sites.forward_auth]
            url = "http://me:hid@hidden@host/a@b?API_Key=hidden&page=2;Signature=hidden&"
            key_file = "pkcs11:token=one;object=two?module-name=three&pin-value=hidden"
            [sites.forward_auth.headers]
            WWW-Authenticate = "Basic realm=shown"
            [sites.proxy.headers]
            trusted_proxies = ["10.0.0.1"]
            """
        let json = try #require(MaskedConfiguration.json(ConfigurationSource(text: Self.site("one") + text, file: "f")))
        #expect(!json.contains("hidden") && !json.contains("hid@"), "\(json)")
        #expect(json.contains(#""X-Auth-Key":"***""#) && json.contains("http://***@host/a@b?"), "\(json)")
        #expect(json.contains(#"?API_Key=***&page=2;Signature=***&""#), "\(json)")
        #expect(json.contains(#""pkcs11:token=one;object=two?module-name=three&pin-value=***""#), "\(json)")
        for shown in ["prod", "Basic realm=shown", "10.0.0.1"] { #expect(json.contains(shown), "\(json)") }
    }
}
