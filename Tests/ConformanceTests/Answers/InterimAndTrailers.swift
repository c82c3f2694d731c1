/// What stands before an answer and what stands behind it: RFC 9110 §6.5 and §15.2, RFC 9112 §7.1.2.
extension AnswerTable {
    private static let hint = "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
    private static let final = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    static let interim: [AnswerCase] = [
        .whole(String(repeating: hint, count: 100) + final, body: "ok").with { $0.interim = Array(repeating: 103, count: 100) },
        .refused("upstream_too_many_interim_heads", String(repeating: hint, count: 101) + final),
        .refused("upstream_too_many_interim_heads", String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 40_000)),
        // One that is none: HTTP/1.0 knows no interim answers, but the count holds for all clients.
        .refused("upstream_too_many_interim_heads", String(repeating: hint, count: 101) + final)
            .to("GET /tls/x HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n"),
        .whole("HTTP/1.1 199 Odd\r\nContent-Length: 2\r\n\r\n" + final, body: "ok").after(199),
    ]

    /// `TE: trailers`, named by `Connection` (RFC 9110 §10.1.4): the client reads trailers.
    private static let reads = "GET /tls/x HTTP/1.1\r\nHost: a.test\r\nTE: trailers\r\nConnection: TE\r\n\r\n"

    private static func answer(_ trailers: String, fields: String = "") -> AnswerCase {
        .whole(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\(fields)\r\n2\r\nok\r\n0\r\n\(trailers)\r\n", body: "ok")
    }

    static let trailers: [AnswerCase] = [
        answer("X-Sum: 1\r\nx-more: 2\r\n").to(reads).trailing("X-Sum: 1\r\nx-more: 2\r\n"),
        answer("X-Sum: 1\r\n", fields: "Trailer: X-Sum\r\n").to(reads).trailing("X-Sum: 1\r\n", announced: "X-Sum"),
        // Nobody asked for them: dropped, never merged into the head, and not announced either.
        answer("X-Sum: 1\r\n", fields: "Trailer: X-Sum\r\n"),
        answer("X-Sum: 1\r\n").to("GET /tls/x HTTP/1.1\r\nHost: a.test\r\nTE: trailers\r\n\r\n"),
        answer("X-Sum: 1\r\n").to("GET /tls/x HTTP/1.1\r\nHost: a.test\r\nTE: gzip\r\nConnection: TE\r\n\r\n"),
        // RFC 9110 §6.5.1: framing, routing, cookies and the like have no place in a trailer, asked for or not.
        answer("Content-Length: 9\r\nTransfer-Encoding: x\r\nSet-Cookie: a=b\r\nLocation: /evil\r\nX-Sum: 1\r\n").to(reads)
            .trailing("X-Sum: 1\r\n"),
        answer("Connection: close\r\nContent_Length: 9\r\nStrict-Transport-Security: max-age=0\r\n").to(reads),
        // RFC 9112 §7.1: no chunked to HTTP/1.0, hence no trailers.
        answer("X-Sum: 1\r\n", fields: "Trailer: X-Sum\r\n")
            .to("GET /tls/x HTTP/1.0\r\nHost: a.test\r\nTE: trailers\r\nConnection: TE, keep-alive\r\n\r\n").lastForClient(),
    ]
}
