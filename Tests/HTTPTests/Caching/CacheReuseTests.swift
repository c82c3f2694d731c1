import Testing

@testable import HTTP

/// When a stored answer may be sent, RFC 9111 §4 and RFC 5861.
@Suite("What a cache sends of what it has stored")
struct CacheReuseTests {
    struct Row: Sendable, CustomStringConvertible {
        let description: String
        let reuse: CacheReuse
        /// The answer's `Cache-Control`; it was fresh for 100 seconds.
        var says = "max-age=100"
        /// Seconds since it came.
        var after: Int64 = 40
        /// The request's, which is heeded if there is one.
        var asks = ""
        var pragma = ""
        var rules = CacheRules()

        init(_ description: String, _ reuse: CacheReuse, _ change: (inout Row) -> Void = { _ in }) {
            self.description = description
            self.reuse = reuse
            change(&self)
            rules.honoursClientDirectives = !asks.isEmpty || !pragma.isEmpty
        }
    }

    private static let rows: [Row] = [
        // §4.2
        Row("fresh", .fresh(left: 60)),
        Row("for the last second", .fresh(left: 1)) { $0.after = 99 },
        Row("not fresh at its end", .revalidate) { $0.after = 100 },
        Row("stale", .revalidate) { $0.after = 150 },
        Row("a clock that was set back a little", .fresh(left: 100)) { $0.after = -60 },
        Row("a clock that was set back", .revalidate) { $0.after = -1000 },
        // §5.2.2.4, §5.2.2.2, §4.2.4
        Row("no-cache, though fresh", .revalidate) { $0.says = "max-age=100, no-cache" },
        Row("no-cache, and stale if there is an error", .revalidate) {
            ($0.says, $0.after) = ("no-cache, stale-if-error=900", 150)
        },
        Row("must-revalidate, fresh", .fresh(left: 60)) { $0.says = "max-age=100, must-revalidate" },
        Row("must-revalidate, stale", .revalidate) {
            ($0.says, $0.after, $0.rules.staleIfError) = ("max-age=100, must-revalidate", 150, 900)
        },
        // RFC 5861 §3
        Row("while it is asked for anew", .whileRevalidating(left: -50)) {
            ($0.says, $0.after) = ("max-age=100, stale-while-revalidate=60", 150)
        },
        Row("to its end", .whileRevalidating(left: -60)) {
            ($0.says, $0.after) = ("max-age=100, stale-while-revalidate=60", 160)
        },
        Row("not beyond it", .revalidate) { ($0.says, $0.after) = ("max-age=100, stale-while-revalidate=60", 161) },
        Row("by the rules", .whileRevalidating(left: -50)) { ($0.after, $0.rules.staleWhileRevalidate) = (150, 60) },
        Row("by its own word before the rules'", .revalidate) {
            ($0.says, $0.after, $0.rules.staleWhileRevalidate) = ("max-age=100, stale-while-revalidate=0", 150, 60)
        },
        Row("forbidden by must-revalidate", .revalidate) {
            ($0.says, $0.after) = ("max-age=100, must-revalidate, stale-while-revalidate=60", 150)
        },
        Row("forbidden by proxy-revalidate", .revalidate) {
            ($0.says, $0.after) = ("max-age=100, proxy-revalidate, stale-while-revalidate=60", 150)
        },
        Row("s-maxage forbids what the rules allow", .revalidate) {
            ($0.says, $0.after, $0.rules.staleWhileRevalidate, $0.rules.staleIfError) = ("s-maxage=100", 150, 60, 60)
        },
        Row("s-maxage and its own word", .whileRevalidating(left: -50)) {
            ($0.says, $0.after) = ("s-maxage=100, stale-while-revalidate=60", 150)
        },
        Row("still fresh", .fresh(left: 60)) { $0.says = "max-age=100, stale-while-revalidate=60" },
        // RFC 5861 §4
        Row("when there is nothing better", .revalidateOrStale) { ($0.says, $0.after) = ("max-age=100, stale-if-error=60", 150) },
        Row("not beyond its end", .revalidate) { ($0.says, $0.after) = ("max-age=100, stale-if-error=60", 161) },
        Row("nothing better, by the rules", .revalidateOrStale) { ($0.after, $0.rules.staleIfError) = (150, 60) },
        Row("nothing better, by its own word", .revalidate) {
            ($0.says, $0.after, $0.rules.staleIfError) = ("max-age=100, stale-if-error=0", 150, 60)
        },
        Row("nothing better with s-maxage", .revalidateOrStale) {
            ($0.says, $0.after) = ("s-maxage=100, stale-if-error=60", 150)
        },
        Row("first the one, then the other", .revalidateOrStale) {
            ($0.says, $0.after) = ("max-age=100, stale-while-revalidate=10, stale-if-error=60", 150)
        },
        Row("forbidden by must-revalidate, too", .revalidate) {
            ($0.says, $0.after) = ("max-age=100, must-revalidate, stale-if-error=60", 150)
        },
        // §5.2.1: the request's words
        Row("the request says no-cache", .revalidate) { $0.asks = "no-cache" },
        Row("the request says max-age=0", .revalidate) { $0.asks = "max-age=0" },
        Row("the request says max-age, of a younger one", .revalidate) { $0.asks = "max-age=39" },
        Row("the request says max-age, of one as old", .fresh(left: 60)) { $0.asks = "max-age=40" },
        Row("the request says min-fresh, of one that is", .fresh(left: 60)) { $0.asks = "min-fresh=60" },
        Row("the request says min-fresh, of one that is not", .revalidate) { $0.asks = "min-fresh=61" },
        Row("the request says max-stale", .fresh(left: -50)) { ($0.asks, $0.after) = ("max-stale", 150) },
        Row("the request says max-stale=50", .fresh(left: -50)) { ($0.asks, $0.after) = ("max-stale=50", 150) },
        Row("the request says max-stale=49", .revalidate) { ($0.asks, $0.after) = ("max-stale=49", 150) },
        Row("max-stale, and the answer forbids it", .revalidate) {
            ($0.says, $0.asks, $0.after) = ("max-age=100, must-revalidate", "max-stale", 150)
        },
        Row("max-stale, and s-maxage forbids it", .revalidate) {
            ($0.says, $0.asks, $0.after) = ("s-maxage=100", "max-stale", 150)
        },
        Row("max-stale and max-age=0", .revalidate) { $0.asks = "max-stale, max-age=0" },
        Row("something that nobody knows", .fresh(left: 60)) { $0.asks = "x-fast" },
        // §5.4
        Row("Pragma: no-cache", .revalidate) { $0.pragma = "no-cache" },
        Row("Pragma: NO-CACHE", .revalidate) { $0.pragma = "NO-CACHE" },
        Row("Pragma beside Cache-Control", .fresh(left: 60)) { ($0.pragma, $0.asks) = ("no-cache", "max-age=50") },
        Row("another Pragma", .fresh(left: 60)) { $0.pragma = "no-transform" },
    ]

    @Test("follows both heads and the time", arguments: rows)
    func reuse(row: Row) throws {
        let answer = try response("HTTP/1.1 200 OK\r\nCache-Control: \(row.says)\r\n\r\n")
        let lines =
            (row.asks.isEmpty ? "" : "Cache-Control: \(row.asks)\r\n") + (row.pragma.isEmpty ? "" : "Pragma: \(row.pragma)\r\n")
        let request = try request("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n")
        let times = CachedTimes(requested: 1000, received: 1000, date: 1000, age: 0, lifetime: 100)
        let reuse = row.rules.reuse(
            times, CacheDirectives(answer.fields), asked: CacheDirectives(request.fields),
            hasPragma: request.fields.hasNoCachePragma, now: 1000 + row.after)
        #expect(reuse == row.reuse)
    }

    @Test("unless they are to be heeded, words of requests change nothing", arguments: ["no-cache", "max-age=0", "min-fresh=99"])
    func unheeded(words: String) throws {
        let request = try request("GET / HTTP/1.1\r\nHost: a\r\nPragma: no-cache\r\nCache-Control: \(words)\r\n\r\n")
        let times = CachedTimes(requested: 0, received: 0, date: 0, age: 0, lifetime: 100)
        let reuse = CacheRules().reuse(
            times, CacheDirectives(), asked: CacheDirectives(request.fields), hasPragma: true, now: 40)
        #expect(reuse == .fresh(left: 60))
    }

    /// §4.2.3, all in seconds: when it was asked for, when it came, its Date and Age, what time it is, and how old it is then.
    @Test(
        "is as old as the RFC reckons",
        arguments: [
            (100, 100, 100, 0, 100, 0), (100, 100, 100, 0, 130, 30), (100, 100, 100, 20, 130, 50), (100, 105, 105, 20, 130, 50),
            (100, 105, 90, 0, 130, 40), (100, 105, 90, 3, 130, 40), (100, 105, 90, 30, 130, 60), (100, 105, 200, 0, 130, 30),
            (100, 105, 200, 0, 90, 5), (100, 100, 100, 2_147_483_648, 100, 2_147_483_648),
        ])
    func ages(requested: Int64, received: Int64, date: Int64, age: UInt64, now: Int64, expected: UInt64) {
        let times = CachedTimes(requested: requested, received: received, date: date, age: age, lifetime: 10)
        #expect(times.age(at: now) == expected)
        #expect(times.freshness(at: now) == 10 - Int64(expected))
    }

    @Test(
        "is not fresh until the clock, set back, comes to where it was",
        arguments: [(0, 100), (60, 100), (61, 0), (31_536_000, 0)])
    func clockSetBack(by seconds: Int64, left: Int64) {
        let times = CachedTimes(requested: 1 << 30, received: 1 << 30, date: 1 << 30, age: 0, lifetime: 100)
        #expect(times.freshness(at: (1 << 30) - seconds) == left)
        let reuse = CacheRules().reuse(times, CacheDirectives(), now: (1 << 30) - seconds)
        #expect(reuse == (left > 0 ? .fresh(left: left) : .revalidate))
    }

    @Test("without a date it was made when it came")
    func undated() {
        #expect(CachedTimes(requested: 5, received: 5, date: nil, age: 0, lifetime: 10).age(at: 9) == 4)
    }

    @Test(
        "knows the age that an answer has already",
        arguments: [
            ("Age: 7", 7), ("Age: 7, 9", 7), ("Age: 7\r\nAge: 9", 7), ("Age: x", 0), ("Age: -7", 0), ("A: 1", 0), ("Age: ", 0),
            ("Age: 99999999999", 1 << 31),
        ])
    func statedAge(line: String, expected: UInt64) throws {
        #expect(CachedTimes.age(of: try response("HTTP/1.1 200 OK\r\n\(line)\r\n\r\n").fields) == expected)
    }
}
