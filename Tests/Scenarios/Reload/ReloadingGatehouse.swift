import Foundation
import Glibc
import TestSupport
import Testing

/// A program that serves a file which the test writes anew.
struct ReloadingGatehouse {
    let process: ChildProcess
    let directory: TemporaryDirectory
    /// Its own runtime directory.
    var runtime: String { directory.path + "/run" }

    /// - Parameter directory: where its configuration is, or is to be; a new one if nil.
    init(
        _ toml: String, arguments: [String] = [], in directory: TemporaryDirectory? = nil, environment: [String: String] = [:]
    ) async throws {
        self.directory = try directory ?? TemporaryDirectory()
        let file = try self.directory.write("gatehouse.toml", Self.complete(toml))
        process = try ChildProcess(
            Place.gatehouse, ["run", "-c", file] + arguments,
            environment: environment.merging(["RUNTIME_DIRECTORY": self.directory.path + "/run"]) { given, _ in given })
        _ = try await process.errors.first { $0.contains(": serving addresses=") }
    }

    private static func complete(_ toml: String) -> String {
        let logging = toml.contains("[logging]") ? "" : "[logging]\nformat = \"json\"\n"
        // A machine that is slow because many tests run at once must not look like a client that is slow.
        let limits = toml.contains("[limits]") ? "" : "[limits]\nhead_timeout = 600\nkeep_alive_timeout = 600\n"
        let workers = toml.contains("[performance]") ? "" : "[performance]\nworker_threads = 2\n"
        return logging + limits + workers + toml
    }

    var outcomeCount: Int { outcomes.count }
    private var outcomes: [String] { process.errors.all.filter(Self.isOutcome) }

    private static func isOutcome(_ line: String) -> Bool {
        line.contains(": reloaded ") || line.contains("the reload is refused")
    }

    /// Writes the file anew, by renaming.
    func write(_ toml: String) throws {
        try directory.write("next", Self.complete(toml))
        // The call reads the paths alone.
        #expect(unsafe rename(directory.path + "/next", directory.path + "/gatehouse.toml") == 0)
    }

    /// Writes the file anew and asks for a reload by SIGHUP.
    /// - Returns: the line that says how it went.
    func reload(_ toml: String) async throws -> String {
        let count = outcomes.count
        try write(toml)
        process.signal(SIGHUP)
        return try await outcome(after: count)
    }

    /// The line that says how the reload after the first `count` went.
    func outcome(after count: Int) async throws -> String {
        while true {
            let lines = process.errors.all
            let outcomes = lines.filter(Self.isOutcome)
            if outcomes.count > count { return outcomes[count] }
            _ = try await process.errors.first(lines.count + 1)
        }
    }

    /// A command that looks for gateways where this one has its socket.
    func command(_ arguments: [String]) async throws -> Command.Outcome {
        try await Command.run(Place.gatehouse, arguments, environment: ["RUNTIME_DIRECTORY": runtime])
    }

    func end() async throws {
        process.terminate()
        #expect(try await process.exit() == .code(0))
    }
}
