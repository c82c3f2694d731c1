import Foundation
import TestSupport
import Testing

/// `[sites.jwt]`, with tokens and keys that openssl(1) makes.
@Suite("Tokens")
struct TokenAccessTests {
    private let directory: TemporaryDirectory
    private let key: TokenKey
    private let keys: String

    init() async throws {
        directory = try TemporaryDirectory()
        key = TokenKey("k", in: directory)
        keys = try directory.write("keys.json", "{\"keys\":[\(try await key.make())]}")
    }

    private func token(_ claims: String) async throws -> String { try await key.token(claims) }

    private func table(_ more: String = "") -> String { "[sites.jwt]\njwks_file = \"\(keys)\"\n\(more)\n" }

    @Test("let in who has a good one, and say what is wrong with others")
    func everywhere() async throws {
        let site = try GuardedSite(site: table("issuer = \"me\"\naudience = \"api\"\nuser_header = \"X-User\""))
        let good = try await token("{\"iss\":\"me\",\"aud\":\"api\",\"sub\":\"ann\",\"exp\":32503680000}")
        let broken = "{\"iss\":\"me\",\"aud\":\"api\",\"sub\":\"a\\r\\nX: b\",\"exp\":32503680000}"
        let bad = [
            (try await token("{\"iss\":\"me\",\"aud\":\"api\",\"sub\":\"ann\",\"exp\":1000}"), "the token has expired"),
            (try await token("{\"iss\":\"me\",\"aud\":\"x\",\"sub\":\"ann\",\"exp\":32503680000}"), "another audience"),
            (try await token("{\"iss\":\"me\",\"aud\":\"api\",\"exp\":32503680000}"), "the token has no sub"),
            (try await token(broken), "the token has no sub"),
            (try await token("{\"iss\":\"me\",\"aud\":\"api\",\"sub\":\"\",\"exp\":32503680000}"), "the token has no sub"),
            (try await token("{\"iss\":\"me\",\"aud\":\"api\",\"sub\":\" ann\",\"exp\":32503680000}"), "the token has no sub"),
            // A signature may well end in a zero byte.
            ("a.b.c", "malformed"), (String(good.dropLast(2)) + (good.hasSuffix("AA") ? "AQ" : "AA"), "signature"),
        ]
        try await Gatehouse.serving(site.toml) { gatehouse async throws in
            for (target, fields) in [("/f.txt", ""), ("/app/x", "X-User: root\r\n"), ("/app/ws", GuardedSite.handshake)] {
                let none = try await site.ask(target, fields: fields)
                #expect(none.status == 401 && none.values("WWW-Authenticate") == ["Bearer"], "\(none)")
                #expect(none.value("Proxy-Status")?.contains("token_required") == true)
                for (token, words) in bad {
                    let answer = try await site.ask(target, fields: fields + "Authorization: Bearer \(token)\r\n")
                    #expect(answer.status == 401 && answer.value("Proxy-Status")?.contains("token_invalid") == true, "\(answer)")
                    #expect(answer.value("WWW-Authenticate")?.contains(words) == true, "\(words): \(answer)")
                }
                #expect(site.upstream.requests.all.filter { $0.value("X-User") != "ann" }.isEmpty)
                let answer = try await site.ask(target, fields: fields + "authorization: bearer \(good)\r\n")
                #expect(answer.status != 401, "\(answer)")
            }
            let seen = try await site.upstream.requests.first(1)[0]
            #expect(seen.values("X-User") == ["ann"] && seen.values("Authorization") == [], "\(seen)")
            _ = try await gatehouse.process.output.first { $0.contains(#""user":"ann""#) }
        }
    }

    @Test("are looked for in a cookie where that is said, and not at all where a route says so")
    func cookies() async throws {
        let good = try await token("{\"email\":\"a@b.test\",\"exp\":32503680000}")
        let site = try GuardedSite(
            site: table("cookie = \"t\"\nuser_claim = \"email\""), route: "jwt = { enabled = false }")
        try await Gatehouse.serving(site.toml) { gatehouse async throws in
            #expect(try await site.ask("/f.txt", fields: "Authorization: Bearer \(good)\r\n").status == 401)
            #expect(try await site.ask("/f.txt", fields: "Cookie: x=y; t=\(good)\r\n").status == 200)
            #expect(try await site.ask("/app/x").status == 200)
            _ = try await gatehouse.process.output.first { $0.contains(#""user":"a@b.test""#) }
        }
    }

    @Test("let nobody in while their keys are broken or gone")
    func keyFile() async throws {
        let site = try GuardedSite(site: table())
        let login = "Authorization: Bearer \(try await token("{\"exp\":32503680000}"))\r\n"
        let text = try String(contentsOfFile: keys, encoding: .utf8)
        try await Gatehouse.serving(site.toml) { _ async throws in
            // The file is looked at once in a second: asks until the answer is another.
            func becomes(_ status: Int) async throws {
                try await eventually("status \(status)") { try await site.ask("/f.txt", fields: login).status == status }
            }
            try await becomes(200)
            try directory.write("keys.json", "{\"keys\":[]}")
            try await becomes(503)
            let answer = try await site.ask("/f.txt", fields: login)
            #expect(answer.value("Proxy-Status")?.contains("auth_unavailable") == true && !answer.text.contains(keys))
            try directory.write("keys.json", text)
            try await becomes(200)
            try FileManager.default.removeItem(atPath: keys)
            try await becomes(503)
        }
    }

    @Test("need keys that can be read before the gateway starts, and a place of their own")
    func checks() async throws {
        let users = try directory.write("users", "ann:$2y$04$HzlC9Set.LufqIQNgVmcZu2mwVM58iRrRVMQWpKo0gbmSgHGv6kIm\n")
        try directory.write("empty.json", "{\"keys\":[]}")
        for (site, message) in [
            ("[sites.jwt]\njwks_file = \"\(directory.path)/gone.json\"", "No such file"),
            ("[sites.jwt]\njwks_file = \"\(directory.path)/empty.json\"", "has no key for RS256, ES256 or EdDSA"),
            (table() + "[sites.access]\nrequire_auth = true\nauth_file = \"\(users)\"", "a request has one Authorization"),
        ] {
            let toml = try directory.write("gatehouse.toml", try GuardedSite(site: site).toml)
            let outcome = try await Command.run(Place.gatehouse, ["check", toml], environment: ["NO_COLOR": "1"])
            #expect(outcome.exit == .code(1) && (outcome.text + outcome.errors).contains(message), "\(outcome)")
        }
    }
}
