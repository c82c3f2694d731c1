import HTTP
import HTTP2
import Testing

@Suite("A request's field section")
struct RequestFieldsTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let fields: [(String, String)]
        let outcome: String
        var testDescription: String { "\(outcome): \(fields)" }

        init(_ fields: [(String, String)], _ outcome: String) {
            self.fields = fields
            self.outcome = outcome
        }
    }

    private static let get: [(String, String)] = [
        (":method", "GET"), (":scheme", "https"), (":path", "/a?b"), (":authority", "example.com"),
    ]

    /// GET with one field changed, or without it.
    private static func get(_ name: String, _ value: String?) -> [(String, String)] {
        get.compactMap { $0.0 == name ? value.map { (name, $0) } : $0 }
    }

    private static func read(_ fields: [(String, String)], limits: HeadLimits = HeadLimits()) -> RequestFields {
        var read = RequestFields(limits: limits)
        for (name, value) in fields { read.add(name: bytes(name).span, value: bytes(value).span) }
        return read
    }

    /// The head that HTTP/1.1 would have, its lines joined by "|"; or the rule that was broken.
    private static func head(
        _ fields: [(String, String)], hasBody: Bool = false, allowsExtendedConnect: Bool = true
    ) -> String {
        let byLetters = head(of: read(fields), hasBody, allowsExtendedConnect)
        var decoded = RequestFields(limits: HeadLimits())
        #expect(throws: Never.self) {
            try FieldDecoder().decode(literals(fields).span, isLast: true) { decoded.add(name: $0, value: $1, index: $2) }
        }
        #expect(head(of: decoded, hasBody, allowsExtendedConnect) == byLetters, "with names that are said by their places")
        return byLetters
    }

    private static func head(of read: consuming RequestFields, _ hasBody: Bool, _ allowsExtendedConnect: Bool) -> String {
        let kind = read.conclude(allowsExtendedConnect: allowsExtendedConnect)
        if let malformation = read.malformation { return malformation.rawValue }
        var out: [UInt8] = []
        read.appendHead(kind, hasBody: hasBody, key: { bytes("KEY==") }, to: &out)
        return text(out).replacing("\r\n", with: "|")
    }

    @Test(
        "becomes the head that HTTP/1.1 would have",
        arguments: [
            Row(get, "GET /a?b HTTP/1.1|Host: example.com||"),
            Row(get + [("accept", "*/*"), ("x-a", "")], "GET /a?b HTTP/1.1|Host: example.com|accept: */*|x-a: ||"),
            // RFC 9113 §8.2.3.
            Row(
                get + [("cookie", "a=b"), ("x", "y"), ("cookie", "c=d"), ("cookie", "")],
                "GET /a?b HTTP/1.1|Host: example.com|x: y|cookie: a=b; c=d; ||"
            ),
            Row(get(":authority", nil) + [("host", "Example.com:1")], "GET /a?b HTTP/1.1|Host: Example.com:1||"),
            Row(get + [("host", "EXAMPLE.com")], "GET /a?b HTTP/1.1|Host: example.com||"),
            Row(get(":authority", nil), "GET /a?b HTTP/1.1||"),
            Row(get + [("te", "Trailers")], "GET /a?b HTTP/1.1|Host: example.com|te: trailers|Connection: te||"),
            Row(get(":scheme", "HTTP"), "GET /a?b HTTP/1.1|Host: example.com||"),
            Row(get(":path", "*").map { $0.0 == ":method" ? ($0.0, "OPTIONS") : $0 }, "OPTIONS * HTTP/1.1|Host: example.com||"),
            Row(get(":method", "PROPFIND"), "PROPFIND /a?b HTTP/1.1|Host: example.com||"),
            Row([(":authority", "h:443"), (":method", "CONNECT")], "CONNECT h:443 HTTP/1.1|Host: h:443||"),
        ])
    func heads(row: Row) {
        #expect(Self.head(row.fields) == row.outcome)
    }

    @Test("a body without a length is chunked")
    func bodies() {
        #expect(Self.head(Self.get, hasBody: true) == "GET /a?b HTTP/1.1|Host: example.com|Transfer-Encoding: chunked||")
        #expect(
            Self.head(Self.get + [("content-length", "3")], hasBody: true)
                == "GET /a?b HTTP/1.1|Host: example.com|content-length: 3||")
    }

    @Test("RFC 8441: an extended CONNECT is a handshake")
    func sockets() {
        let connect: [(String, String)] = Self.get(":method", "CONNECT") + [("sec-websocket-version", "13")]
        let asked = [(":protocol", "websocket")] + connect
        #expect(
            Self.head(asked)
                == "GET /a?b HTTP/1.1|Host: example.com|sec-websocket-version: 13|Connection: Upgrade|Upgrade: websocket|"
                + "Sec-WebSocket-Key: KEY==||")
        #expect(Self.head(asked, allowsExtendedConnect: false) == "connect_protocol_unexpected")
        #expect(Self.head([(":protocol", "websocket")] + Self.get) == "connect_protocol_unexpected")
        for (name, isSocket) in [("WebSocket", true), ("connect-udp", false), ("", false)] {
            var read = Self.read([(":protocol", name)] + connect)
            let kind = read.conclude(allowsExtendedConnect: true)
            switch kind {
            case .webSocket: #expect(isSocket)
            case .otherProtocol: #expect(!isSocket)
            case .request: Issue.record("\(name) is a request")
            }
        }
    }

    @Test(
        "what RFC 9113 §8 calls malformed is",
        arguments: [
            Row(get(":method", nil), "pseudo_field_missing"),
            Row(get(":scheme", nil), "pseudo_field_missing"),
            Row(get(":path", nil), "pseudo_field_missing"),
            Row(get(":method", ""), "pseudo_field_missing"),
            Row([], "pseudo_field_missing"),
            Row(get + [(":path", "/")], "pseudo_field_repeated"),
            Row([("a", "b")] + get, "pseudo_field_late"),
            Row(get + [("a", "b"), (":authority", "c")], "pseudo_field_late"),
            Row(get + [(":status", "200")], "pseudo_field_unknown"),
            Row(get + [(":Path", "/")], "http2_field_name"),
            Row(get + [(":", "/")], "http2_field_name"),
            Row(get(":scheme", "wss"), "scheme_unknown"),
            Row(get(":scheme", ""), "scheme_unknown"),
            Row(get(":path", ""), "path_malformed"),
            Row(get(":path", "a"), "path_malformed"),
            Row(get(":path", "*"), "path_malformed"),
            Row(get(":path", "/a b"), "path_malformed"),
            Row(get(":path", "/a\u{7F}"), "path_malformed"),
            Row(get(":path", "http://a/"), "path_malformed"),
            Row(get(":method", "GE T"), "path_malformed"),
            Row(get(":path", "/ HTTP/1.1\r\nX: y"), "http2_field_value"),
            Row(get(":authority", "a\r\nX: y"), "http2_field_value"),
            Row(get(":method", "GET\n"), "http2_field_value"),
            Row(get(":authority", "a@b"), "host_malformed"),
            Row(get(":authority", "a,b"), "host_malformed"),
            Row(get(":authority", "a b"), "host_malformed"),
            Row(get + [("host", "other")], "host_disagrees_with_target"),
            Row(get + [("host", "example.com:1")], "host_disagrees_with_target"),
            Row(get + [("host", "example.com"), ("host", "example.com")], "host_repeated"),
            Row(get + [("", "b")], "http2_field_name"),
            Row(get + [("A", "b")], "http2_field_name"),
            Row(get + [("a b", "c")], "http2_field_name"),
            Row(get + [("a:b", "c")], "http2_field_name"),
            Row(get + [("a\u{0}", "c")], "http2_field_name"),
            Row(get + [("\u{E9}", "c")], "http2_field_name"),
            Row(get + [("a", "b\r")], "http2_field_value"),
            Row(get + [("a", "b\nc")], "http2_field_value"),
            Row(get + [("a", "\u{0}")], "http2_field_value"),
            Row(get + [("a", " b")], "http2_field_value"),
            Row(get + [("a", "b\t")], "http2_field_value"),
            Row(get + [("a", " ")], "http2_field_value"),
            Row(get + [("connection", "close")], "http2_connection_field"),
            Row(get + [("keep-alive", "5")], "http2_connection_field"),
            Row(get + [("proxy-connection", "close")], "http2_connection_field"),
            Row(get + [("transfer-encoding", "chunked")], "http2_connection_field"),
            Row(get + [("upgrade", "h2c")], "http2_connection_field"),
            Row(get + [("te", "gzip")], "http2_connection_field"),
            Row(get + [("te", "trailers, gzip")], "http2_connection_field"),
            Row(get + [("te", "")], "http2_connection_field"),
            Row(get(":method", "CONNECT"), "connect_malformed"),
            Row([(":method", "CONNECT")], "connect_malformed"),
            Row([(":method", "CONNECT"), (":authority", "a:1"), (":path", "/")], "connect_malformed"),
        ])
    func malformed(row: Row) {
        #expect(Self.head(row.fields) == row.outcome)
    }

    @Test("the first rule that is broken is named, whatever follows")
    func first() {
        #expect(Self.head(Self.get + [("A", "b"), ("connection", "close"), (":x", "")]) == "http2_field_name")
    }

    @Test("what is over a limit is dropped and named, and the pseudo-fields are still there for the log")
    func excess() {
        var limits = HeadLimits()
        limits.maxHeadBytes = 1024
        limits.maxFieldBytes = 300
        limits.maxFields = 8
        func excess(_ fields: [(String, String)]) -> String? { Self.read(fields, limits: limits).excess?.rawValue }
        let long = String(repeating: "v", count: 290)
        #expect(excess(Self.get + [("a", long)]) == nil)
        #expect(excess(Self.get + [("a", long + "vvvvvv")]) == "field_too_large")
        #expect(excess(Self.get + [("a", long), ("b", long), ("c", long), ("d", long)]) == "head_too_large")
        #expect(excess(Self.get + (0..<9).map { ("x\($0)", "") }) == nil)
        #expect(excess(Self.get + (0..<10).map { ("x\($0)", "") }) == "too_many_fields")
        // A browser's cookies are as many as they would be in one field.
        #expect(excess(Self.get + (0..<60).map { ("cookie", "c=\($0)") } + (0..<9).map { ("x\($0)", "") }) == nil)
        #expect(excess(Self.get + (0..<60).map { ("cookie", "c=\($0)") } + (0..<10).map { ("x\($0)", "") }) == "too_many_fields")
        #expect(excess(Self.get + (0..<100).map { _ in ("cookie", "") }) == "head_too_large")
        var late = Self.read([(":method", "GET"), ("a", long + long)] + [], limits: limits)
        late.add(name: bytes("b").span, value: bytes("c").span)
        var out: [UInt8] = []
        _ = late.conclude(allowsExtendedConnect: true)
        late.appendHead(.request, hasBody: false, key: { [] }, to: &out)
        #expect(!text(out).contains("b: c"))
    }

    @Test("room is given back emptied, and is used again")
    func room() {
        let storage = Self.read(Self.get + [("a", "b")]).takeStorage()
        #expect(storage.isEmpty && storage.capacity > 0)
    }

    @Test("the priority is that of its field")
    func priority() {
        #expect(Self.read(Self.get + [("priority", "u=1, i")]).priority.urgency == 1)
        #expect(Self.read(Self.get).priority == .unstated)
    }
}
