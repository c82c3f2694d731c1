import Foundation
import HTTP
import TestSupport
import Testing

@testable import Gateway

/// What is shown of a request to somebody who looks on: nothing secret, and nothing that a shell or a terminal would obey.
@Suite("What a tap shows")
struct TapTests {
    private func command(
        _ method: String = "GET", authority: String = "www.example:8443", target: String = "/a?b", version: Int? = 1,
        fields: [(String, [UInt8])] = [], hasBody: Bool = false
    ) -> String? {
        let command = CurlCommand(
            method: Array(method.utf8), isTLS: true, authority: Array(authority.utf8), port: 8443, target: Array(target.utf8),
            version: version, fields: fields.map { (Array($0.0.utf8), $0.1) }, hasBody: hasBody)
        return command.text.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("a command asks the same: method, version, fields, and none of curl's own")
    func plain() {
        let common = "curl --path-as-is --globoff --include"
        #expect(
            command(fields: [("Host", Array("www.example:8443".utf8)), ("Accept", Array("*/*".utf8)), ("X-Empty", [])])
                == "\(common) --http1.1 --header 'Accept: */*' --header 'X-Empty;' --header 'User-Agent:' "
                + "'https://www.example:8443/a?b'"
        )
        #expect(
            command("POST", version: 2, fields: [("accept", [0x2A]), ("user-agent", [0x61])], hasBody: true)
                == "\(common) --request 'POST' --http2 --header 'accept: *' --header 'user-agent: a' --header 'Content-Type:' "
                + "--data-binary @BODY 'https://www.example:8443/a?b'")
        #expect(command("HEAD", authority: "", version: 0)?.hasPrefix("\(common) --head --http1.0 ") == true)
        #expect(command("HEAD", authority: "", version: 0)?.hasSuffix(" 'https://localhost:8443/a?b'") == true)
        #expect(command(target: "*") == nil && command(target: "http://elsewhere/") == nil && command(target: "/a#b") == nil)
    }

    @Test("a shell takes each word for just the bytes that the client sent, whatever they are")
    func quoting() async throws {
        var words: [[UInt8]] = (1...255).map { [0x61, UInt8($0), 0x31] }
        words += ["", "'", "''", "\\", "\\'", "a\\", "$(id)", "`id`", "\"$HOME\"", "!!", "-x", "a\nb\u{1B}[2J", "é'\\n"].map {
            Array($0.utf8)
        }
        words.append(Array((1...255) as ClosedRange<UInt8>))
        var line = Array("printf '%s\\0'".utf8)
        for word in words {
            line.append(0x20)
            CurlCommand.quote(word, to: &line)
        }
        #expect(line.allSatisfy { 0x20..<0x7F ~= $0 })
        for shell in ["bash", "zsh", "ksh"] {
            guard shell == "bash" || FileManager.default.isExecutableFile(atPath: "/usr/bin/\(shell)") else { continue }
            let said = try await Command.run(shell, ["-c", String(decoding: line, as: UTF8.self)], environment: ["LC_ALL": "C"])
            let found = said.output.split(separator: 0, omittingEmptySubsequences: false).dropLast().map(Array.init)
            #expect(found == words, "\(shell): \(said)")
        }
    }

    @Test(
        "secrets have a placeholder",
        arguments: [
            ("Authorization", "Bearer abc.def", "Bearer ***"), ("authorization", "Basic dTpw", "Basic ***"),
            ("Authorization", "opaque", "***"), ("Proxy-Authorization", "Basic x", "Basic ***"), ("Cookie", "a=b; c=d", "***"),
            ("X-API-Key", "k", "***"), ("X-Auth-Key", "k", "***"), ("Ocp-Apim-Subscription-Key", "k", "***"),
            ("X-Key", "k", "***"), ("Idempotency-Key", "k", "k"), ("X-Amz-Credential", "k", "***"),
            ("x-auth-token", "k", "***"), ("X-CSRF-Token", "k", "***"), ("Client-Cert", ":a:", "***"),
            ("My-Session-Id", "k", "***"), ("Accept", "text/html", "text/html"), ("X-Request-ID", "abc", "abc"),
            ("Referer", "https://a.example/?token=1&b=2", "https://a.example/?token=-&b=2"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("Sec-WebSocket-Protocol", "graphql-transport-ws,chat", "graphql-transport-ws, chat"),
            ("Sec-WebSocket-Protocol", "v4.channel.k8s.io, bearer.abc", "v4.channel.k8s.io, ***"),
            ("Sec-WebSocket-Protocol", String(repeating: "a", count: 41), "***"),
            ("X-Hub-Signature-256", "sha256=ab", "***"), ("Signature", "sig1=:ab:", "***"),
        ])
    func secrets(name: String, value: String, shown: String) {
        let said = SecretFields.shown(Array(name.utf8)[...], Array(value.utf8)[...], QueryRedaction(["token"]))
        #expect(String(decoding: said, as: UTF8.self) == shown)
    }

    @Test(
        "a filter says what it does not understand",
        arguments: [
            ("status", "5xx", true), ("status", "404", true), ("status", "400-499", true), ("status", "6xx", false),
            ("status", "99", false), ("status", "500-400", false), ("status", "4", false), ("status", "400-", false),
            ("status", "", false), ("client", "192.0.2.0/24", true), ("client", "::1", true), ("client", "192.0.2.1/24", false),
            ("client", "localhost", false), ("path", "/api/**", true), ("path", "/a{b", false), ("method", "GET", true),
            ("method", "", false), ("method", "GET /", false),
        ])
    func filters(name: String, value: String, isRight: Bool) {
        var filter = TapFilter()
        if isRight {
            #expect((try? filter.set(name, to: value)) == true)
        } else {
            #expect(throws: TapFilter.Flaw.self) { try filter.set(name, to: value) }
        }
        #expect((try? filter.set("colour", to: "red")) == false)
    }

    @Test("a worker makes so many lines between two ticks and no more, and each is handed over or counted, whenever that is")
    func worker() throws {
        let tap = Tap(TapFilter(), capacity: 40_000)
        let own = WorkerTap(tap, worker: 0)
        var (seen, lost, made) = (0, 0, 0)
        for (place, count) in [1, 700, 0, 2100, 3, 700].enumerated() {
            for number in 0..<count {
                made += 1
                own.show {
                    var object = JSONObject()
                    object.add("line", String(repeating: "x", count: 100))
                    object.add("number", number)
                    return object
                }
            }
            own.flush()
            // Whoever is slow finds less.
            guard place != 1, place != 3 else { continue }
            for line in String(decoding: tap.take(), as: UTF8.self).split(separator: "\n") {
                let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                if let count = object["lost"] as? Int { lost += count } else { seen += 1 }
            }
        }
        #expect(made == 3504 && seen + lost == made && lost > 100 && seen > 700, "\(seen) seen, \(lost) lost")
        own.end()
        own.show { JSONObject() }
        own.flush()
        #expect(tap.take().isEmpty)
    }

    @Test("lines that nobody takes are lost, and counted; what is taken is whole lines")
    func slowReader() {
        let tap = Tap(TapFilter(), capacity: 10)
        tap.add(Array("12345\n".utf8), count: 1)
        tap.add(Array("67890\n".utf8), count: 1, lost: 3)
        #expect(String(decoding: tap.take(), as: UTF8.self) == "12345\n{\"lost\":4}\n")
        #expect(tap.take().isEmpty)
        tap.add(Array("67890\n".utf8), count: 1)
        #expect(String(decoding: tap.take(), as: UTF8.self) == "67890\n")
    }
}
