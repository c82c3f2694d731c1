import Testing

@testable import HTTP

@Suite struct ForwardedResponseTests {
    private func forward(_ source: String, _ answer: ClientAnswer, _ policy: ResponseFieldPolicy = ResponseFieldPolicy()) throws
        -> String
    {
        let head = try response(source)
        return written { ForwardedHead.writeResponse(head, answer, policy: policy, to: &$0) }
    }

    @Test func `A response is written anew for the client's version`() throws {
        let source =
            "HTTP/1.0 200 Fine\r\nServer: up\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"
            + "Connection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 1\r\nContent-Length: 5\r\n\r\n"
        let start = "HTTP/1.1 200 Fine\r\nServer: up\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"
        #expect(
            try forward(source, ClientAnswer(framing: .length(5), clientMinorVersion: 1, closes: false)) == start
                + "Content-Length: 5\r\n\r\n")
        #expect(
            try forward(source, ClientAnswer(framing: .length(5), clientMinorVersion: 0, closes: false)) == start
                + "Content-Length: 5\r\nConnection: keep-alive\r\n\r\n")
        #expect(
            try forward(source, ClientAnswer(framing: .chunked, clientMinorVersion: 1, closes: true)) == start
                + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        #expect(
            try forward(source, ClientAnswer(framing: .untilClose, clientMinorVersion: 0, closes: false)) == start
                + "Connection: close\r\n\r\n")
    }

    @Test func `Trailers go by the rules of the other fields, and say nothing of bytes that the client does not get`() throws {
        var trailers = FieldSection()
        for name: StaticString in ["X-Sum", "X-Gone", "x_gone", "X-Set", "Content-Digest", "ETag", "Digest"] {
            trailers.append(name, "v")
        }
        let policy = ResponseFieldPolicy(FieldRules(remove: ["X-Gone"], set: [try #require(ConfiguredField("X-Set", "1"))]))
        let kept = lines(policy.kept(ofTrailers: trailers, isEncoded: false))
        #expect(kept == ["X-Sum: v", "Content-Digest: v", "ETag: v", "Digest: v"])
        #expect(lines(policy.kept(ofTrailers: trailers, isEncoded: true)) == ["X-Sum: v"])
        let encoded = lines(ResponseFieldPolicy().kept(ofTrailers: trailers, isEncoded: true))
        #expect(encoded == ["X-Sum: v", "X-Gone: v", "x_gone: v", "X-Set: v"])
        #expect(lines(ResponseFieldPolicy().kept(ofTrailers: trailers, isEncoded: false)).count == 7)
    }

    @Test func `A 426 keeps the protocols that it asks for`() throws {
        let source = "HTTP/1.1 426 Upgrade Required\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n"
        #expect(
            try forward(source, ClientAnswer(framing: .length(0), clientMinorVersion: 1, closes: false))
                == "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n")
        let refused = try response(source.replacing("426", with: "400"))
        let answer = ClientAnswer(framing: .length(0), clientMinorVersion: 1, closes: false)
        #expect(
            !written { ForwardedHead.writeResponse(refused, answer, policy: ResponseFieldPolicy(), to: &$0) }.contains("Upgrade:")
        )
    }

    @Test func `The length that a HEAD answer or a 304 states is kept, that of a 204 is not`() throws {
        let none = ClientAnswer(framing: .none, clientMinorVersion: 1, closes: false)
        #expect(
            try forward("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", none) == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        #expect(try forward("HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n", none) == "HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n")
        #expect(try forward("HTTP/1.1 204 X\r\nContent-Length: 5\r\n\r\n", none) == "HTTP/1.1 204 X\r\n\r\n")
    }

    @Test func `A date is added where the upstream sent none`() throws {
        var answer = ClientAnswer(framing: .none, clientMinorVersion: 1, closes: false)
        answer.date = bytes("Sun, 22 Nov 2026 16:31:05 GMT")
        #expect(
            try forward("HTTP/1.1 204 X\r\nA: 1\r\n\r\n", answer)
                == "HTTP/1.1 204 X\r\nA: 1\r\nDate: Sun, 22 Nov 2026 16:31:05 GMT\r\n\r\n")
        #expect(
            try forward("HTTP/1.1 204 X\r\nDate: then\r\n\r\n", answer) == "HTTP/1.1 204 X\r\nDate: then\r\n\r\n")
    }

    @Test func `A switch and interim answers carry only what belongs to them`() throws {
        let switching =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"
        #expect(
            try forward(switching, ClientAnswer(framing: .none, clientMinorVersion: 1, closes: false))
                == "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\nConnection: Upgrade\r\n"
                + "Upgrade: websocket\r\n\r\n"
        )
        let hints = try response("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\nServer: app\r\nX: 1\r\n\r\n")
        let policy = ResponseFieldPolicy(hideServer: true)
        let sent = written { ForwardedHead.writeInterim(hints, policy: policy, to: &$0) }
        #expect(sent == "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    }

    @Test func `The policy sets, adds, removes and gives defaults`() throws {
        func field(_ name: String, _ value: String) throws -> ConfiguredField { try #require(ConfiguredField(name, value)) }
        let policy = ResponseFieldPolicy(
            FieldRules(
                remove: ["X-Powered-By"], set: [try field("X-Frame-Options", "DENY")], add: [try field("Vary", "Accept")],
                defaults: [try field("Referrer-Policy", "no-referrer"), try field("X-There", "2"), try field("ETag", "z")]),
            hideServer: true)
        let source =
            "HTTP/1.1 200 OK\r\nserver: x\r\nX_Powered_By: y\r\nx-frame-options: z\r\nVary: Origin\r\n"
            + "x-there: 1\r\nETag: e\r\n\r\n"
        #expect(
            try forward(source, ClientAnswer(framing: .length(0), clientMinorVersion: 1, closes: false), policy)
                == "HTTP/1.1 200 OK\r\nVary: Origin\r\nx-there: 1\r\nETag: e\r\nX-Frame-Options: DENY\r\n"
                + "Vary: Accept\r\nReferrer-Policy: no-referrer\r\nContent-Length: 0\r\n\r\n"
        )
    }

    @Test func `What is set stands once, whatever the answer, the defaults and the gateway have of it`() throws {
        func field(_ name: String, _ value: String) throws -> ConfiguredField { try #require(ConfiguredField(name, value)) }
        let rules = FieldRules(
            set: [
                try field("x-frame-options", "DENY"), try field("Server", "s"), try field("Content-Type", "c"),
                try field("ETag", "e"),
                try field("Date", "d"), try field("Cache-Control", "n"),
            ],
            defaults: [try field("X-Frame-Options", "SAMEORIGIN"), try field("X-Other", "o")])
        let policy = ResponseFieldPolicy(rules)
        let set =
            "x-frame-options: DENY\r\nServer: s\r\nContent-Type: c\r\nETag: e\r\nDate: d\r\nCache-Control: n\r\nX-Other: o\r\n"
        var answer = ClientAnswer(framing: .length(0), clientMinorVersion: 1, closes: false)
        answer.date = bytes("now")
        for sent in ["", "X-Frame-Options: a\r\nserver: a\r\ncontent-type: a\r\netag: a\r\nDate: a\r\ncache-control: a\r\n"] {
            #expect(
                try forward("HTTP/1.1 200 OK\r\n\(sent)\r\n", answer, policy)
                    == "HTTP/1.1 200 OK\r\n\(set)Content-Length: 0\r\n\r\n")
        }
        var own = AnswerFields("Content-Type", "a")
        own.append("ETag", "a")
        own.append("Last-Modified", "a")
        own.append("Cache-Control", "a")
        let policyOfOwn = OwnFieldPolicy(rules, server: "gatehouse")
        policyOfOwn.apply(to: &own)
        var expected = AnswerFields("Last-Modified", "a")
        expected.append(try field("X-Other", "o"))
        #expect(own == expected)
        #expect(policyOfOwn.replacesDate)
        #expect(String(decoding: policyOfOwn.common.lines, as: UTF8.self) + "X-Other: o\r\n" == set)
    }

    @Test func `A body without a stated length is chunked, but to HTTP·1·0 ends with the connection`() {
        #expect(BodyFraming.untilClose.forClient(minorVersion: 1) == .chunked)
        #expect(BodyFraming.chunked.forClient(minorVersion: 0) == .untilClose)
        #expect(BodyFraming.length(3).forClient(minorVersion: 0) == .length(3))
    }
}
