/// Framing and bodies: RFC 9112 §6 and §7, RFC 9110 §8.6, §9 and §10.1.1.
enum Bodies {
    private static func refused(_ reason: String, _ fields: String...) -> Case {
        .refused(
            400, reason,
            "POST /up/p HTTP/1.1\r\nHost: a.test\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n0\r\n\r\n")
    }

    static let lengths: [Case] = [
        .passes(post("Content-Length: 3", body: "abc"), head: postHead([], "Content-Length: 3"), body: "abc"),
        .passes(post("Content-Length: 0"), head: postHead([], "Content-Length: 0")),
        .passes(post("Content-Length:  3 ", body: "abc"), head: postHead([], "Content-Length: 3"), body: "abc"),
        .passes(post("Content-Length: 0003", body: "abc"), head: postHead([], "Content-Length: 3"), body: "abc"),
        .passes(post(), head: postHead([], "Content-Length: 0")),
        refused("content_length_malformed", "Content-Length: +3"),
        refused("content_length_malformed", "Content-Length: -3"),
        refused("content_length_malformed", "Content-Length: 0x3"),
        refused("content_length_malformed", "Content-Length: 3 3"),
        refused("content_length_repeated", "Content-Length: 3,3"),
        refused("content_length_repeated", "Content-Length: 3, 3"),
        refused("content_length_malformed", "Content-Length: 3.0"),
        refused("content_length_malformed", "Content-Length: 3e1"),
        refused("content_length_malformed", "Content-Length: 1_000"),
        refused("content_length_malformed", "Content-Length: \"3\""),
        refused("content_length_malformed", "Content-Length: three"),
        refused("content_length_malformed", "Content-Length:"),
        refused("content_length_malformed", "Content-Length: \u{FF13}"),
        refused("content_length_repeated", "Content-Length: 3", "Content-Length: 3"),
        refused("content_length_repeated", "Content-Length: 3", "content-length: 4"),
        refused("content_length_overflow", "Content-Length: 9223372036854775808"),
        refused("content_length_overflow", "Content-Length: 18446744073709551619"),
        refused("content_length_overflow", "Content-Length: 99999999999999999999999999"),
        .answered(413, "body_too_large", post("Content-Length: 10485761"), stays: false),
        .answered(413, "body_too_large", post("Content-Length: 9223372036854775807"), stays: false),
    ]

    static let codings: [Case] = [
        .passes(chunked("0\r\n\r\n"), head: chunkedHead),
        .passes(post("transfer-encoding: CHUNKED", body: "3\r\nabc\r\n0\r\n\r\n"), head: chunkedHead, body: "abc"),
        refused("content_length_and_transfer_encoding", "Content-Length: 3", "Transfer-Encoding: chunked"),
        refused("content_length_and_transfer_encoding", "Transfer-Encoding: chunked", "Content-Length: 0"),
        refused("content_length_and_transfer_encoding", "Transfer-Encoding: identity", "Content-Length: 3"),
        refused("chunked_repeated", "Transfer-Encoding: chunked, chunked"),
        refused("chunked_repeated", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        refused("chunked_not_last", "Transfer-Encoding: chunked, gzip"),
        refused("chunked_not_last", "Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        refused("transfer_encoding_malformed", "Transfer-Encoding:"),
        refused("transfer_encoding_malformed", "Transfer-Encoding: ,chunked"),
        refused("transfer_encoding_malformed", "Transfer-Encoding: chunked,"),
        refused("transfer_encoding_malformed", "Transfer-Encoding: chunked;x=1"),
        refused("transfer_encoding_malformed", "Transfer-Encoding: \"chunked\""),
        refused("transfer_encoding_malformed", "Transfer-Encoding:\tchunked"),
        refused("transfer_encoding_malformed", "Transfer-Encoding: chunked\t"),
        refused("transfer_encoding_malformed", "Transfer-Encoding: chun ked"),
        refused("control_byte", "Transfer-Encoding: \u{B}chunked"),
        refused("folded_line", "Transfer-Encoding:\r\n chunked"),
        .refused(501, "transfer_coding_unknown", post("Transfer-Encoding: gzip")),
        .refused(501, "transfer_coding_unknown", post("Transfer-Encoding: gzip, chunked")),
        .refused(501, "transfer_coding_unknown", post("Transfer-Encoding: identity")),
        .refused(501, "transfer_coding_unknown", post("Transfer-Encoding: xchunked")),
        .refused(501, "transfer_coding_unknown", post("Transfer-Encoding: chunke")),
    ]

    private static func cut(_ reason: String, _ body: String, status: Int = 400) -> Case {
        .cut(status, reason, chunked(body), head: chunkedHead)
    }

    static let chunks: [Case] = [
        .passes(chunked("3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"), head: chunkedHead, body: "abcdefg"),
        .passes(chunked("A\r\n0123456789\r\n00\r\n\r\n"), head: chunkedHead, body: "0123456789"),
        .passes(chunked("0003\r\nabc\r\n000\r\n\r\n"), head: chunkedHead, body: "abc"),
        .passes(chunked("3;a=b\r\nabc\r\n0;c\r\n\r\n"), head: chunkedHead, body: "abc"),
        .passes(chunked("3 ; a = b\r\nabc\r\n0\t;c\r\n\r\n"), head: chunkedHead, body: "abc"),
        .passes(chunked("3;a=\"b;c\"\r\nabc\r\n0\r\n\r\n"), head: chunkedHead, body: "abc"),
        cut("chunk_size_malformed", "g\r\n"),
        cut("chunk_size_malformed", "\r\nabc"),
        cut("chunk_size_malformed", "-3\r\nabc\r\n0\r\n\r\n"),
        cut("chunk_size_malformed", "+3\r\nabc\r\n0\r\n\r\n"),
        cut("chunk_size_malformed", "0x3\r\nabc\r\n0\r\n\r\n"),
        cut("chunk_size_malformed", " 3\r\nabc\r\n0\r\n\r\n"),
        cut("chunk_size_malformed", "3 \r\nabc\r\n0\r\n\r\n"),
        cut("chunk_size_malformed", "3\t\r\nabc\r\n0\r\n\r\n"),
        cut("bare_lf", "3\nabc\r\n0\r\n\r\n"),
        cut("bare_cr", "3\rabc\r\n0\r\n\r\n"),
        cut("chunk_size_overflow", "8000000000000000\r\n"),
        cut("chunk_size_overflow", "10000000000000003\r\nabc\r\n0\r\n\r\n"),
        cut("chunk_size_overflow", String(repeating: "0", count: 300) + "3\r\nabc\r\n0\r\n\r\n"),
        cut("chunk_data_unterminated", "3\r\nabcd\r\n0\r\n\r\n"),
        cut("chunk_data_unterminated", "3\r\nabc\n0\r\n\r\n"),
        cut("chunk_data_unterminated", "3\r\nabc0\r\n\r\n"),
        cut("chunk_extension_malformed", "3;\r\nabc\r\n0\r\n\r\n"),
        cut("chunk_extension_malformed", "3;a\0\r\nabc\r\n0\r\n\r\n"),
        cut("chunk_extension_malformed", "3;a b\r\nabc\r\n0\r\n\r\n"),
        cut("bare_lf", "3;a\nabc\r\n0\r\n\r\n"),
        cut("chunk_extension_too_large", "3;" + String(repeating: "a", count: 300) + "\r\nabc\r\n0\r\n\r\n"),
        cut("chunk_extension_too_large", String(repeating: "1;" + String(repeating: "a", count: 200) + "\r\nx\r\n", count: 6)),
        cut("folded_line", "0\r\n X: y\r\n\r\n"),
        cut("bare_lf", "0\r\nX: y\n\r\n"),
        cut("control_byte", "0\r\nX: y\0\r\n\r\n"),
        cut("space_before_colon", "0\r\nX : y\r\n\r\n"),
        cut("trailers_too_large", "0\r\nX: " + String(repeating: "y", count: 9000) + "\r\n\r\n", status: 431),
        cut("trailers_too_large", "0\r\n" + String(repeating: "X: y\r\n", count: 40) + "\r\n", status: 431),
    ]

    static let trailers: [Case] = [
        .passes(chunked("0\r\nX-T: 1\r\n\r\n"), head: chunkedHead, trailers: "X-T: 1\r\n"),
        .passes(
            post("Transfer-Encoding: chunked", "Trailer: X-T", body: "1\r\na\r\n0\r\nX-T: 1\r\nx-u: 2\r\n\r\n"),
            head: postHead(["Trailer: X-T"], "Transfer-Encoding: chunked"), body: "a", trailers: "X-T: 1\r\nx-u: 2\r\n"),
        // RFC 9110 §6.5.1: what frames, routes or authenticates has no place in a trailer.
        .passes(chunked("0\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\nHost: evil\r\n\r\n"), head: chunkedHead),
        .passes(chunked("0\r\nAuthorization: x\r\nCookie: a=b\r\nX-T: 1\r\n\r\n"), head: chunkedHead, trailers: "X-T: 1\r\n"),
        .passes(
            chunked("0\r\nX-Forwarded-For: 1\r\nForwarded: for=1\r\nX_Forwarded_For: 1\r\n\r\n"), head: chunkedHead),
        .passes(chunked("0\r\nConnection: close\r\nKeep-Alive: x\r\nX-Real-IP: 1\r\n\r\n"), head: chunkedHead),
    ]

    static let methods: [Case] = [
        .passes(
            get("/up/x", "Content-Length: 3") + "abc",
            head: forwarded("GET /up/x", then: ["Content-Length: 3"]), body: "abc"),
        .passes(
            "DELETE /up/x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc",
            head: forwarded("DELETE /up/x", then: ["Content-Length: 3"]), body: "abc"),
        .passes(
            "OPTIONS /up/x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
            head: forwarded("OPTIONS /up/x", then: ["Transfer-Encoding: chunked"]), body: "a"),
        .passes(
            "HEAD /up/x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\n\r\na",
            head: forwarded("HEAD /up/x", then: ["Content-Length: 1"]), body: "a"),
        .passes("TRACE /up/x HTTP/1.1\r\nHost: a.test\r\n\r\n", head: forwarded("TRACE /up/x")),
        // RFC 9110 §7.6.2: OPTIONS and TRACE count their hops, and at 0 they are for us.
        .passes(
            "OPTIONS /up/x HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 1\r\n\r\n",
            head: forwarded("OPTIONS /up/x", ["Max-Forwards: 0"])),
        .served("OPTIONS /up/x HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 0\r\n\r\n"),
        .served("OPTIONS * HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 0\r\n\r\n"),
        .served("OPTIONS /up/x HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 0\r\nContent-Length: 1\r\n\r\na", stays: false),
        .answered(405, "trace_refused", "TRACE /up/x HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 000\r\n\r\n"),
        .passes(get("/up/x", "Max-Forwards: 0"), head: forwarded("GET /up/x")),
        .refused(400, "body_not_allowed", "TRACE /up/x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\n\r\na"),
        .refused(
            400, "body_not_allowed",
            "CONNECT a.test:1 HTTP/1.1\r\nHost: a.test:1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        .refused(
            400, "upgrade_with_body",
            post("Connection: Upgrade", "Upgrade: websocket", "Content-Length: 3", body: "abc")),
        // What is never switched to is ignored, so this body is a body like any other: `docker exec` and `curl --http2 -d`.
        .passes(
            post("Connection: Upgrade", "Upgrade: tcp", "Content-Length: 3", body: "abc"),
            head: postHead([], "Content-Length: 3"), body: "abc"),
        .passes(
            post(
                "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMA", "Content-Length: 3", body: "abc"),
            head: postHead([], "Content-Length: 3"), body: "abc"),
        .passes(
            post("Expect: 100-continue", "Content-Length: 3", body: "abc"),
            head: forwarded("POST /up/p", then: ["Content-Length: 3", "Expect: 100-continue"]), body: "abc"),
        .passes(
            post("Expect: 100-CONTINUE", "Content-Length: 3", body: "abc"),
            head: forwarded("POST /up/p", then: ["Content-Length: 3", "Expect: 100-continue"]), body: "abc"),
        .passes(get("/up/x", "Expect: 100-continue"), head: forwarded("GET /up/x")),
        .refused(417, "expectation_unknown", post("Expect: 200-maybe", "Content-Length: 3", body: "abc")),
        .refused(417, "expectation_unknown", post("Expect: 100-continue, x", "Content-Length: 3", body: "abc")),
        // Pipelined requests: each is framed by its own head, and answered in order.
        .pipelined(get("/up/1") + get("/up/2") + get("/up/3"), heads: ["1", "2", "3"].map { forwarded("GET /up/\($0)") }),
        .served(get("/probe.txt")),
        // A file is not a place to send a body to: the connection ends instead of guessing where the body does.
        .served(get("/probe.txt", "Content-Length: 5") + "hello", stays: false),
        .answered(405, "method_not_allowed", "DELETE /probe.txt HTTP/1.1\r\nHost: a.test\r\n\r\n"),
        .answered(404, "file_not_found", get("/none.txt")),
    ]
}
