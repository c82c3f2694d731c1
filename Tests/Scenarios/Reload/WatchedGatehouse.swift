import Foundation
import TestSupport
import Testing

/// A gateway whose dashboard is watched.
struct WatchedGatehouse {
    static let key = "0123456789abcdef-all"
    static let readKey = "0123456789abcdef-read"

    let running: ReloadingGatehouse
    let port: FreePort
    let management: FreePort
    var socket: String { running.runtime + "/\(running.process.pid).sock" }

    /// - Parameters:
    ///   - upstreams: servers of the one site's only upstream.
    ///   - top: goes before all else.
    ///   - site: of the site.
    init(_ upstreams: [UInt16], top: String = "", site: String = "") async throws {
        (port, management) = try (FreePort(), FreePort())
        let servers = upstreams.map { "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\($0)\"" }
        let directory = try TemporaryDirectory()
        running = try await ReloadingGatehouse(
            """
            \(top)
            [server]
            state_dir = "\(directory.path)/state"
            [management]
            enabled = true
            port = \(management)
            api_key = "\(Self.key)"
            read_key = "\(Self.readKey)"
            [[sites]]
            name = "shop"
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            \(site)
            [sites.proxy]
            enabled = true
            \(servers.joined(separator: "\n"))
            [[sites.proxy.routes]]
            path = "/"
            upstream = "app"
            websocket = true
            """, in: directory)
    }

    /// A curl that watches at the admin socket.
    func watch() throws -> ChildProcess {
        try ChildProcess("curl", ["-sSN", "--unix-socket", socket, "http://localhost/events"])
    }

    /// The first snapshot of a watcher's that is as it is to be.
    func snapshot(
        _ watcher: ChildProcess, where matches: @escaping @Sendable ([String: Any]) -> Bool = { _ in true }
    ) async throws -> [String: Any] {
        let line = try await watcher.output.first("a snapshot") { line in Self.snapshot(line).map(matches) ?? false }
        return try #require(Self.snapshot(line))
    }

    private static func snapshot(_ line: String) -> [String: Any]? {
        guard line.hasPrefix("data: {"),
            let value = try? JSONSerialization.jsonObject(with: Data(line.dropFirst(6).utf8)) as? [String: Any],
            value["number"] != nil
        else { return nil }
        return value
    }

    /// - Returns: status, head and body.
    func ask(_ path: String, key: String? = Self.key, _ more: [String] = []) async throws -> (status: Int, text: String) {
        let shown = key.map { ["-H", "X-API-Key: \($0)"] } ?? []
        let outcome = try await Command.curl(
            ["-i", "-w", "\n%{http_code}"] + shown + more + ["http://127.0.0.1:\(management)\(path)"])
        let lines = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
        return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
    }

    /// The body of an answer that is JSON.
    func object(_ path: String) async throws -> [String: Any] {
        let outcome = try await Command.curl(["-H", "X-API-Key: \(Self.key)", "http://127.0.0.1:\(management)\(path)"])
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any], "\(outcome)")
    }

    /// Programs in Python that watch.
    func python(_ program: String, _ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(Place.pythonWithLibraries, [Place.peer(program)] + arguments)
    }
}

extension [String: Any] {
    func number(_ names: String...) -> Double? {
        (names.reduce(self as Any?) { value, name in (value as? [String: Any])?[name] } as? NSNumber)?.doubleValue
    }

    func list(_ names: String...) -> [[String: Any]] {
        names.reduce(self as Any?) { value, name in (value as? [String: Any])?[name] } as? [[String: Any]] ?? []
    }
}
