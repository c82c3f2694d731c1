import HTTP
import Testing

@testable import Gateway

@Suite struct OwnAnswerTests {
    private func request(_ text: String) throws -> RequestHead {
        let head = RequestHead()
        _ = try head.parse(Array("\(text)\r\n\r\n".utf8).span, limits: HeadLimits())
        return head
    }

    /// The page that was made.
    private func page(_ answer: OwnAnswer) -> String {
        guard case .made(let bytes) = answer.body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func fields(_ answer: OwnAnswer, adding added: AnswerFields = AnswerFields()) -> [String: String] {
        var values: [String: String] = [:]
        let head = answer.head(isHead: false, adding: added)
        for fields in [head.fields, head.siteFields] {
            fields.forEach { name, value in
                func text(_ bytes: Span<UInt8>) -> String { String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
                values[text(name), default: ""] += text(value)
            }
        }
        return values
    }

    @Test(
        arguments: [
            (Failure(.tooManyTunnels), 503, "1"), (Failure(.groupUnavailable, retryAfter: 7), 502, "7"),
            (Failure(.noRoute, status: 429, retryAfter: 30), 429, "30"), (Failure(.noRoute, retryAfter: 2), 404, "2"),
            (Failure(.noRoute), 404, nil), (Failure(.upstreamReadTimeout), 504, nil),
        ] as [(Failure, Int, String?)])
    func `whoever may ask again later is told when, whatever the status`(failure: Failure, status: Int, after: String?) {
        let answer = OwnAnswer.page(for: failure, to: nil, headers: .none, by: ProxyName())
        #expect(answer.status == status && fields(answer)["Retry-After"] == after)
    }

    @Test func `a failure's fields, the site's and the exchange's come together`() throws {
        let failure = Failure(.connectRefused, detail: "a <b>\"c\\\u{7}", fields: AnswerFields("Allow", "GET, HEAD"))
        let site = HeaderPlan(
            request: RequestFieldPolicy(), answer: ResponseFieldPolicy(),
            own: OwnFieldPolicy(FieldRules(set: [try #require(ConfiguredField("X-Site", "s"))])))
        let answer = OwnAnswer.page(for: failure, to: nil, headers: site, by: ProxyName())
        let html = page(answer)
        #expect(
            fields(answer, adding: AnswerFields("Set-Cookie", "a=b")) == [
                "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Allow": "GET, HEAD", "X-Site": "s",
                "Proxy-Status": "gatehouse; error=http_request_denied; details=\"connect_refused\"", "Set-Cookie": "a=b",
            ])
        #expect(html.contains("<p>a &lt;b&gt;&quot;c/ </p><p><code>gatehouse: connect_refused</code>"))
        #expect(html.contains("<h1>405 Method Not Allowed</h1>"))
    }

    @Test(
        arguments: [
            ("gatehouse", "gatehouse"), ("edge-1.example:443/a", "edge-1.example:443/a"), ("*", "*"), ("1st", "\"1st\""),
            ("BWS Multi-Site Server", "\"BWS Multi-Site Server\""), ("a\"b\\c", "\"a\\\"b\\\\c\""), ("", "\"\""),
            ("Töre\u{0}\r\nX: y", "\"T?re???X: y\""),
        ])
    func `the operator's name is a token, or a string in quotes`(name: String, written: String) {
        let answer = OwnAnswer.page(for: Failure(.noRoute), to: nil, headers: .none, by: ProxyName(name))
        #expect(fields(answer)["Proxy-Status"] == "\(written); error=http_request_denied; details=\"no_route\"")
    }

    @Test func `who prefers JSON gets it`() throws {
        let answer = OwnAnswer.page(
            for: Failure(.upstreamConnectFailed, detail: "10.0.0.1 is down"),
            to: try request("GET / HTTP/1.1\r\nHost: a\r\nAccept: application/json"), headers: .none, by: ProxyName())
        #expect(fields(answer)["Content-Type"] == "application/json")
        #expect(
            page(answer)
                == #"{"status":502,"reason":"upstream_connect_failed","#
                + #""message":"The service behind this gateway cannot answer."}"# + "\n")
    }

    @Test func `to HEAD the length is stated and no body follows`() {
        let answer = OwnAnswer.page(for: Failure(.noRoute), to: nil, headers: .none, by: ProxyName())
        let length = answer.body.count
        let get = answer.head(isHead: false, adding: AnswerFields())
        let head = answer.head(isHead: true, adding: AnswerFields())
        #expect(get.framing == .length(length) && get.statedLength == nil)
        #expect(head.framing == .none && head.statedLength == length && head.fields == get.fields)
    }

    @Test(
        arguments: [
            ("GET /a?b=c HTTP/1.1", 443, 301, "https://h.example/a?b=c"),
            ("HEAD / HTTP/1.1", 8443, 301, "https://h.example:8443/"),
            ("POST /%41 HTTP/1.1", 443, 308, "https://h.example/A"), ("OPTIONS * HTTP/1.1", 443, 308, "https://h.example/"),
        ])
    func `a redirect to HTTPS keeps what was asked for`(line: String, port: Int, status: Int, location: String) throws {
        let answer = OwnAnswer.redirect(try request("\(line)\r\nHost: h.example"), toPort: port, headers: .none, by: ProxyName())
        #expect(answer.status == status && fields(answer)["Location"] == location)
        #expect(fields(answer)["Proxy-Status"] == "gatehouse; details=\"redirect_to_https\"")
    }

    @Test func `OPTIONS that goes no further is no trouble`() throws {
        let answer = OwnAnswer.options(
            try request("OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0"), headers: .none, by: ProxyName())
        #expect(answer.status == 200 && fields(answer)["Proxy-Status"] == "gatehouse")
        #expect(fields(answer)["Allow"] == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
        let path = OwnAnswer.options(
            try request("OPTIONS /a HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0"), headers: .none, by: ProxyName())
        #expect(fields(path)["Allow"] == nil)
    }

    @Test func `a redirect to a directory keeps the query`() throws {
        let answer = OwnAnswer.redirect(
            try request("GET /d?x=1 HTTP/1.1\r\nHost: a"), toPath: "/d/", headers: .none, by: ProxyName())
        #expect(answer.status == 301 && fields(answer)["Location"] == "/d/?x=1")
        #expect(fields(answer)["Proxy-Status"] == "gatehouse; details=\"directory\"")
    }
}
