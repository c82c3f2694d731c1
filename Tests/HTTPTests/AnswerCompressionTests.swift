import Testing

@testable import HTTP

/// Which answers of upstreams are compressed, as a table of heads.
@Suite("Compression of answers")
struct AnswerCompressionTests {
    struct Row: Sendable, CustomStringConvertible {
        let description: String
        /// Lines of the request, after the first and `Host`.
        var asks = "Accept-Encoding: gzip"
        /// Lines of the answer.
        var answer = "Content-Type: text/html"
        var status = 200
        var length: UInt64? = 5000
        var method = "GET"
        var version = "1.1"
        var cookies = false
        var codings: [ContentCoding] = [.brotli, .zstd, .gzip]
        let verdict: AnswerCompression.Verdict

        init(_ description: String, _ verdict: AnswerCompression.Verdict, _ change: (inout Row) -> Void = { _ in }) {
            self.description = description
            self.verdict = verdict
            change(&self)
        }
    }

    private static let rows: [Row] = [
        Row("a page", .encoded(.gzip)),
        Row("of unknown length", .encoded(.gzip)) { $0.length = nil },
        Row("the shortest", .encoded(.gzip)) { $0.length = 1024 },
        Row("too short", .asItIs) { $0.length = 1023 },
        Row("empty", .asItIs) { $0.length = 0 },
        // Types
        Row("with parameters", .encoded(.gzip)) { $0.answer = "Content-Type: TEXT/HTML ; charset=utf-8" },
        Row("JSON", .encoded(.gzip)) { $0.answer = "content-type: application/json" },
        Row("a picture", .asItIs) { $0.answer = "Content-Type: image/png" },
        Row("a type that begins alike", .asItIs) { $0.answer = "Content-Type: text/htmlx" },
        Row("no type", .asItIs) { $0.answer = "X-A: 1" },
        Row("an empty type", .asItIs) { $0.answer = "Content-Type: " },
        Row("events, though the list names them", .asItIs) { $0.answer = "Content-Type: text/event-stream" },
        Row("events with a charset", .asItIs) { $0.answer = "Content-Type: Text/Event-Stream; charset=utf-8" },
        Row("gRPC, though the list names it", .asItIs) { $0.answer = "Content-Type: application/grpc" },
        Row("gRPC with a format", .asItIs) { $0.answer = "Content-Type: application/grpc+proto" },
        Row("gRPC for browsers", .asItIs) { $0.answer = "Content-Type: application/grpc-web-text" },
        // What is encoded, or a part, or has a sum
        Row("gzip already", .asItIs) { $0.answer = "Content-Type: text/html\r\nContent-Encoding: gzip" },
        Row("a coding of its own", .asItIs) { $0.answer = "Content-Encoding: x-a\r\nContent-Type: text/html" },
        Row("a part", .asItIs) { $0.status = 206 },
        Row("a part by its field", .asItIs) { $0.answer = "Content-Type: text/html\r\nContent-Range: bytes 0-1/2" },
        Row("a sum of the content", .asItIs) { $0.answer = "Content-Type: text/html\r\nContent-Digest: sha-256=:x:" },
        Row("a sum of the representation", .asItIs) { $0.answer = "Content-Type: text/html\r\nRepr-Digest: sha-256=:x:" },
        Row("an old sum", .asItIs) { $0.answer = "Content-Type: text/html\r\nContent-MD5: x" },
        Row("an older sum", .asItIs) { $0.answer = "Digest: x\r\nContent-Type: text/html" },
        Row("a name as long as a sum's", .encoded(.gzip)) { $0.answer = "Content-Type: text/html\r\nX-Diges: x" },
        // Who says not to
        Row("the answer says no-transform", .asItIs) {
            $0.answer = "Content-Type: text/html\r\nCache-Control: public, No-Transform"
        },
        Row("in another line", .asItIs) {
            $0.answer = "Cache-Control: public\r\nContent-Type: text/html\r\nCache-Control: no-transform"
        },
        Row("something else of caches", .encoded(.gzip)) { $0.answer = "Content-Type: text/html\r\nCache-Control: no-store" },
        Row("the request says no-transform", .plain) { $0.asks = "Accept-Encoding: gzip\r\nCache-Control: no-transform" },
        Row("it sets a cookie", .asItIs) { $0.answer = "Content-Type: text/html\r\nSet-Cookie: a=b" },
        Row("it may set a cookie", .encoded(.gzip)) {
            $0.answer = "Content-Type: text/html\r\nSet-Cookie: a=b"
            $0.cookies = true
        },
        // Status and method
        Row("204", .asItIs) { $0.status = 204 },
        Row("304", .asItIs) { $0.status = 304 },
        Row("404 has a page, too", .encoded(.gzip)) { $0.status = 404 },
        Row("500", .encoded(.gzip)) { $0.status = 500 },
        Row("HEAD", .encoded(.gzip)) { $0.method = "HEAD" },
        Row("HEAD of what is too short", .asItIs) {
            $0.method = "HEAD"
            $0.answer = "Content-Type: text/html\r\nContent-Length: 3"
        },
        Row("HEAD of what is long enough", .encoded(.gzip)) {
            $0.method = "HEAD"
            $0.answer = "Content-Type: text/html\r\nContent-Length: 30000"
        },
        Row("POST", .encoded(.gzip)) { $0.method = "POST" },
        // What the client takes
        Row("HTTP/1.0", .plain) { $0.version = "1.0" },
        Row("no word of codings", .plain) { $0.asks = "X-A: 1" },
        Row("none", .plain) { $0.asks = "Accept-Encoding: " },
        Row("identity", .plain) { $0.asks = "Accept-Encoding: identity" },
        Row("another", .plain) { $0.asks = "Accept-Encoding: compress, x-a" },
        Row("gzip not", .plain) { $0.asks = "Accept-Encoding: gzip;q=0" },
        Row("all, the server chooses", .encoded(.brotli)) { $0.asks = "Accept-Encoding: gzip, deflate, br, zstd" },
        Row("all, another server chooses", .encoded(.gzip)) {
            $0.asks = "Accept-Encoding: gzip, deflate, br, zstd"
            $0.codings = [.gzip, .brotli]
        },
        Row("the client prefers", .encoded(.zstd)) { $0.asks = "Accept-Encoding: br;q=0.5, zstd;q=0.8, gzip;q=0.7" },
        Row("it prefers what is not offered", .encoded(.gzip)) {
            $0.asks = "Accept-Encoding: br, gzip;q=0.1"
            $0.codings = [.gzip]
        },
        Row("plain is preferred", .plain) { $0.asks = "Accept-Encoding: identity, gzip;q=0.5" },
        Row("whatever there is", .encoded(.brotli)) { $0.asks = "Accept-Encoding: *" },
        Row("whatever but br", .encoded(.zstd)) { $0.asks = "Accept-Encoding: *, br;q=0" },
        Row("in two lines", .encoded(.zstd)) { $0.asks = "Accept-Encoding: gzip;q=0.2\r\nAccept-Encoding: zstd;q=0.3" },
        Row("by its other name", .encoded(.gzip)) { $0.asks = "Accept-Encoding: x-gzip" },
    ]

    @Test("follows the two heads", arguments: rows)
    func verdicts(row: Row) throws {
        let types = ["text/html", "application/json", "text/event-stream", "application/grpc", "application/grpc+proto"]
        let rules = AnswerCompression(types: types, minSize: 1024, codings: row.codings, takesCookies: row.cookies)
        let request = try request("\(row.method) / HTTP/\(row.version)\r\nHost: a\r\n\(row.asks)\r\n\r\n")
        let answer = try response("HTTP/1.1 \(row.status) X\r\n\(row.answer)\r\n\r\n")
        let hasBody = row.method != "HEAD" && row.status != 204 && row.status != 304
        let framing: BodyFraming = hasBody ? row.length.map { .length($0) } ?? .chunked : .none
        #expect(rules.verdict(on: answer, framing, to: request) == row.verdict)
    }

    @Test(
        "takes all types of a structure, whatever comes before it, and no other",
        arguments: [
            ("application/problem+json", true), ("application/vnd.api+json; charset=utf-8", true), ("Application/LD+JSON", true),
            ("application/json", true), ("application/atom+xml", true), ("+json", false), ("application/xml", false),
            ("application/problem+json-seq", false), ("application/json+gzip", false), ("application/xjson", false),
            ("application/grpc+json", false), ("application/grpc-web+json", false), ("text/html;x=a+json", false),
        ])
    func suffixes(type: String, isCompressed: Bool) throws {
        let rules = AnswerCompression(
            types: ["application/json", "+json", "+XML"], minSize: 1024, codings: [.gzip], takesCookies: false)
        let request = try request("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
        let answer = try response("HTTP/1.1 200 X\r\nContent-Type: \(type)\r\n\r\n")
        #expect(rules.verdict(on: answer, .chunked, to: request) == (isCompressed ? .encoded(.gzip) : .asItIs), "\(type)")
    }

    @Test(
        "knows a stream of events",
        arguments: [
            ("text/event-stream", true), ("TEXT/Event-Stream", true), ("text/event-stream;charset=utf-8", true),
            ("text/event-stream ; a", true), ("text/event-streams", false), ("text/event-strea", false), ("text/plain", false),
        ])
    func events(type: String, expected: Bool) throws {
        #expect(try response("HTTP/1.1 200 OK\r\nA: 1\r\nContent-Type: \(type)\r\n\r\n").isEventStream == expected)
        #expect(try !response("HTTP/1.1 200 OK\r\nX-Type: \(type)\r\n\r\n").isEventStream)
    }

    private func lines(_ head: ResponseHead) -> [String] {
        head.fields.lines.map { "\(head.fields.name(of: $0)): \(head.fields.string(of: $0))" }
    }

    @Test("makes another head: no length, no ranges, another strong tag")
    func encodes() throws {
        let head = try response(
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nAccept-Ranges: bytes\r\nETag: \"x\"\r\nVary: Cookie\r\nA: 1\r\n\r\n")
        head.encode(as: .brotli)
        // In one line: nginx 1.22's cache goes by the last one alone.
        #expect(lines(head) == ["ETag: \"x-br\"", "A: 1", "Content-Encoding: br", "Vary: Cookie, Accept-Encoding"])
        #expect(!head.contains(.contentLength))
    }

    @Test("leaves weak tags, and a Vary that says it already", arguments: ["accept-encoding", "Cookie, Accept-Encoding", "*"])
    func leaves(vary: String) throws {
        let head = try response("HTTP/1.1 200 OK\r\nETag: W/\"x\"\r\nVary: \(vary)\r\n\r\n")
        head.encode(as: .gzip)
        #expect(lines(head) == ["ETag: W/\"x\"", "Vary: \(vary)", "Content-Encoding: gzip"])
    }

    @Test(
        "adds the plain tags to a condition",
        arguments: [
            ("\"x-gzip\"", "\"x-gzip\", \"x\""), ("W/\"x-br\", \"y\"", "W/\"x-br\", \"y\", W/\"x\""), ("\"x\"", "\"x\""),
            ("*", "*"), ("\"-gzip\"", "\"-gzip\""), ("\"a,-zstd\"", "\"a,-zstd\", \"a,\""), ("x-gzip", "x-gzip"),
            ("\"x-deflate\"", "\"x-deflate\""), ("\"a-br-gzip\"", "\"a-br-gzip\", \"a-br\""),
        ])
    func plainTags(list: String, expected: String) throws {
        for name in ["If-None-Match", "If-Match"] {
            let head = try request("GET / HTTP/1.1\r\nHost: a\r\n\(name): \(list)\r\nIf-Range: \"x-gzip\"\r\n\r\n")
            head.addPlainTags(codings: [.gzip, .brotli, .zstd])
            #expect(head.fields.string(of: name == "If-Match" ? .ifMatch : .ifNoneMatch) == expected)
            // A part of the plain form is none of the encoded one.
            #expect(head.fields.string(of: .ifRange) == "\"x-gzip\"")
        }
    }

    @Test(
        "gives a 304 the tag that the client knows",
        arguments: [
            ("\"x-gzip\"", 304, "\"x-gzip\""), ("W/\"x-br\"", 304, "\"x-br\""), ("\"x\"", 304, "\"x\""),
            ("\"y-gzip\"", 304, "\"x\""), ("\"x-gzip\"", 200, "\"x\""), ("*", 304, "\"x\""),
        ])
    func restores(known: String, status: Int, expected: String) throws {
        let request = try request("GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: \(known)\r\n\r\n")
        let head = try response("HTTP/1.1 \(status) X\r\nETag: \"x\"\r\n\r\n")
        head.restoreTag(of: request, codings: [.brotli, .zstd, .gzip])
        #expect(head.fields.string(of: .etag) == expected)
        #expect(head.contains(.vary) == (expected != "\"x\""))
    }
}
