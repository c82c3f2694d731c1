import Testing

@testable import HTTP

/// Which answers a shared cache stores, RFC 9111 §3: two heads in, a verdict out.
@Suite("What a cache stores")
struct CacheStoringTests {
    static let now: Int64 = 1_700_000_000

    struct Row: Sendable, CustomStringConvertible {
        let description: String
        let verdict: CacheRules.Verdict
        /// Lines of the answer.
        let answer: String
        var status = 200
        var method = HTTP.Method.get
        /// The request's `Cache-Control`.
        var asks = ""
        var isPersonal = false
        var rules = CacheRules()

        init(_ description: String, _ answer: String, _ verdict: CacheRules.Verdict, _ change: (inout Row) -> Void = { _ in }) {
            self.description = description
            self.answer = answer
            self.verdict = verdict
            change(&self)
        }
    }

    private static let hour = CacheRules.Verdict.store(lifetime: 3600)
    private static let day = "Tue, 14 Nov 2023"
    private static let date = "Date: Tue, 14 Nov 2023 22:13:20 GMT"

    /// So many members.
    private static func list(_ count: Int) -> String { (1...count).map { "x\($0)" }.joined(separator: ", ") }

    private static let rows: [Row] = [
        // §4.2.1: how long it is fresh.
        Row("max-age", "Cache-Control: max-age=3600", hour),
        Row("s-maxage before max-age", "Cache-Control: max-age=1, s-maxage=3600", hour),
        Row("max-age before Expires", "Cache-Control: max-age=3600\r\nExpires: 0", hour),
        Row("Expires", "\(date)\r\nExpires: Tue, 14 Nov 2023 23:13:20 GMT", hour),
        Row("Expires, an hour after an old date", "Date: \(day) 20:13:20 GMT\r\nExpires: \(day) 21:13:20 GMT", hour),
        Row("Expires without a date", "Expires: Tue, 14 Nov 2023 23:13:20 GMT", hour),
        Row("Expires in RFC 850's form", "\(date)\r\nExpires: Tuesday, 14-Nov-23 23:13:20 GMT", hour),
        Row("Expires in asctime's form", "\(date)\r\nExpires: Tue Nov 14 23:13:20 2023", hour),
        Row("Expires: 0", "Expires: 0", .refuse(.noLifetime)),
        Row("Expires: -1, with a tag", "Expires: -1\r\nETag: \"a\"", .store(lifetime: 0)),
        Row("Expires before its date", "\(date)\r\nExpires: Tue, 14 Nov 2023 22:13:19 GMT", .refuse(.noLifetime)),
        Row("two of Expires", "Expires: \(day) 23:13:20 GMT\r\nExpires: \(day) 23:13:20 GMT", .refuse(.noLifetime)),
        Row("max-age=0", "Cache-Control: max-age=0", .refuse(.noLifetime)),
        Row("max-age=0 with a tag", "Cache-Control: max-age=0\r\nETag: \"a\"", .store(lifetime: 0)),
        Row(
            "max-age=0 with a date of change", "Cache-Control: max-age=0\r\nLast-Modified: \(day) 22:13:20 GMT",
            .store(lifetime: 0)),
        Row("max-age=0, good when there is nothing better", "Cache-Control: max-age=0, stale-if-error=60", .store(lifetime: 0)),
        Row("a quoted number", "Cache-Control: max-age=\"3600\"", hour),
        Row("no number", "Cache-Control: max-age=an hour", .refuse(.noLifetime)),
        Row("a negative number", "Cache-Control: max-age=-1", .refuse(.noLifetime)),
        Row("two numbers", "Cache-Control: max-age=3600, max-age=60", .refuse(.noLifetime)),
        Row("the same number twice", "Cache-Control: max-age=3600\r\nCache-Control: max-age=3600", hour),
        Row("more seconds than there are", "Cache-Control: max-age=99999999999999999999", .store(lifetime: 1 << 31)),
        Row("in capitals", "CACHE-CONTROL: MAX-AGE=3600", hour),
        Row("among what nobody knows", "Cache-Control: x=\"max-age=1\", max-age=3600, community=\"UCI\"", hour),
        // §4.2.2: no words about it.
        Row("nothing said", "Content-Type: text/html", .refuse(.noLifetime)),
        Row("nothing said, a tag", "ETag: \"a\"", .refuse(.noLifetime)),
        Row("nothing said, a lifetime is assumed", "A: 1", .store(lifetime: 60)) { $0.rules.defaultLifetime = 60 },
        Row("something said, and another assumed", "Cache-Control: max-age=3600", hour) { $0.rules.defaultLifetime = 60 },
        Row("404 may be assumed to stay", "A: 1", .store(lifetime: 60)) { ($0.status, $0.rules.defaultLifetime) = (404, 60) },
        Row("301 may", "Location: /", .store(lifetime: 60)) { ($0.status, $0.rules.defaultLifetime) = (301, 60) },
        Row("302 may not", "Location: /", .refuse(.noLifetime)) { ($0.status, $0.rules.defaultLifetime) = (302, 60) },
        Row("500 may not", "A: 1", .refuse(.noLifetime)) { ($0.status, $0.rules.defaultLifetime) = (500, 60) },
        Row("302 may if it is public", "Cache-Control: public", .store(lifetime: 60)) {
            ($0.status, $0.rules.defaultLifetime) = (302, 60)
        },
        Row("302 that says for how long", "Cache-Control: max-age=3600", hour) { $0.status = 302 },
        Row("503 that says for how long", "Cache-Control: max-age=3600", hour) { $0.status = 503 },
        Row("a status nobody knows, for how long it says", "Cache-Control: max-age=3600", hour) { $0.status = 299 },
        // §5.2.2: what forbids it.
        Row("no-store", "Cache-Control: max-age=3600, no-store", .refuse(.noStore)),
        Row("no-store in a second line", "Cache-Control: max-age=3600\r\nCache-Control: no-store", .refuse(.noStore)),
        Row("No-Store", "Cache-Control: No-Store, public, s-maxage=3600", .refuse(.noStore)),
        Row("private", "Cache-Control: private, max-age=3600", .refuse(.isPrivate)),
        Row("private for a field", "Cache-Control: private=\"X-User\", max-age=3600", .refuse(.isPrivate)),
        Row("private and public", "Cache-Control: private, public, s-maxage=3600", .refuse(.isPrivate)),
        Row("no-cache without a validator", "Cache-Control: no-cache", .refuse(.noLifetime)),
        Row("no-cache with a tag", "Cache-Control: no-cache\r\nETag: \"a\"", .store(lifetime: 0)),
        Row("no-cache for a field", "Cache-Control: no-cache=\"Set-Cookie\"\r\nETag: \"a\"", .store(lifetime: 0)),
        Row("must-understand, understood", "Cache-Control: must-understand, no-store, max-age=3600", hour),
        Row("must-understand, not understood", "Cache-Control: must-understand, max-age=3600", .refuse(.status)) {
            $0.status = 299
        },
        Row(
            "must-understand and no-store, not understood", "Cache-Control: must-understand, no-store, max-age=3600",
            .refuse(.noStore)
        ) {
            $0.status = 299
        },
        Row("Pragma says nothing in answers", "Pragma: no-cache\r\nCache-Control: max-age=3600", hour),
        Row("a cookie is set", "Cache-Control: public, max-age=3600\r\nSet-Cookie: a=b", .refuse(.setCookie)),
        Row("Vary: *", "Cache-Control: max-age=3600\r\nVary: *", .refuse(.varyAny)),
        Row("Vary: * among others", "Cache-Control: max-age=3600\r\nVary: Accept, *", .refuse(.varyAny)),
        Row("32 names in Vary", "Cache-Control: max-age=3600\r\nVary: \(list(32))", hour),
        Row("33 names in Vary", "Cache-Control: max-age=3600\r\nVary: \(list(16))\r\nVary: \(list(17))", .refuse(.varyAny)),
        Row("8 codings", "Cache-Control: max-age=3600\r\nContent-Encoding: \(list(8))", hour),
        Row("9 codings", "Cache-Control: max-age=3600\r\nContent-Encoding: \(list(9))", .refuse(.varyAny)),
        Row("Vary", "Cache-Control: max-age=3600\r\nVary: Accept", hour),
        // §3: methods and statuses.
        Row("HEAD", "Cache-Control: max-age=3600", .refuse(.method)) { $0.method = .head },
        Row("POST", "Cache-Control: max-age=3600", .refuse(.method)) { $0.method = .post },
        Row("OPTIONS", "Cache-Control: max-age=3600", .refuse(.method)) { $0.method = .options },
        Row("206", "Cache-Control: max-age=3600\r\nContent-Range: bytes 0-1/2", .refuse(.status)) { $0.status = 206 },
        Row("304", "Cache-Control: max-age=3600", .refuse(.status)) { $0.status = 304 },
        Row("101", "Cache-Control: max-age=3600", .refuse(.status)) { $0.status = 101 },
        Row("204", "Cache-Control: max-age=3600", hour) { $0.status = 204 },
        // §3.5: who has asked.
        Row("Authorization", "Cache-Control: max-age=3600", .refuse(.authorization)) { $0.isPersonal = true },
        Row("Authorization, and public", "Cache-Control: max-age=3600, public", hour) { $0.isPersonal = true },
        Row("Authorization, and s-maxage", "Cache-Control: s-maxage=3600", hour) { $0.isPersonal = true },
        Row("Authorization, and must-revalidate", "Cache-Control: max-age=3600, must-revalidate", hour) { $0.isPersonal = true },
        Row("Authorization, and proxy-revalidate", "Cache-Control: max-age=3600, proxy-revalidate", .refuse(.authorization)) {
            $0.isPersonal = true
        },
        Row("Authorization, public and private", "Cache-Control: max-age=3600, public, private", .refuse(.isPrivate)) {
            $0.isPersonal = true
        },
        // §5.2.1: what the request says.
        Row("the request says no-store, and is not heeded", "Cache-Control: max-age=3600", hour) { $0.asks = "no-store" },
        Row("the request says no-store", "Cache-Control: max-age=3600", .refuse(.noStore)) {
            ($0.asks, $0.rules.honoursClientDirectives) = ("no-store", true)
        },
        Row("the request says no-cache, which forbids nothing here", "Cache-Control: max-age=3600", hour) {
            ($0.asks, $0.rules.honoursClientDirectives) = ("no-cache", true)
        },
    ]

    @Test("follows the two heads", arguments: rows)
    func verdicts(row: Row) throws {
        let head = try response("HTTP/1.1 \(row.status) X\r\n\(row.answer)\r\n\r\n")
        let request = try request("GET / HTTP/1.1\r\nHost: a\r\nCache-Control: \(row.asks)\r\n\r\n")
        let asked = CacheRules.Asked(
            method: row.method, isPersonal: row.isPersonal, directives: CacheDirectives(request.fields))
        #expect(row.rules.verdict(on: head, CacheDirectives(head.fields), to: asked, now: Self.now) == row.verdict)
    }

    @Test(
        "is made old by what changes something, if it does",
        arguments: [
            (HTTP.Method.post, 200, true), (.put, 201, true), (.delete, 204, true), (.patch, 303, true), (.other, 200, true),
            (.post, 404, false), (.post, 500, false), (.get, 200, false), (.head, 200, false), (.options, 200, false),
            (.trace, 200, false), (.delete, 399, true), (.delete, 400, false),
        ])
    func invalidation(method: HTTP.Method, status: Int, expected: Bool) {
        #expect(CacheRules.invalidates(method, status: status) == expected)
    }
}
