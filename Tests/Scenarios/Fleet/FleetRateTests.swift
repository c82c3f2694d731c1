import Foundation
import TestSupport
import Testing

/// Rate limits of several gateways that count in a real Redis.
@Suite("Rate limits of a fleet", .enabled(if: RedisServer.isThere, "redis-server is not installed"))
struct FleetRateTests {
    private static let hundred = "max_requests = 100, window_seconds = 1, burst_size = 20"
    private static let daily = "max_requests = 1, window_seconds = 86400, burst_size = 4"

    private static func redis(_ server: RedisServer, _ more: String = "") -> String {
        "endpoints = [\"redis://127.0.0.1:\(server.port)\"]\n\(more)"
    }

    /// Starts three.
    private func three(_ limit: String, _ server: RedisServer, _ more: String = "") async throws -> RateGateways {
        var fleet = try RateGateways()
        for name in ["a", "b", "c"] { try await fleet.start(name, redis: Self.redis(server, more), limit: limit) }
        try await fleet.inTouch()
        return fleet
    }

    @Test("let in what one gateway would, within five of a hundred, and with Redis away what each may alone")
    func bound() async throws {
        let directory = try TemporaryDirectory()
        let redis = try await RedisServer(in: directory)
        let fleet = try await three(Self.hundred, redis)
        let together = try await fleet.load("one", rate: 1000, seconds: 5)
        let bound = 20 + 100 * together.seconds
        #expect(Double(together.admitted) <= bound * 1.05, "\(together)")
        #expect(Double(together.admitted) >= Double(together.allowed) * 0.95, "\(together)")
        for gateway in fleet.all {
            #expect(try await fleet.metric("gatehouse_fleet_redis_up", of: gateway) == 1)
            #expect(try await fleet.metric("gatehouse_fleet_rate_admissions_total{told=\"no\"}", of: gateway) == 0)
            #expect(try await fleet.metric("gatehouse_fleet_rate_members", of: gateway) ?? 0 >= 1)
            #expect(try await fleet.metric("gatehouse_fleet_redis_lag_seconds", of: gateway) ?? 60 < 60)
        }
        redis.pause()
        let paused = try await fleet.load("two", rate: 1000, seconds: 3)
        #expect(Double(paused.admitted) <= 3 * (20 + 100 * paused.seconds) * 1.01, "\(paused)")
        for gateway in fleet.all {
            _ = try await gateway.log.line("the fleet has lost Redis: rate limits count on this member alone")
        }
        redis.resume()
        for gateway in fleet.all { _ = try await gateway.log.line("the fleet is in touch with Redis again") }
        let again = try await fleet.load("three", rate: 1000, seconds: 3)
        #expect(Double(again.admitted) <= (20 + 100 * again.seconds) * 1.05, "\(again)")
    }

    @Test("with when_away = \"share\" let in together no more than one limit when Redis has ended")
    func shared() async throws {
        let directory = try TemporaryDirectory()
        let redis = try await RedisServer(in: directory)
        let fleet = try await three(Self.hundred, redis, "when_away = \"share\"")
        // Each has heard of the others.
        for gateway in fleet.all {
            try await eventually("three members") { try await fleet.metric("gatehouse_fleet_rate_members", of: gateway) == 3 }
        }
        try await redis.fail()
        for gateway in fleet.all { _ = try await gateway.log.line("the fleet has lost Redis") }
        let alone = try await fleet.load("one", rate: 1000, seconds: 3)
        #expect(Double(alone.admitted) <= (3 * 6 + 100 * alone.seconds) * 1.05, "\(alone)")
    }

    /// Waits until a client that was let in elsewhere is refused.
    private func refused(_ client: String, at gateway: RateGateways.Gateway, of fleet: RateGateways) async throws {
        try await eventually("\(client) is refused") { try await !fleet.isIn(client, at: gateway) }
    }

    @Test("hold for a client that has used them up elsewhere, also after Redis has forgotten everything")
    func forgotten() async throws {
        let directory = try TemporaryDirectory()
        let redis = try await RedisServer(in: directory)
        let fleet = try await three(Self.daily, redis)
        let (first, second) = (fleet.all[0], fleet.all[1])
        for _ in 0..<4 { #expect(try await fleet.isIn("x", at: first)) }
        #expect(try await !fleet.isIn("x", at: first))
        try await refused("x", at: second, of: fleet)
        // Scripts, due times and members are gone, and the connections stay.
        try await redis.ask("SCRIPT", "FLUSH")
        try await redis.ask("FLUSHALL")
        #expect(try await fleet.isIn("y", at: first))
        try await refused("y", at: second, of: fleet)
        try await redis.fail()
        for gateway in fleet.all { _ = try await gateway.log.line("the fleet has lost Redis") }
        let again = try await RedisServer(port: redis.port, in: directory)
        for gateway in fleet.all { _ = try await gateway.log.line("the fleet is in touch with Redis again") }
        #expect(try await again.ask("DBSIZE") == "1", "the members alone")
        #expect(try await fleet.isIn("z", at: second))
        try await refused("z", at: first, of: fleet)
    }

    @Test("are shared over TLS with a password, and by nobody without")
    func known() async throws {
        let directory = try TemporaryDirectory()
        let certificates = try await Certificates.ready()
        let authority = "\(certificates.directory)/ca.crt"
        let redis = try await RedisServer(
            ["--user", "gate", "on", ">right", "~gatehouse:*", "+@all", "--user", "default", "off"],
            client: ["--user", "gate", "--pass", "right"],
            tls: ("\(certificates.directory)/localhost.crt", "\(certificates.directory)/localhost.key", authority), in: directory)
        let right = try directory.write("right", "right\n")
        let wrong = try directory.write("wrong", "wrong\n")
        let tls = "endpoints = [\"rediss://localhost:\(redis.port)\"]"
        var fleet = try RateGateways()
        let cases = [
            (
                tls + "\nca_file = \"\(authority)\"\nuser = \"gate\"\npassword_file = \"\(right)\"",
                "rate limits count over the fleet"
            ),
            (tls + "\nca_file = \"\(authority)\"\nuser = \"gate\"\npassword_file = \"\(wrong)\"", "Redis refuses: WRONGPASS"),
            (tls + "\nca_file = \"\(authority)\"", "Redis refuses: NOAUTH"),
            (tls + "\nuser = \"gate\"\npassword_file = \"\(right)\"", "certificate"),
            ("endpoints = [\"rediss://127.0.0.2:\(redis.port)\"]\nca_file = \"\(authority)\"", "Redis cannot be reached"),
            ("endpoints = [\"redis://127.0.0.1:\(redis.port)\"]", "Redis cannot be reached"),
        ]
        for (number, (settings, words)) in cases.enumerated() {
            let gateway = try await fleet.start("m\(number)", redis: settings, limit: Self.daily)
            let line = try await gateway.log.first(words) { $0.contains("rate limits count") && $0.contains(words) }
            #expect(number == 0 || line.contains("key=fleet.redis.endpoints"), "\(line)")
            #expect(try await fleet.isIn("x\(number)", at: gateway))
        }
    }

    @Test(
        "count alone, and say why, while Redis takes no writes",
        arguments: [
            (["--maxmemory", "1"], "OOM command not allowed"), (["--replicaof", "127.0.0.1 1"], "READONLY You can"),
            (["--rename-command", "EVALSHA", "gone"], "unknown command"),
        ])
    func refusing(settings: [String], words: String) async throws {
        let directory = try TemporaryDirectory()
        let redis = try await RedisServer(settings, in: directory)
        var fleet = try RateGateways()
        let gateway = try await fleet.start("a", redis: Self.redis(redis), limit: Self.daily)
        let line = try await gateway.log.line("the fleet has lost Redis: rate limits count on this member alone")
        #expect(line.contains(words), "\(line)")
        for number in 0..<5 { #expect(try await fleet.isIn("x", at: gateway) == (number < 4)) }
        #expect(try await fleet.metric("gatehouse_fleet_redis_up", of: gateway) == 0)
        #expect(try await fleet.metric("gatehouse_fleet_rate_admissions_total{told=\"yes\"}", of: gateway) == 0)
        let status = try await Command.run(Place.gatehouse, ["status", "--socket", "\(fleet.directory.path)/a.sock"]).text
        #expect(status.contains("\nRedis          away for "), "\(status)")
    }

    @Test("are counted by a primary when a replica is named first")
    func replicas() async throws {
        let directory = try TemporaryDirectory()
        let primary = try await RedisServer(in: directory)
        let replica = try await RedisServer(["--replicaof", "127.0.0.1 \(primary.port)"], in: directory)
        var fleet = try RateGateways()
        let endpoints = "endpoints = [\"redis://127.0.0.1:\(replica.port)\", \"redis://127.0.0.1:\(primary.port)\"]"
        let gateway = try await fleet.start("a", redis: endpoints, limit: Self.daily)
        let line = try await gateway.log.line("the fleet is in touch with Redis again")
        #expect(line.contains("127.0.0.1:\(primary.port)"), "\(line)")
    }
}
