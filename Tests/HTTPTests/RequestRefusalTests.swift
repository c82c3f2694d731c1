import Testing

@testable import HTTP

/// A request that must be refused, and how.
struct Refused: CustomTestStringConvertible {
    let status: Int
    let code: String
    let input: [UInt8]
    init(_ status: Int, _ code: String, _ input: String) {
        self.status = status
        self.code = code
        self.input = bytes(input)
    }
    var testDescription: String { "\(status) \(code): \(text(input).debugDescription)" }
}

private func get(_ fields: String) -> String { "GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n" }
private func post(_ fields: String) -> String { "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n" }
private func target(_ target: String) -> String { "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n" }
private func host(_ host: String) -> String { "GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n" }

@Suite struct RequestRefusalTests {
    static let requestLines = [
        Refused(400, "bare_lf", "GET / HTTP/1.1\nHost: a\n\n"),
        Refused(400, "bare_lf", "GET /\n"),
        Refused(400, "bare_lf", "GET\n"),
        Refused(400, "bare_lf", "\nGET / HTTP/1.1\r\n"),
        Refused(400, "bare_cr", "GET / HTTP/1.1\rHost: a\r\n\r\n"),
        Refused(400, "bare_cr", "\rGET / HTTP/1.1\r\n"),
        Refused(400, "request_line_malformed", "\r\n\r\nGET / HTTP/1.1\r\n"),
        Refused(400, "version_malformed", "GET /\r\nHost: a\r\n\r\n"),
        Refused(400, "version_malformed", "GET / http/1.1\r\n\r\n"),
        Refused(400, "version_malformed", "GET / HTTP/11\r\n\r\n"),
        Refused(400, "version_malformed", "GET / HTTP/1.10\r\n\r\n"),
        Refused(400, "version_malformed", "GET / HTTP/1.\r\n\r\n"),
        Refused(400, "version_malformed", "GET / HTTPS/1.1\r\n\r\n"),
        Refused(400, "version_malformed", "GET / \r\nHost: a\r\n\r\n"),
        Refused(400, "request_line_malformed", "GET /  HTTP/1.1\r\n\r\n"),
        Refused(400, "request_line_malformed", "GET  / HTTP/1.1\r\n\r\n"),
        Refused(400, "request_line_malformed", "GET / HTTP/1.1 \r\n\r\n"),
        Refused(400, "version_malformed", "GET /a b HTTP/1.1\r\n\r\n"),
        Refused(400, "request_line_malformed", " GET / HTTP/1.1\r\n\r\n"),
        Refused(400, "request_line_malformed", "GET\r/ HTTP/1.1\r\n\r\n"),
        Refused(400, "request_line_malformed", "GET /\tHTTP/1.1\r\n\r\n"),
        Refused(400, "request_line_malformed", "GET / \tHTTP/1.1\r\n\r\n"),
        Refused(400, "request_line_malformed", "GET  \n\r\n"),
        Refused(400, "method_malformed", "GET\t/ HTTP/1.1\r\n\r\n"),
        Refused(400, "method_malformed", "G@T / HTTP/1.1\r\n\r\n"),
        Refused(400, "method_malformed", "\"GET\" / HTTP/1.1\r\n\r\n"),
        Refused(400, "method_malformed", "G\u{e9}T / HTTP/1.1\r\n\r\n"),
        Refused(400, "control_byte", "GE\0T / HTTP/1.1\r\n\r\n"),
        Refused(400, "control_byte", "GET /\0 HTTP/1.1\r\n\r\n"),
        Refused(400, "control_byte", "GET /\u{7f} HTTP/1.1\r\n\r\n"),
        Refused(400, "control_byte", "GET /\u{1} HTTP/1.1\r\n\r\n"),
        Refused(400, "tls_on_plain_port", "\u{16}\u{3}\u{1}\u{2}"),
        Refused(501, "method_too_long", String(repeating: "A", count: 33) + " / HTTP/1.1\r\n\r\n"),
        Refused(505, "version_unsupported", "GET / HTTP/2.0\r\n\r\n"),
        Refused(505, "version_unsupported", "GET / HTTP/0.9\r\n\r\n"),
        Refused(505, "version_unsupported", "GET / HTTP/9.9\r\n\r\n"),
        Refused(505, "http2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ]

    static let targets = [
        Refused(400, "target_malformed", target("a")),
        Refused(400, "target_malformed", target("a/b")),
        Refused(400, "target_malformed", target("?q")),
        Refused(400, "target_malformed", target("*")),
        Refused(400, "target_malformed", target("a:80")),
        Refused(400, "target_malformed", target("http:/a")),
        Refused(400, "target_malformed", target("http:")),
        Refused(400, "target_malformed", "OPTIONS ** HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refused(400, "target_malformed", "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refused(400, "target_malformed", "CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refused(400, "target_malformed", "CONNECT http://a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"),
        Refused(400, "target_scheme", target("ftp://a/")),
        Refused(400, "target_scheme", target("ws://a/")),
        Refused(400, "target_fragment", target("/a#b")),
        Refused(400, "target_fragment", target("/?a#b")),
        Refused(400, "target_fragment", target("http://a/#")),
        Refused(400, "host_malformed", target("http:///path")),
        Refused(400, "host_malformed", target("http://u@a/")),
        Refused(400, "host_malformed", target("http://u:p@a/")),
        Refused(400, "host_disagrees_with_target", target("http://b/")),
        Refused(400, "host_disagrees_with_target", target("http://a:81/")),
        Refused(400, "host_disagrees_with_target", target("http://a:443/")),
        Refused(400, "path_escape_malformed", target("/%")),
        Refused(400, "path_escape_malformed", target("/%4")),
        Refused(400, "path_escape_malformed", target("/%4g")),
        Refused(400, "path_escape_malformed", target("/%u0041")),
        Refused(400, "path_escape_malformed", target("/a%2?x")),
        Refused(400, "path_control", target("/%00")),
        Refused(400, "path_control", target("/a%0d%0aSet-Cookie:x")),
        Refused(400, "path_control", target("/%7F")),
        Refused(400, "path_backslash", target("/a\\b")),
        Refused(400, "path_backslash", target("/a%5cb")),
        Refused(400, "path_above_root", target("/..")),
        Refused(400, "path_above_root", target("/a/../..")),
        Refused(400, "path_above_root", target("/%2e%2e/etc/passwd")),
        Refused(400, "path_above_root", target("/./.%2E/x")),
        Refused(400, "path_disguised_dots", target("/a/..%2fb")),
        Refused(400, "path_disguised_dots", target("/a%2F..%2Fb")),
        Refused(400, "path_disguised_dots", target("/a%2f%2e%2e/b")),
        Refused(400, "path_disguised_dots", target("/a/..;/b")),
        Refused(400, "path_disguised_dots", target("/a/..;x=1/b")),
        Refused(400, "path_disguised_dots", target("/a/.;/b")),
        Refused(400, "path_parameter_slash", target("/a/x;y%2F..;z/b")),
        Refused(400, "path_parameter_slash", target("/;x%2fy/admin")),
        Refused(400, "path_parameter_slash", target("/a%3Bb;c%2Fd")),
    ]

    static let fields = [
        Refused(400, "bare_lf", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
        Refused(400, "bare_lf", "GET / HTTP/1.1\r\nHost: a\r\n\n"),
        Refused(400, "bare_lf", "GET / HTTP/1.1\r\nHost\n"),
        Refused(400, "bare_cr", get("X: a\rb")),
        Refused(400, "bare_cr", get("X: a\r\r")),
        Refused(400, "bare_cr", "GET / HTTP/1.1\r\nHost: a\r\n\rX"),
        Refused(400, "control_byte", get("X: a\0b")),
        Refused(400, "control_byte", get("X: a\u{b}b")),
        Refused(400, "control_byte", get("X: \u{7f}")),
        Refused(400, "control_byte", get("X: abcdefghijklmnop\u{1f}")),
        Refused(400, "control_byte", get("X\0: a")),
        Refused(400, "control_byte", get("X\u{1}: a")),
        Refused(400, "folded_line", get("X: a\r\n b")),
        Refused(400, "folded_line", get("X: a\r\n\tb")),
        Refused(400, "folded_line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        Refused(400, "folded_line", "GET / HTTP/1.1\r\n\tHost: a\r\n\r\n"),
        Refused(400, "space_before_colon", get("X : a")),
        Refused(400, "space_before_colon", get("X\t: a")),
        Refused(400, "space_before_colon", get("Content-Length : 5")),
        Refused(400, "field_name_empty", get(": a")),
        Refused(400, "field_name_malformed", get("X")),
        Refused(400, "field_name_malformed", get("X(y): a")),
        Refused(400, "field_name_malformed", get("X[]: a")),
        Refused(400, "field_name_malformed", get("\"X\": a")),
        Refused(400, "field_name_malformed", get("X\u{e9}: a")),
        Refused(400, "field_name_malformed", get("X,Y: a")),
        Refused(431, "field_too_large", get(String(repeating: "n", count: 300) + ": a")),
        Refused(431, "field_too_large", get("X: " + String(repeating: "v", count: 8 * 1024))),
        Refused(431, "too_many_fields", get((0..<100).map { "X\($0): a" }.joined(separator: "\r\n"))),
        Refused(431, "too_many_connection_options", get("Connection: " + (0..<33).map { "a\($0)" }.joined(separator: ","))),
        Refused(417, "expectation_unknown", post("Expect: 200-ok\r\nContent-Length: 1")),
        Refused(417, "expectation_unknown", post("Expect: 100-continue, x\r\nContent-Length: 1")),
        Refused(417, "expectation_unknown", get("Expect:")),
    ]

    static let hosts = [
        Refused(400, "host_missing", "GET / HTTP/1.1\r\n\r\n"),
        Refused(400, "host_missing", "GET http://a/ HTTP/1.1\r\nX_Host: a\r\n\r\n"),
        Refused(400, "host_repeated", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        Refused(400, "host_repeated", "GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n"),
        Refused(400, "host_malformed", host("")),
        Refused(400, "host_malformed", host("a b")),
        Refused(400, "host_malformed", host("a, b")),
        Refused(400, "host_malformed", host("a/b")),
        Refused(400, "host_malformed", host("http://a")),
        Refused(400, "host_malformed", host("u@a")),
        Refused(400, "host_malformed", host(":")),
        Refused(400, "host_malformed", host("a::")),
        Refused(400, "host_malformed", host("a:0")),
        Refused(400, "host_malformed", host("a:65536")),
        Refused(400, "host_malformed", host("a:+80")),
        Refused(400, "host_malformed", host("a:80:80")),
        Refused(400, "host_malformed", host(":80")),
        Refused(400, "host_malformed", host("[::1")),
        Refused(400, "host_malformed", host("[::1]x")),
        Refused(400, "host_malformed", host("[1.2.3.4]")),
        Refused(400, "host_malformed", host("::1")),
        Refused(400, "host_malformed", host("a%00")),
        Refused(400, "host_malformed", host(".a")),
        Refused(400, "host_malformed", host("a\tb")),
        Refused(400, "host_malformed", host("\u{fc}.example")),
        Refused(400, "host_malformed", host(String(repeating: "a", count: 256))),
    ]

    static let framing = [
        Refused(400, "content_length_and_transfer_encoding", post("Content-Length: 5\r\nTransfer-Encoding: chunked")),
        Refused(400, "content_length_and_transfer_encoding", post("Transfer-Encoding: chunked\r\nContent-Length: 5")),
        Refused(400, "content_length_and_transfer_encoding", post("Transfer-Encoding: x\r\nContent-Length: 0")),
        Refused(400, "content_length_repeated", post("Content-Length: 5\r\nContent-Length: 5")),
        Refused(400, "content_length_repeated", post("Content-Length: 5\r\nContent-Length: 6")),
        Refused(400, "content_length_repeated", post("Content-Length: 5, 5")),
        Refused(400, "content_length_repeated", post("Content-Length: 5,6")),
        Refused(400, "content_length_malformed", post("Content-Length:")),
        Refused(400, "content_length_malformed", post("Content-Length: ,5")),
        Refused(400, "content_length_malformed", post("Content-Length: +5")),
        Refused(400, "content_length_malformed", post("Content-Length: -5")),
        Refused(400, "content_length_malformed", post("Content-Length: 5 5")),
        Refused(400, "content_length_malformed", post("Content-Length: 0x5")),
        Refused(400, "content_length_malformed", post("Content-Length: 5h")),
        Refused(400, "content_length_malformed", post("Content-Length: 5.0")),
        Refused(400, "content_length_malformed", post("Content-Length: \"5\"")),
        Refused(400, "content_length_malformed", post("Content-Length: \u{665}")),
        Refused(400, "content_length_overflow", post("Content-Length: 9223372036854775808")),
        Refused(400, "content_length_overflow", post("Content-Length: 18446744073709551621")),
        Refused(400, "content_length_overflow", post("Content-Length: 99999999999999999999999999")),
        Refused(400, "chunked_repeated", post("Transfer-Encoding: chunked, chunked")),
        Refused(400, "chunked_repeated", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")),
        Refused(400, "chunked_not_last", post("Transfer-Encoding: chunked, gzip")),
        Refused(400, "chunked_not_last", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity")),
        Refused(501, "transfer_coding_unknown", post("Transfer-Encoding: gzip, chunked")),
        Refused(501, "transfer_coding_unknown", post("Transfer-Encoding: gzip")),
        Refused(501, "transfer_coding_unknown", post("Transfer-Encoding: identity")),
        Refused(501, "transfer_coding_unknown", post("Transfer-Encoding: xchunked")),
        Refused(501, "transfer_coding_unknown", post("Transfer-Encoding: chunke")),
        Refused(400, "transfer_encoding_malformed", post("Transfer-Encoding:")),
        Refused(400, "transfer_encoding_malformed", post("Transfer-Encoding: ,chunked")),
        Refused(400, "transfer_encoding_malformed", post("Transfer-Encoding: chunked,")),
        Refused(400, "transfer_encoding_malformed", post("Transfer-Encoding: chunked;q=1")),
        Refused(400, "transfer_encoding_malformed", post("Transfer-Encoding: \"chunked\"")),
        Refused(400, "transfer_encoding_malformed", post("Transfer-Encoding:\tchunked")),
        Refused(400, "transfer_encoding_malformed", post("Transfer-Encoding: chunked\t")),
        Refused(400, "transfer_encoding_malformed", post("Transfer-Encoding: chun ked")),
        Refused(400, "transfer_encoding_malformed", post("Transfer-Encoding: chunked\u{a0}")),
        Refused(400, "control_byte", post("Transfer-Encoding: \u{b}chunked")),
        Refused(400, "folded_line", post("Transfer-Encoding:\r\n chunked")),
        Refused(400, "space_before_colon", post("Transfer-Encoding : chunked")),
        Refused(400, "transfer_encoding_not_allowed", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Refused(400, "body_not_allowed", "TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"),
        Refused(400, "body_not_allowed", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Refused(
            400, "upgrade_with_body", post("Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5")),
        Refused(
            400, "upgrade_with_body", post("Connection: upgrade\r\nUpgrade: h2c, websocket\r\nTransfer-Encoding: chunked")),
    ]

    @Test(arguments: requestLines + targets + fields + hosts + framing)
    func `A malformed request is refused with its reason however its bytes arrive`(_ example: Refused) {
        #expect(outcomes(ofRequest: example.input).map(\.description) == ["\(example.status) \(example.code)"])
    }

    @Test func `Every reason of a request's head is provoked by one of these tests`() {
        let all = Self.requestLines + Self.targets + Self.fields + Self.hosts + Self.framing
        let elsewhere: Set<RefusalReason> = [
            .headTooLarge, .targetTooLong, .chunkSizeMalformed, .chunkSizeOverflow, .chunkExtensionMalformed,
            .chunkExtensionTooLarge, .chunkDataUnterminated, .trailersTooLarge, .statusLineMalformed, .statusInvalid,
            .switchNotAskedFor, .switchMissing, .tooManyInterimHeads,
            // HTTP/2's own.
            .http2FieldName, .http2FieldValue, .http2ConnectionField, .pseudoFieldUnknown, .pseudoFieldLate,
            .pseudoFieldRepeated, .pseudoFieldMissing, .schemeUnknown, .pathMalformed, .contentLengthDisagrees,
            .trailersUnended, .connectMalformed, .connectProtocolUnexpected, .connectProtocolUnknown,
        ]
        let missing = RefusalReason.allCases.filter { reason in
            !elsewhere.contains(reason) && !all.contains { $0.code == reason.rawValue }
        }
        #expect(missing == [])
    }

    @Test func `A target over its limit is 414 as soon as the limit is passed, and a head over its limit is 431`() {
        var limits = HeadLimits()
        limits.maxTargetBytes = 10
        limits.maxHeadBytes = 60
        #expect(outcomes(ofRequest: bytes("GET /12345678901"), limits: limits) == [.refused("target_too_long", 414)])
        #expect(outcomes(ofRequest: bytes("GET /123456789"), limits: limits) == [.incomplete])
        let head = "GET / HTTP/1.1\r\nHost: a\r\n"
        let fits = head + "X: " + String(repeating: "x", count: 60 - head.utf8.count - 7) + "\r\n\r\n"
        #expect(outcomes(ofRequest: bytes(fits), limits: limits) == [.head(consumed: 60)])
        let over = head + "X: " + String(repeating: "x", count: 60 - head.utf8.count - 6) + "\r\n\r\n"
        #expect(outcomes(ofRequest: bytes(over), limits: limits) == [.refused("head_too_large", 431)])
        #expect(outcomes(ofRequest: Array(bytes(fits).dropLast()), limits: limits) == [.incomplete])
    }
}
