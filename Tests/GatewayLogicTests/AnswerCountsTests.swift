import TestSupport
import Testing

@testable import Gateway

/// What `rollback_on` and `dump_on` go by: whoever may send requests must not be able to undo a reload by them.
@Suite("Answers that are counted")
struct AnswerCountsTests {
    private static let requests = [
        "POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
        "\(String(repeating: "X", count: 33)) /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /x HTTP/2.0\r\nHost: localhost\r\n\r\n", "UNKNOWN /app/501 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /app/500 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /app/broken HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ]

    @Test("are failures where we or an upstream have failed, not where a client has a 5xx by what it sends")
    func failures() async throws {
        let upstream = try Upstream.answering { request in
            switch request.start.split(separator: " ")[1] {
            case "/app/501": "HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n"
            case "/app/500": "HTTP/1.1 500 Bad\r\nContent-Length: 0\r\n\r\n"
            default: "nonsense\r\n\r\n"
            }
        }
        let plan = try Plans.plan(
            Plans.site([("app", "http://127.0.0.1:\(upstream.port)", "")], routes: [("/app/", "app", "")]))
        try await serving(plan) { gateway, port in
            let statuses = try await onThread {
                try Self.requests.map { request in
                    let wire = try Wire(to: port)
                    try wire.write(request)
                    return try wire.readAnswer().status
                }
            }
            #expect(statuses == [501, 501, 505, 501, 404, 500, 502])
            let answers = await gateway.answers
            #expect(answers.all == statuses.count && answers.failures == 2, "\(answers)")
        }
    }
}
