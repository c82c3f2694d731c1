import Testing

@testable import HTTP

@Suite struct ResponseHeadTests {
    static let refused = [
        Refused(502, "upstream_status_line_malformed", "HTTP/1.1 20 OK\r\n\r\n"),
        Refused(502, "upstream_status_line_malformed", "HTTP/1.1 2000 OK\r\n\r\n"),
        Refused(502, "upstream_status_line_malformed", "HTTP/1.1  200 OK\r\n\r\n"),
        Refused(502, "upstream_status_line_malformed", "HTTP/1.1\t200 OK\r\n\r\n"),
        Refused(502, "upstream_status_line_malformed", "HTTP/1.1 +20 OK\r\n\r\n"),
        Refused(502, "upstream_status_line_malformed", "<html>not http</html>"),
        Refused(502, "upstream_status_line_malformed", "\r\nHTTP/1.1 200 OK\r\n\r\n"),
        Refused(502, "upstream_status_line_malformed", "ICY 200 OK\r\n\r\n"),
        Refused(502, "upstream_version_unsupported", "HTTP/2.0 200 OK\r\n\r\n"),
        Refused(502, "upstream_status_invalid", "HTTP/1.1 099 X\r\n\r\n"),
        Refused(502, "upstream_status_invalid", "HTTP/1.1 600 X\r\n\r\n"),
        Refused(502, "upstream_bare_lf", "HTTP/1.1 200 OK\nA: b\n\n"),
        Refused(502, "upstream_bare_cr", "HTTP/1.1 200 OK\rA: b\r\n\r\n"),
        Refused(502, "upstream_control_byte", "HTTP/1.1 200 O\0K\r\n\r\n"),
        Refused(502, "upstream_folded_line", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"),
        Refused(502, "upstream_space_before_colon", "HTTP/1.1 200 OK\r\nA b: c\r\n\r\n"),
        Refused(502, "upstream_space_before_colon", "HTTP/1.1 200 OK\r\nA \r\n\r\n"),
        Refused(502, "upstream_field_name_malformed", "HTTP/1.1 200 OK\r\nA\r\n\r\n"),
        Refused(502, "upstream_head_too_large", "HTTP/1.1 200 " + String(repeating: "x", count: 16 * 1024)),
    ]

    @Test(arguments: refused)
    func `A malformed response is refused with its reason however its bytes arrive`(_ example: Refused) {
        let head = ResponseHead()
        var found: [Outcome] = []
        let lengths = example.input.count > 1000 ? [[example.input.count]] : deliveries(of: example.input.count)
        for lengths in lengths {
            head.reset()
            let outcome = deliver(example.input, at: lengths, to: head)
            if !found.contains(outcome) { found.append(outcome) }
        }
        #expect(found.map(\.description) == ["502 \(example.code)"])
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "HTTP/1.1 200 \r\n\r\n", "HTTP/1.1 204\r\n\r\n", "HTTP/1.0 404 Not Found\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "HTTP/1.1 500 \u{e9}tat\t!\r\nX:\r\n\r\n", "HTTP/1.1 599 A  B\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA : b\r\nContent-Length \t: 4\r\n\r\n", "HTTP/1.2 200 OK\r\n\r\n", "HTTP/1.9 200 OK\r\nA: b\r\n\r\n",
    ])
    func `A valid response head is taken whole and nothing behind it, however it arrives`(_ source: String) {
        #expect(outcomes(ofResponse: bytes(source + "body")) == [.head(consumed: source.utf8.count)])
        for count in 0..<source.utf8.count {
            #expect(deliver(Array(bytes(source)[0..<count]), at: [count], to: ResponseHead()) == .incomplete)
        }
    }

    @Test func `A head is read into what an earlier one has left, whole, unfinished or refused`() throws {
        let head = ResponseHead()
        let limits = HeadLimits()
        let many = bytes("HTTP/1.1 200 OK\r\n" + (0..<20).map { "A\($0): \($0)\r\n" }.joined() + "\r\n")
        let few = bytes("HTTP/1.1 404 Gone\r\nServer: s\r\nB: c\r\n\r\n")
        let refused = bytes("HTTP/1.1 200 OK\r\nServer: s\r\nX: \0\r\n\r\n")
        for _ in 0..<2 {
            #expect(try head.parse(many.span, limits: limits) == many.count)
            #expect(head.fields.lines.count == 20)
            head.reset()
            #expect(head.fields.isEmpty && head.status == 0 && !head.contains(.server))
            #expect(throws: HTTPRefusal.self) { try head.parse(refused.span, limits: limits) }
            #expect(head.fields.isEmpty)
            head.reset()
            #expect(try head.parse(few.span.extracting(first: 33), limits: limits) == nil)
            #expect(head.fields.isEmpty)
            head.reset()
            #expect(try head.parse(few.span.extracting(first: 33), limits: limits) == nil)
            #expect(try head.parse(few.span, limits: limits) == few.count)
            #expect(lines(head.fields) == ["Server: s", "B: c"] && head.status == 404 && head.fields.bytes == few)
            head.reset()
        }
    }

    @Test func `Status, reason and persistence are read`() throws {
        let head = try response("HTTP/1.0 404 Not Found\r\nConnection: keep-alive\r\n\r\n")
        #expect(head.status == 404 && head.keepsAlive && !head.isInterim)
        #expect(text(Array(head.fields.bytes[head.reasonPhrase])) == "Not Found")
        #expect(try !response("HTTP/1.0 200 OK\r\n\r\n").keepsAlive)
        #expect(try !response("HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n").keepsAlive)
        #expect(try response("HTTP/1.1 204\r\n\r\n").reasonPhrase.isEmpty)
        #expect(try response("HTTP/1.1 100 Continue\r\n\r\n").isInterim)
        #expect(try !response("HTTP/1.1 101 Switching Protocols\r\n\r\n").isInterim)
    }

    static let framings: [(String, Method, BodyFraming)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", .get, .length(5)),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .get, .length(0)),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .get, .chunked),
        ("HTTP/1.1 200 OK\r\n\r\n", .get, .untilClose),
        ("HTTP/1.0 200 OK\r\n\r\n", .post, .untilClose),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", .head, .none),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .head, .none),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", .get, .none),
        ("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", .get, .none),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", .get, .none),
        ("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", .get, .none),
        ("HTTP/1.1 204 No Content\r\nTransfer-Encoding: gzip\r\nContent-Length: x\r\n\r\n", .get, .none),
        ("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\n", .get, .none),
        ("HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n", .get, .none),
        ("HTTP/1.1 101 Switching Protocols\r\nTransfer-Encoding: chunked\r\n\r\n", .get, .none),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .connect, .none),
        ("HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n", .get, .length(5)),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding  : chunked\r\n\r\n", .get, .chunked),
        ("HTTP/1.1 100 Continue\r\n\r\n", .get, .none),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", .get, .none),
        ("HTTP/1.1 200 OK\r\n\r\n", .connect, .none),
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\n", .connect, .length(3)),
    ]

    @Test(arguments: framings)
    func `A response is framed by the steps of RFC 9112 §6·3`(
        _ source: String, _ method: Method, _ framing: BodyFraming
    ) throws {
        #expect(try BodyFraming.ofResponse(try response(source), to: method) == framing)
    }

    @Test(arguments: [
        ("200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked", RefusalReason.contentLengthAndTransferEncoding),
        ("200 OK\r\nContent-Length: 5\r\nContent-Length: 5", .contentLengthRepeated),
        ("200 OK\r\nContent-Length: x", .contentLengthMalformed),
        ("200 OK\r\nTransfer-Encoding: gzip", .transferCodingUnknown),
        ("304 Same\r\nContent-Length: x", .contentLengthMalformed),
    ])
    func `A response with doubtful framing is the upstream's fault`(_ rest: String, _ reason: RefusalReason) throws {
        let head = try response("HTTP/1.1 \(rest)\r\n\r\n")
        let refusal = #expect(throws: HTTPRefusal.self) { try BodyFraming.ofResponse(head, to: .get) }
        #expect(refusal == HTTPRefusal(reason, from: .upstream))
        #expect(refusal?.status == 502)
    }
}
