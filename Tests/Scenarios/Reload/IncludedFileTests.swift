import Foundation
import TestSupport
import Testing

/// A configuration in several files, under the running program.
@Suite("Included files under a running gateway")
struct IncludedFileTests {
    /// With the tables that are added to what has none.
    private static let main = """
        include = ["sites/*.toml"]
        [logging]
        format = "json"
        [limits]
        head_timeout = 600
        [performance]
        worker_threads = 2

        """

    private static func site(_ name: String, _ port: FreePort, _ text: String) -> String {
        """
        [[sites]]
        hostname = "\(name).test"
        listen = "127.0.0.1"
        port = \(port)
        respond = { status = 200, body = "\(text)" }

        """
    }

    private static func get(_ port: FreePort, _ host: String) async throws -> String {
        try await Command.curl(["--resolve", "\(host).test:\(port):127.0.0.1", "http://\(host).test:\(port)/"]).text
    }

    /// Writes a file by renaming.
    private static func write(_ path: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    }

    @Test("--watch sees a new file, a change of one, and one that goes; what is refused names the file")
    func watched() async throws {
        let directory = try TemporaryDirectory()
        let port = try FreePort()
        let sites = directory.path + "/sites"
        try FileManager.default.createDirectory(atPath: sites, withIntermediateDirectories: false)
        try Self.write(sites + "/one.toml", Self.site("one", port, "one"))
        let running = try await ReloadingGatehouse(Self.main, arguments: ["--watch"], in: directory)
        #expect(try await Self.get(port, "one") == "one")
        try Self.write(sites + "/two.toml", Self.site("two", port, "two"))
        #expect(try await running.outcome(after: 0).contains("+site two.test@127.0.0.1:\(port)"))
        #expect(try await Self.get(port, "two") == "two")
        try Self.write(sites + "/one.toml", Self.site("one", port, "ONE"))
        #expect(try await running.outcome(after: 1).contains("~site one.test"))
        #expect(try await Self.get(port, "one") == "ONE")
        try Self.write(sites + "/three.toml", "[[sites]]\nhostname = 5\n")
        _ = try await running.process.errors.first { $0.contains("sites/three.toml:2:12") }
        #expect(try await running.outcome(after: 2).contains("the reload is refused"))
        try FileManager.default.removeItem(atPath: sites + "/three.toml")
        try FileManager.default.removeItem(atPath: sites + "/two.toml")
        // The two may be seen as one change, or as two.
        _ = try await running.process.errors.first { $0.contains("-site two.test") }
        // The log names the file that has changed, not the one that includes it.
        let causes = running.process.errors.all.compactMap { $0.firstMatch(of: /by="a change of (.+?)"/)?.1 }
        #expect(causes.prefix(3).map { $0.split(separator: "/").last } == ["two.toml", "one.toml", "three.toml"], "\(causes)")
        try await running.end()
    }

    @Test("the history keeps all files as one, and rollback brings all of them back; --plan sends them")
    func history() async throws {
        let directory = try TemporaryDirectory()
        let port = try FreePort()
        let sites = directory.path + "/sites"
        let main = Self.main + "[server]\nstate_dir = \"\(directory.path)/state\"\n"
        try FileManager.default.createDirectory(atPath: sites, withIntermediateDirectories: false)
        try Self.write(sites + "/one.toml", Self.site("one", port, "before"))
        let running = try await ReloadingGatehouse(main, in: directory)
        try await eventually("the history") { try await running.command(["history"]).text.split(separator: "\n").count >= 2 }
        try Self.write(sites + "/one.toml", Self.site("one", port, "after"))
        let planned = try await running.command(["reload", "--plan", directory.path + "/gatehouse.toml"])
        #expect(planned.code == 0 && planned.text.contains("one.test"), "\(planned)")
        #expect(try await running.command(["reload"]).code == 0)
        #expect(try await Self.get(port, "one") == "after")
        // Neither what is there now nor that it has gone matters.
        try FileManager.default.removeItem(atPath: sites + "/one.toml")
        let back = try await running.command(["rollback"])
        #expect(back.code == 0, "\(back)")
        #expect(try await Self.get(port, "one") == "before")
        let history = try await running.command(["history"])
        #expect(history.text.split(separator: "\n").count == 3, "\(history)")
        try await running.end()
    }

    @Test("variables come from the program's environment")
    func variables() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "f.toml", "[[sites]]\nhostname = \"${NAME_OF_SITE}\"\nport = \"${PORT_OF_SITE:-8080}\"\nstatic_dir = \".\"\n")
        let without = try await Command.run(Place.gatehouse, ["check", file])
        #expect(
            without.code == 1
                && without.errors.contains("f.toml:2:12: error: sites[0].hostname: the environment has no NAME_OF_SITE"))
        let environment = ["NAME_OF_SITE": "a.test", "PORT_OF_SITE": "8081"]
        let with = try await Command.run(Place.gatehouse, ["check", file], environment: environment)
        #expect(with.code == 0 && with.text.contains("http [::]:8081  a.test"), "\(with)")
    }
}
