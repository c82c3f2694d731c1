import HTTP
import HTTP2
import Testing

@Suite("An answer's field section")
struct ResponseFieldsTests {
    private static func read(_ fields: [(String, String)], limits: HeadLimits = HeadLimits()) -> ResponseFields {
        var read = ResponseFields(limits: limits)
        for (name, value) in fields { read.add(name: bytes(name).span, value: bytes(value).span) }
        read.conclude()
        return read
    }

    /// The head that HTTP/1.1 would have, its lines joined by "|"; or the rule that was broken.
    private static func head(_ fields: [(String, String)], switching: String = "", limits: HeadLimits = HeadLimits()) -> String {
        let byLetters = read(fields, limits: limits)
        var decoded = ResponseFields(limits: limits)
        #expect(throws: Never.self) {
            try FieldDecoder().decode(literals(fields).span, isLast: true) { decoded.add(name: $0, value: $1, index: $2) }
        }
        decoded.conclude()
        #expect(decoded.refusal == byLetters.refusal, "\(fields)")
        if let refusal = byLetters.refusal { return refusal.rawValue }
        var out: [UInt8] = []
        byLetters.appendHead(switching: bytes(switching), to: &out)
        return text(out).split(separator: "\r\n").joined(separator: "|")
    }

    @Test(
        "becomes HTTP/1.1's head, or breaks a rule",
        arguments: [
            ([(":status", "200")], "HTTP/1.1 200 "),
            ([(":status", "404"), ("a", "b"), ("content-length", "5")], "HTTP/1.1 404 |a: b|content-length: 5"),
            ([(":status", "103"), ("link", "</a>")], "HTTP/1.1 103 |link: </a>"),
            ([("a", "b")], "pseudo_field_missing"), ([], "pseudo_field_missing"),
            ([(":status", "101")], "status_invalid"), ([(":status", "20")], "status_invalid"),
            ([(":status", "2000")], "status_invalid"), ([(":status", "+20")], "status_invalid"),
            ([(":status", "600")], "status_invalid"), ([(":status", "099")], "status_invalid"),
            ([(":status", "200"), (":status", "200")], "pseudo_field_repeated"),
            ([("a", "b"), (":status", "200")], "pseudo_field_late"),
            ([(":status", "200"), (":path", "/")], "pseudo_field_unknown"),
            ([(":status", "200"), (":other", "x")], "pseudo_field_unknown"),
            ([(":status", "200"), ("A", "b")], "http2_field_name"), ([(":status", "200"), ("", "b")], "http2_field_name"),
            ([(":status", "200"), ("a", "b\nc")], "http2_field_value"), ([(":status", "200"), ("a", " b")], "http2_field_value"),
            ([(":status", "200"), ("connection", "close")], "http2_connection_field"),
            ([(":status", "200"), ("transfer-encoding", "chunked")], "http2_connection_field"),
        ] as [([(String, String)], String)])
    func rules(_ fields: [(String, String)], _ outcome: String) {
        #expect(Self.head(fields) == outcome)
    }

    @Test("a 2xx becomes the 101 that it stands for")
    func switching() {
        #expect(
            Self.head([(":status", "200"), ("a", "b")], switching: "upgrade: websocket\r\n")
                == "HTTP/1.1 101 |a: b|upgrade: websocket")
    }

    @Test("content-length is known before any DATA")
    func length() {
        #expect(Self.read([(":status", "200"), ("content-length", "12")]).declaredLength == 12)
        #expect(Self.read([(":status", "200"), ("content-length", "x")]).declaredLength == nil)
        // As by the framing: any number of zeros may stand before it.
        let long = String(repeating: "0", count: 40) + "12"
        #expect(Self.read([(":status", "200"), ("content-length", long)]).declaredLength == 12)
        #expect(Self.read([(":status", "200"), ("content-length", "\(Int64.max)")]).declaredLength == UInt64(Int64.max))
        #expect(Self.read([(":status", "200"), ("content-length", "9223372036854775808")]).declaredLength == nil)
        #expect(Self.read([(":status", "200")]).declaredLength == nil)
    }

    @Test("limits hold")
    func limits() {
        var limits = HeadLimits()
        limits.maxFields = 3
        limits.maxFieldBytes = 40
        limits.maxHeadBytes = 90
        let status = (":status", "200")
        #expect(Self.head([status] + (0..<3).map { ("a\($0)", "") }, limits: limits).hasPrefix("HTTP/1.1 200"))
        #expect(Self.head([status] + (0..<4).map { ("a\($0)", "") }, limits: limits) == "too_many_fields")
        #expect(Self.head([status, ("a", String(repeating: "b", count: 40))], limits: limits) == "field_too_large")
        #expect(
            Self.head([status] + (0..<3).map { ("a\($0)", String(repeating: "b", count: 28)) }, limits: limits)
                == "head_too_large")
    }
}
