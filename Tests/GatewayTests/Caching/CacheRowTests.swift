import Foundation
import TestSupport
import Testing

/// docs/cache.md beside nginx and Varnish: the same answers and requests for each, by `cache_rows.py`.
@Suite("The cache beside others")
struct CacheRowTests {
    /// What came of a row's last request, at each of the three.
    private struct Outcome: Codable, Hashable {
        let name, gatehouse, nginx, varnish: String

        /// Without the status where all have the same.
        var cells: [String] {
            let all = [gatehouse, nginx, varnish]
            let statuses = Set(all.map { $0.split(separator: " ").dropFirst().first ?? "" })
            return statuses.count == 1 ? all.map { String($0.prefix { $0 != " " }) } : all
        }
    }

    private static let page = Place.root + "docs/cache.md"
    private static let heading = "| answer, or request | Gatehouse | nginx | Varnish |\n|---|---|---|---|\n"
    /// Whose outcomes the page has.
    private static let versions = (nginx: "1.22.1", varnish: "7.1.1")

    private static func origin(_ port: FreePort, _ origin: Peer) -> String {
        Sites.proxy(
            port, to: "http://127.0.0.1:\(origin)", proxy: "[sites.cache_upstream]", top: "[performance]\nworker_threads = 1")
    }

    private static func nginx(_ port: FreePort, _ origin: Peer, in directory: TemporaryDirectory) async throws -> Nginx {
        try await Nginx(
            """
            proxy_cache_path \(directory.path)/cache keys_zone=c:1m;
            server {
                listen 127.0.0.1:\(port) reuseport;
                location / { proxy_pass http://127.0.0.1:\(origin); proxy_cache c; }
            }
            """, in: directory)
    }

    /// Varnish with its built-in VCL.
    private static func varnish(_ port: FreePort, _ origin: Peer, in directory: TemporaryDirectory) async throws -> ChildProcess {
        let process = try ChildProcess(
            "varnishd",
            ["-F", "-j", "none", "-n", directory.path + "/varnish", "-a", "127.0.0.1:\(port)", "-b", "127.0.0.1:\(origin)"]
                + ["-s", "malloc,16m"])
        _ = try await process.errors.first("Varnish's start") { $0.contains("said Child starts") }
        return process
    }

    private static func version(of command: String, _ arguments: [String]) async throws -> String {
        let told = try await Command.run(command, arguments)
        return (told.text + told.errors).firstMatch(of: /\d+\.\d+\.\d+/).map { String($0.output) } ?? ""
    }

    private static func outcomes() async throws -> [Outcome] {
        let (origin, directory) = (try await Peer("cache_rows.py"), try TemporaryDirectory())
        let (port, nginxPort, varnishPort) = (try FreePort(), try FreePort(), try FreePort())
        let nginx = try await nginx(nginxPort, origin, in: directory)
        let varnish = try await varnish(varnishPort, origin, in: directory)
        var outcomes: [Outcome] = []
        try await Gatehouse.serving(Self.origin(port, origin)) { _ async throws in
            try origin.process.write("gatehouse=\(port) nginx=\(nginxPort) varnish=\(varnishPort)\n")
            try await origin.process.output.until { $0.contains("done") }
            let lines = origin.process.output.all.filter { $0.hasPrefix("{") }
            outcomes = try lines.map { try JSONDecoder().decode(Outcome.self, from: Data($0.utf8)) }
        }
        nginx.process.terminate()
        varnish.terminate()
        try await varnish.exit()
        return outcomes
    }

    /// Rows with the same three outcomes are one line.
    private static func table(_ outcomes: [Outcome]) -> [String] {
        var lines: [(cells: [String], names: [String])] = []
        for outcome in outcomes where Set(outcome.cells).count > 1 {
            if let line = lines.firstIndex(where: { $0.cells == outcome.cells }) {
                lines[line].names.append(outcome.name)
            } else {
                lines.append((outcome.cells, [outcome.name]))
            }
        }
        return lines.map { line in
            "| \(line.names.map { "`\($0)`" }.joined(separator: "; ")) | \(line.cells.joined(separator: " | ")) |"
        }
    }

    @Test("differs from nginx and Varnish where the page says so, and nowhere else")
    func rows() async throws {
        let outcomes = try await Self.outcomes()
        #expect(outcomes.count == 135)
        let text = try String(contentsOfFile: Self.page, encoding: .utf8)
        let parts = text.split(separator: Self.heading, maxSplits: 1)
        try #require(parts.count == 2)
        let written = parts[1].split(separator: "\n", omittingEmptySubsequences: false).prefix { $0.hasPrefix("|") }.map(
            String.init)
        let nginx = try await Self.version(of: "nginx", ["-v"])
        let varnish = try await Self.version(of: "varnishd", ["-V"])
        guard (nginx, varnish) == Self.versions else {
            // Of other versions only what Gatehouse does is known.
            for line in written { try Self.hold(outcomes, to: line) }
            return
        }
        let table = Self.table(outcomes)
        if ProcessInfo.processInfo.environment["UPDATE_FIXTURES"] != nil {
            let rest = parts[1].split(separator: "\n", omittingEmptySubsequences: false).dropFirst(written.count)
            let page = [parts[0] + Self.heading + table.joined(separator: "\n")] + rest.map { $0 }
            try page.joined(separator: "\n").write(toFile: Self.page, atomically: true, encoding: .utf8)
        }
        #expect(table == written)
        let agreed = outcomes.count { Set($0.cells).count == 1 }
        #expect(text.contains("all three agree on \(agreed) of them"), "\(agreed)")
    }

    private static func hold(_ outcomes: [Outcome], to line: String) throws {
        let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        for name in cells[0].split(separator: "; ").map({ $0.replacing("`", with: "") }) {
            let outcome = try #require(outcomes.first { $0.name == name })
            #expect(outcome.gatehouse.hasPrefix(cells[1]), "\(outcome)")
        }
    }
}
