import Testing

@testable import HTTP

/// RFC 9111 §4.1: which requests may get one stored answer. `Vary` speaks of what the upstream has seen.
@Suite("The fields that select a stored answer")
struct SelectingFieldsTests {
    private static func peer(_ address: String, isTrusted: Bool = false) -> ClientPeer {
        ClientPeer(address: IPAddress(address), port: 1, scheme: .https, listenerPort: 443, isTrusted: isTrusted)
    }

    private func values(
        _ vary: String, _ lines: String, _ client: ClientPeer = peer("192.0.2.1"),
        policy: RequestFieldPolicy = RequestFieldPolicy(), edits: FieldEdits? = nil, answer: String = ""
    ) throws -> [UInt8] {
        let varying = VaryingFields(of: try response("HTTP/1.1 200 OK\r\nVary: \(vary)\r\n\(answer)\r\n").fields)
        let head = try request("GET / HTTP/1.1\r\nHost: a\r\n\(lines.isEmpty ? "" : lines + "\r\n")\r\n")
        return SelectingFields(head, policy: policy, edits: edits, client: client).values(of: varying)
    }

    @Test(
        "are those that the upstream sees: not what Connection names, nor what a client claims",
        arguments: [
            ("Accept-Language", "Accept-Language: de\r\nConnection: Accept-Language", ""),
            ("X-Forwarded-Proto", "X-Forwarded-Proto: http", "X-Forwarded-Proto: https"),
            ("X-Forwarded-Proto", "X-Forwarded-Proto: http", ""), ("Client-Cert", "Client-Cert: :YQ==:", ""),
            ("X-A", "X_A: 1", ""),
        ])
    func seen(vary: String, one: String, other: String) throws {
        #expect(try values(vary, one) == values(vary, other))
        let real = "Accept-Language: de\r\nConnection: close"
        #expect(try values("Accept-Language", real) != values("Accept-Language", ""))
    }

    @Test("are also those that are written here", arguments: ["X-Forwarded-For", "Forwarded", "x-forwarded-FOR, Accept"])
    func written(vary: String) throws {
        let (one, other) = (Self.peer("192.0.2.1"), Self.peer("192.0.2.2"))
        #expect(try values(vary, "", one) != values(vary, "", other))
        #expect(try values(vary, "", one) == values(vary, "X-Forwarded-For: 192.0.2.7", one))
        #expect(try values("Accept", "", one) == values("Accept", "", other))
    }

    @Test("are also those that a configuration sets, and not those that it removes")
    func configured() throws {
        let certificate = try #require(ConfiguredField("Client-Cert", ":YQ==:"))
        let (one, none) = (FieldEdits(FieldRules(set: [certificate])), FieldEdits(FieldRules()))
        #expect(try values("Client-Cert", "", edits: one) != values("Client-Cert", "", edits: none))
        let removing = RequestFieldPolicy(FieldRules(), removeUntrusted: ["X-Role"])
        #expect(try values("X-Role", "X-Role: staff", policy: removing) == values("X-Role", "", policy: removing))
        let trusted = Self.peer("192.0.2.1", isTrusted: true)
        #expect(try values("X-Role", "X-Role: staff", trusted, policy: removing) != values("X-Role", "", policy: removing))
    }

    @Test(
        "are, of a trusted peer, what it states of the request, whatever Vary says",
        arguments: [
            ("X-Forwarded-Host: a.example", "X-Forwarded-Host: b.example", false),
            ("X-Forwarded-Proto: http", "X-Forwarded-Proto: https", false), ("X-Forwarded-Prefix: /a", "", false),
            ("Forwarded: for=192.0.2.3;host=a.example", "Forwarded: for=192.0.2.3;host=b.example", false),
            ("Forwarded: for=192.0.2.3;proto=http", "Forwarded: for=192.0.2.3;proto=https", false),
            ("X-Original-URL: /a", "X-Original-URL: /b", false), ("X-Forwarded-Scheme: http", "", false),
            ("Remote-User: ann", "Remote-User: bob", false),
            ("X-Forwarded-For: 192.0.2.3", "X-Forwarded-For: 192.0.2.4", true), ("X-Real-IP: 192.0.2.3", "", true),
            ("Forwarded: for=192.0.2.3;proto=http", "Forwarded: for=192.0.2.4;proto=http", true),
            ("True-Client-IP: 192.0.2.3", "CF-Connecting-IPv6: 2001:db8::1", true),
            ("X-Original-Forwarded-For: 192.0.2.3", "X-Envoy-External-Address: 192.0.2.3", true), ("X-A: 1", "X-A: 2", true),
        ])
    func stated(one: String, other: String, isSame: Bool) throws {
        let trusted = Self.peer("192.0.2.1", isTrusted: true)
        #expect((try values("Accept", one, trusted) == values("Accept", other, trusted)) == isSame)
        #expect(try values("Accept", one) == values("Accept", other))
        let none = VaryingFields(of: try response("HTTP/1.1 200 OK\r\n\r\n").fields)
        let heads = try [one, other].map { try request("GET / HTTP/1.1\r\nHost: a\r\n\($0.isEmpty ? "" : $0 + "\r\n")\r\n") }
        let both = heads.map { SelectingFields($0, policy: RequestFieldPolicy(), edits: nil, client: trusted).values(of: none) }
        #expect((both[0] == both[1]) == isSame)
    }

    @Test(
        "tell who takes a coding that is not offered here",
        arguments: [
            ("gzip, deflate", "gzip", false), ("gzip, deflate", "gzip, deflate;q=0", false),
            ("deflate, gzip", "gzip, Deflate;q=0.5", true), ("gzip, x", "gzip, y", true),
        ])
    func codings(one: String, other: String, isSame: Bool) throws {
        let answer = "Content-Encoding: Deflate\r\n"
        let (first, second) = try (
            values("Accept-Encoding", "Accept-Encoding: \(one)", answer: answer),
            values("Accept-Encoding", "Accept-Encoding: \(other)", answer: answer)
        )
        #expect((first == second) == isSame)
        let plain = try [one, other].map { try values("Accept-Encoding", "Accept-Encoding: \($0)") }
        #expect(plain[0] == plain[1])
    }

    @Test("tell whether a text depends on who asks", arguments: [("/a{remainder}", false), ("/{client_ip}", true)])
    func templates(text: String, isOfSender: Bool) throws {
        #expect(try RequestTemplate(text).tellsOfSender == isOfSender)
    }
}
