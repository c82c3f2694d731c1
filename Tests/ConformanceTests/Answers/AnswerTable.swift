/// An upstream is held to the same rules as a client: RFC 9112 §4, §6.3 and §7, RFC 9110 §15.
enum AnswerTable {
    private static let ok = "HTTP/1.1 200 OK\r\n"
    private static let chunkedHead = ok + "Transfer-Encoding: chunked\r\n\r\n"
    private static let headRequest = "HEAD /tls/x HTTP/1.1\r\nHost: a.test\r\n\r\n"

    static let wellFormed: [AnswerCase] = [
        .whole(ok + "Content-Length: 2\r\n\r\nok", body: "ok"),
        .whole(ok + "Content-Length: 0\r\n\r\n"),
        .whole(chunkedHead + "2\r\nok\r\n0\r\n\r\n", body: "ok"),
        .whole(chunkedHead + "1;x=y\r\no\r\n01\r\nk\r\n000\r\n\r\n", body: "ok"),
        .whole(ok + "\r\nok", body: "ok", then: .close),
        .whole("HTTP/1.0 200 OK\r\n\r\nok", body: "ok", then: .close),
        .whole("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", body: "ok").spent(),
        .whole("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", body: "ok"),
        .whole(ok + "Connection: close\r\nContent-Length: 2\r\n\r\nok", body: "ok").spent(),
        .whole("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", body: "ok"),
        .whole("HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", body: "ok"),
        .whole("HTTP/1.1 299 Caf\u{E9} \tau lait\r\nContent-Length: 2\r\n\r\nok", 299, body: "ok"),
        .whole("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", 404, body: "no"),
        .whole("HTTP/1.1 204 No Content\r\n\r\n", 204),
        .whole("HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", 304).spent(),
        .whole("HTTP/1.1 304 Not Modified\r\n\r\n", 304),
        .whole(ok + "Content-Length: 0\r\n\r\n").to(headRequest),
        .whole(ok + "Content-Length: 500\r\n\r\n").to(headRequest).spent(),
        .whole(ok + "Transfer-Encoding: chunked\r\n\r\n").to(headRequest).spent(),
        .whole("HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 2\r\n\r\nok", body: "ok").after(100),
        .whole(
            "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + ok
                + "Content-Length: 2\r\n\r\nok", body: "ok"
        ).after(103, 103),
        .whole("HTTP/1.1 103 Early Hints\r\n\r\n" + ok + "Content-Length: 2\r\n\r\nok", body: "ok")
            .to("GET /tls/x HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n"),
        // RFC 9112 §7.1: no chunked to HTTP/1.0; such an answer ends with the connection.
        .whole(chunkedHead + "2\r\nok\r\n0\r\n\r\n", body: "ok")
            .to("GET /tls/x HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n").lastForClient(),
    ]

    static let heads: [AnswerCase] = [
        .refused("upstream_status_line_malformed", "hello\r\n\r\n"),
        .refused("upstream_status_line_malformed", "\r\n" + ok + "\r\n"),
        .refused("upstream_status_line_malformed", "HTTP/1.1  200 OK\r\n\r\n"),
        .refused("upstream_status_line_malformed", "HTTP/1.1 20 OK\r\nA: b\r\n\r\n"),
        .refused("upstream_status_line_malformed", "HTTP/1.1 2000 OK\r\n\r\n"),
        .refused("upstream_status_line_malformed", "HTTP/1.1 2x0 OK\r\n\r\n"),
        .refused("upstream_status_line_malformed", "http/1.1 200 OK\r\n\r\n"),
        .refused("upstream_status_line_malformed", "ICY 200 OK\r\n\r\n"),
        .refused("upstream_version_unsupported", "HTTP/2.0 200 OK\r\n\r\n"),
        .refused("upstream_status_invalid", "HTTP/1.1 099 OK\r\n\r\n"),
        .refused("upstream_status_invalid", "HTTP/1.1 600 OK\r\n\r\n"),
        .refused("upstream_bare_lf", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
        .refused("upstream_bare_lf", ok + "A: b\nContent-Length: 2\r\n\r\nok"),
        .refused("upstream_bare_cr", ok + "A: b\rc\r\n\r\n"),
        .refused("upstream_control_byte", ok + "A: b\0c\r\n\r\n"),
        .refused("upstream_control_byte", "HTTP/1.1 200 O\0K\r\n\r\n"),
        .refused("upstream_folded_line", ok + "A: b\r\n c\r\n\r\n"),
        .refused("upstream_folded_line", ok + " A: b\r\n\r\n"),
        .refused("upstream_space_before_colon", ok + "A b: c\r\n\r\n"),
        .refused("upstream_field_name_empty", ok + ": b\r\n\r\n"),
        .refused("upstream_field_name_malformed", ok + "A@: b\r\n\r\n"),
        .refused("upstream_field_name_malformed", ok + "<html>\r\n\r\n"),
        .refused("upstream_too_many_fields", ok + String(repeating: "A: b\r\n", count: 101) + "\r\n"),
        .refused("upstream_field_too_large", ok + "A: " + String(repeating: "b", count: 9000) + "\r\n\r\n"),
        .refused(
            "upstream_head_too_large",
            ok + String(repeating: "A: " + String(repeating: "b", count: 900) + "\r\n", count: 30) + "\r\n"),
        .refused(
            "upstream_content_length_and_transfer_encoding", ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok"),
        .refused("upstream_content_length_repeated", ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok"),
        .refused("upstream_content_length_repeated", ok + "Content-Length: 2, 2\r\n\r\nok"),
        .refused("upstream_content_length_malformed", ok + "Content-Length: +2\r\n\r\nok"),
        .refused("upstream_content_length_malformed", ok + "Content-Length: 2 ok\r\n\r\nok"),
        .refused("upstream_content_length_overflow", ok + "Content-Length: 99999999999999999999\r\n\r\nok"),
        .refused("upstream_content_length_malformed", ok + "Content-Length: x\r\n\r\n").to(headRequest),
        .refused("upstream_transfer_coding_unknown", ok + "Transfer-Encoding: gzip\r\n\r\nok"),
        .refused("upstream_chunked_repeated", ok + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
        .refused("upstream_chunked_not_last", ok + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
        .refused("upstream_transfer_encoding_malformed", ok + "Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n"),
        .refused("upstream_transfer_encoding_not_allowed", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        // RFC 9110 §15.2.2: nobody switches without being asked.
        .refused("upstream_switch_not_asked_for", "HTTP/1.1 101 Switching Protocols\r\n\r\n"),
        .refused(
            "upstream_switch_not_asked_for",
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
        .refused(
            "upstream_switch_not_asked_for", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
        )
        .to(
            "GET /tls/x HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
        ),
        .refused("upstream_closed_early", "", then: .close),
        .refused("upstream_closed_early", "", then: .cut),
        .refused("upstream_closed_early", "HTTP/1.1 200 O", then: .close),
        .refused("upstream_closed_early", ok + "Content-Length: 2\r\n", then: .close),
        .refused("upstream_closed_early", "HTTP/1.1 100 Continue\r\n\r\n", then: .close).after(100),
    ]

    static let bodies: [AnswerCase] = [
        .truncated(ok + "Content-Length: 5\r\n\r\nok", then: .close),
        .truncated(ok + "Content-Length: 5\r\n\r\nok", then: .cut),
        .truncated(chunkedHead + "2\r\nok\r\n", then: .close),
        .truncated(chunkedHead + "5\r\nok", then: .close),
        .truncated(chunkedHead + "2\r\nok\r\n0\r\n", then: .close),
        .truncated(chunkedHead + "2\r\nok\r\n0\r\nA: b\r\n", then: .close),
        .truncated(chunkedHead + "2\r\nok\r\n", then: .cut),
        // TLS without close_notify: nobody knows whether that was all (RFC 8446 §6.1, RFC 9112 §9.8).
        .truncated(ok + "\r\nok", then: .cut),
        .truncated("HTTP/1.0 200 OK\r\n\r\nok", then: .cut),
        .truncated(chunkedHead + "g\r\n"),
        .truncated(chunkedHead + "-2\r\nok\r\n0\r\n\r\n"),
        .truncated(chunkedHead + "0x2\r\nok\r\n0\r\n\r\n"),
        .truncated(chunkedHead + "2\nok\n0\n\n"),
        .truncated(chunkedHead + "2\r\nokay\r\n0\r\n\r\n"),
        .truncated(chunkedHead + "10000000000000002\r\nok\r\n0\r\n\r\n"),
        .truncated(chunkedHead + "2;\u{1}\r\nok\r\n0\r\n\r\n"),
        .truncated(chunkedHead + "2;" + String(repeating: "x", count: 300) + "\r\nok\r\n0\r\n\r\n"),
        .truncated(chunkedHead + "2\r\nok\r\n0\r\nA: " + String(repeating: "b", count: 9000) + "\r\n\r\n"),
        .truncated(chunkedHead + "2\r\nok\r\n0\r\n A: b\r\n\r\n"),
    ]

    /// Bytes that nobody asked for: whatever they are, no later answer may be read from them.
    static let surplus: [AnswerCase] = [
        .whole(ok + "Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", body: "ok").spent(),
        .whole(ok + "Content-Length: 2\r\n\r\nok\r\n", body: "ok").spent(),
        .whole(chunkedHead + "2\r\nok\r\n0\r\n\r\nX", body: "ok").spent(),
        .whole("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", 204).spent(),
        .whole("HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil", 204).spent(),
        .whole("HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil", 304).spent(),
        .whole(ok + "Content-Length: 4\r\n\r\nevil").to(headRequest).spent(),
        .whole(ok + "Content-Length: 0\r\n\r\nevil").spent(),
    ]
}
