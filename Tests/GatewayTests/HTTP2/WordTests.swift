import TestSupport
import Testing

@Suite("A connection of HTTP/2: its priorities, and its idle time")
struct WordTests {
    /// - Returns: what came, in the words of http2_words.py, and "told" if the log says that no PING was answered.
    private static func say(_ words: String, answer: String = "hello", limits: String = "") async throws -> [String] {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying(answer)
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl(), top: limits.isEmpty ? "" : "[limits]\n" + limits)
        return try await Gatehouse.serving(toml) { gatehouse in
            let arguments = [Place.peer("http2_words.py"), "\(port)"] + words.split(separator: " ").map(String.init)
            let outcome = try await Command.run(Place.python, arguments)
            #expect(outcome.code == 0, "\(outcome)")
            let isTold = gatehouse.log.all.contains { $0.contains("limits.http2_ping") }
            return outcome.text.split(separator: "\n").map(String.init) + (isTold ? ["told"] : [])
        }
    }

    /// The first stream's answer takes the whole window; when there is room again, both wait for it.
    @Test(
        "a priority that comes before its stream holds, and more than the field of the request",
        arguments: [("", "END 1"), ("priority=3:u=7 priority=3:u=0 ", "END 3"), ("priority=5:u=0 ", "END 1")])
    func early(words: String, first: String) async throws {
        let come = try await Self.say(
            words + "get=1 await=bytes_65535 get=3 await=HEADERS_3 credit=10000000 await=END await=END",
            answer: String(repeating: "0123456789abcdef", count: 20_000))
        #expect(come.filter { $0.hasPrefix("END") } == (first == "END 1" ? ["END 1", "END 3"] : ["END 3", "END 1"]), "\(come)")
    }

    @Test("an idle client is asked whether it is there: one that does not answer is gone, the others have their time")
    func pings() async throws {
        async let silent = Self.say("get=1 await=closed", limits: "http2_ping = 1\nkeep_alive_timeout = 600")
        async let gone = Self.say(
            "get=1 await=PING pong await=closed", limits: "http2_ping = 2\nkeep_alive_timeout = 600")
        async let there = Self.say(
            "get=1 await=PING pong await=closed", limits: "http2_ping = 2\nkeep_alive_timeout = 3")
        async let unasked = Self.say("get=1 await=closed", limits: "keep_alive_timeout = 1")
        let pings = try await [silent, gone, there, unasked].map {
            $0.filter { ["PING", "GOAWAY 0", "closed", "told"].contains($0) }
        }
        #expect(pings[0] == ["PING", "GOAWAY 0", "closed", "told"])
        #expect(pings[1] == ["PING", "PING", "GOAWAY 0", "closed", "told"])
        #expect(pings[2] == ["PING", "GOAWAY 0", "closed"])
        #expect(pings[3] == ["GOAWAY 0", "closed"])
    }
}
