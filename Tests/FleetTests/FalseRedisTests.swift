import ACME
import EventLoop
import LoopTesting
import TestSupport
import Testing

@testable import Fleet

/// Somebody who speaks in Redis's place.
@Suite("A false Redis")
struct FalseRedisTests {
    private static let second: UInt64 = 1_000_000_000
    /// PING as RESP has it.
    private static let questionBytes = 14

    /// What becomes of one PING: an error's words, or how many answers there were.
    private func outcome(_ answer: String) async throws -> String {
        let redis = try Upstream { _, wire in
            _ = try wire.read(Self.questionBytes)
            try wire.write(answer)
            _ = try wire.readToEnd()
        }
        let endpoint = try #require(ServiceURL("http://127.0.0.1:\(redis.port)", allowsPlain: true))
        let settings = RedisSettings(
            endpoints: [endpoint], prefix: "", member: "a", timeout: 30 * Self.second, interval: Self.second)
        return try await onLoop { actor in
            let waiter = Waiter(loop: actor.loop)
            let lookup = try ServiceLookup(waiter)
            let connection = try await RedisConnection.open(endpoint, settings, lookup, waiter) { false }
            defer {
                connection.close()
                lookup.close()
                waiter.retire()
            }
            var commands = RESPCommands()
            commands.add("PING")
            do throws(RedisError) {
                let answers = try await connection.ask(commands, timeout: settings.timeout) { true }
                return "\(answers.count)"
            } catch {
                return "\(error)"
            }
        }
    }

    @Test("what it says beyond the answer is not kept for the next question")
    func more() async throws {
        #expect(try await outcome("+PONG\r\n") == "1")
        for more in ["+PONG\r\n+PONG\r\n", "+PONG\r\n+"] {
            let said = try await outcome(more)
            #expect(said.contains("it speaks without being asked"), "\(said)")
        }
    }
}
