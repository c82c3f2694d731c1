import Foundation
import Glibc
import TestSupport
import Testing

/// What operators see of a fleet, by a real etcd.
@Suite("The standing of a member", .enabled(if: Etcd.isThere, "etcd is not installed"))
struct FleetStandingTests {
    private struct Fleet: Decodable {
        var member: String
        var status: String
        var trouble: String?
        var members: Int
        var first: [Member]

        struct Member: Decodable {
            var name: String
            var certificates: Int?
        }
    }

    private func ask<Answer: Decodable>(_ fleet: FleetGateways, _ name: String, _ path: String) async throws -> Answer {
        let outcome = try await Command.curl(["--unix-socket", "\(fleet.directory.path)/\(name).sock", "http://localhost\(path)"])
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Answer.self, from: Data(outcome.output))
    }

    private func metric(_ fleet: FleetGateways, _ name: String, _ metric: String) async throws -> Double {
        let outcome = try await Command.curl([
            "--unix-socket", "\(fleet.directory.path)/\(name).sock", "http://localhost/metrics",
        ])
        let line = outcome.text.split(separator: "\n").first { $0.hasPrefix(metric + " ") }
        return Double(try #require(line, "\(metric)").dropFirst(metric.count + 1)) ?? -1
    }

    @Test("metrics, status and health tell of members, of etcd that has gone, and that it is there again")
    func told() async throws {
        var fleet = try await FleetGateways()
        let etcd = try await Etcd(in: fleet.directory)
        let management = try FreePort()
        let more = "degraded_after = 10\n[management]\nenabled = true\nport = \(management)\napi_key = \"0123456789abcdef\""
        for (name, text) in [("a", more), ("b", "")] {
            _ = try await fleet.start(name, etcd, more: text).log.line(": a member of the fleet")
        }
        try await eventually("two members") { try await metric(fleet, "a", "gatehouse_fleet_members") == 2 }
        #expect(try await metric(fleet, "a", "gatehouse_fleet_last_contact_seconds") > 1_600_000_000)
        #expect(try await metric(fleet, "a", "gatehouse_fleet_name_taken") == 0)
        var seen: Fleet = try await ask(fleet, "a", "/fleet")
        try await eventually("both members in /fleet") {
            seen = try await ask(fleet, "a", "/fleet")
            return seen.first.count == 2
        }
        #expect(seen.member == "a" && seen.members == 2 && seen.first.map(\.name) == ["a", "b"])
        #expect(seen.first[1].certificates == 1)
        let status = try await Command.run(Place.gatehouse, ["status", "--socket", "\(fleet.directory.path)/a.sock"])
        #expect(status.text.contains("fleet          a of test, 2 members; its own configuration; etcd answered"), "\(status)")
        func health() async throws -> String {
            let url = "http://127.0.0.1:\(management)/health"
            return try await Command.curl(["-H", "X-API-Key: 0123456789abcdef", url]).text
        }
        etcd.members[0].process.signal(SIGSTOP)
        try await eventually("degraded") { try await health().contains("\"degraded\"") }
        let degraded = try await Command.run(
            Place.gatehouse, ["status", "--health", "--socket", "\(fleet.directory.path)/a.sock"])
        #expect(degraded.code == 1 && degraded.text.contains("etcd has not answered for"), "\(degraded)")
        #expect(try await metric(fleet, "a", "gatehouse_fleet_lag_seconds") >= 10)
        etcd.members[0].process.signal(SIGCONT)
        try await eventually("well again") { try await health().contains("\"ok\"") }
    }

    @Test("the second member of one name is told who has it")
    func sameName() async throws {
        var fleet = try await FleetGateways()
        let etcd = try await Etcd(in: fleet.directory)
        let first = try await fleet.start("a", etcd)
        _ = try await first.log.line(": a member of the fleet")
        let second = try await fleet.start("b", etcd, more: "member = \"a\"")
        let line = try await second.log.line("another member of the fleet has this one's name")
        #expect(line.contains("process \(first.process.pid) on"), "\(line)")
        try await eventually("the name is taken") { try await metric(fleet, "b", "gatehouse_fleet_name_taken") == 1 }
        let shown = try await Command.run(
            Place.gatehouse, ["fleet", "status", "-c", "\(fleet.directory.path)/a.toml"])
        #expect(shown.text.split(separator: "\n").count { $0.hasPrefix("a ") } == 1, "\(shown)")
    }
}
