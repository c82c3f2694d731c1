import Foundation
import TestSupport
import Testing

/// Routes that tell a client what is known of its own connection, and answers to requests that were typed by hand.
@Suite("TLS told to its client")
struct TLSInfoTests {
    private static func site(_ port: FreePort, _ certificates: Certificates, top: String = "") -> String {
        """
        \(top)
        [[sites]]
        name = "shown"
        hostname = "localhost"
        port = \(port)
        [[sites.routes]]
        path = "/tls"
        tls_info = true
        \(certificates.ssl())
        """
    }

    private static let request = "GET /tls HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    /// What `openssl s_client` gets for what is typed.
    private func typed(_ port: FreePort, _ text: String, _ options: [String] = []) async throws -> String {
        let outcome = try await Command.run(
            "openssl", ["s_client", "-connect", "127.0.0.1:\(port)", "-quiet"] + options, input: text)
        return outcome.text.replacing("\r\n", with: "\n")
    }

    /// The lines of the text, by their first word.
    private func facts(_ text: String) -> [Substring: String] {
        Dictionary(
            text.split(separator: "\n").compactMap { line in
                let parts = line.split(separator: " ", maxSplits: 1)
                return parts.count == 2 ? (parts[0], parts[1].trimmingCharacters(in: .whitespaces)) : nil
            }, uniquingKeysWith: { first, _ in first })
    }

    @Test(
        "s_client is told what it has agreed on",
        arguments: [
            (
                ["-tls1_3", "-servername", "LocalHost", "-groups", "P-384", "-alpn", "http/1.1"],
                [
                    "version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "group": "secp384r1", "server_name": "localhost",
                    "alpn": "http/1.1", "resumed": "no", "tickets_sent": "1", "records": "own", "records_received": "1",
                    "records_sent": "1", "http": "1.1", "site": "shown", "proxy_protocol": "no: the client connected by itself",
                    "client_certificate": "none: the site asks for none",
                ]
            ),
            (
                ["-tls1_2", "-noservername", "-curves", "X25519:P-256"],
                [
                    "version": "TLSv1.2", "cipher": "ECDHE-ECDSA-AES256-GCM-SHA384", "group": "x25519",
                    "server_name": "none: the client sent no SNI (-servername NAME)",
                    "alpn": "none: the client offered nothing (-alpn h2,http/1.1)", "records": "OpenSSL's",
                    "records_sent": "not counted",
                ]
            ),
        ] as [([String], [String: String])])
    func text(options: [String], expected: [String: String]) async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        try await Gatehouse.serving(Self.site(port, certificates)) { gatehouse in
            let answer = try await typed(port, Self.request, options)
            #expect(answer.contains("Content-Type: text/plain; charset=utf-8\n"), "\(answer)")
            #expect(answer.contains("Cache-Control: no-store\n"), "\(answer)")
            let facts = facts(answer)
            for (name, words) in expected { #expect(facts[Substring(name)] == words, "\(name): \(answer)") }
            #expect(facts["client"]?.hasPrefix("127.0.0.1:") == true, "\(answer)")
            #expect(facts["listener"]?.hasSuffix(":\(port)") == true, "\(answer)")
            #expect(answer.contains("Proxy-Status: gatehouse; details=\"tls_info\"\n"), "\(answer)")
            #expect(try await gatehouse.access("/tls")["route"] != nil)
        }
    }

    @Test("a program is told in JSON, over HTTP/2 as well", arguments: ["--http1.1", "--http2"])
    func json(version: String) async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        try await Gatehouse.serving(Self.site(port, certificates)) { _ in
            let answer = try await Command.run(
                "curl",
                [
                    "-sS", version, "--cacert", certificates.authority, "-H", "Accept: application/json",
                    "https://localhost:\(port)/tls",
                ])
            let facts = try #require(try JSONSerialization.jsonObject(with: Data(answer.output)) as? [String: Any], "\(answer)")
            #expect(facts["version"] as? String == "TLSv1.3" && facts["server_name"] as? String == "localhost", "\(answer)")
            #expect(facts["http"] as? String == (version == "--http2" ? "2" : "1.1"), "\(answer)")
            #expect(facts["alpn"] as? String == (version == "--http2" ? "h2" : "http/1.1"), "\(answer)")
            #expect(facts["resumed"] as? Bool == false && facts["proxy_protocol"] as? Bool == false, "\(answer)")
            #expect((facts["records_received"] as? Int ?? 0) > 0, "\(answer)")
        }
    }

    @Test("a client that shows a certificate is told which", arguments: [true, false])
    func clientCertificate(isShown: Bool) async throws {
        let certificates = try await Certificates.ready()
        let (port, directory) = try (FreePort(), TemporaryDirectory())
        let client = try await MadeCertificate.make(
            "alice", in: directory, extensions: ["basicConstraints = critical,CA:TRUE", "extendedKeyUsage = clientAuth"])
        let toml = Self.site(port, certificates) + "\nclient_auth = \"optional\"\nclient_ca_file = \"\(client.file)\"\n"
        try await Gatehouse.serving(toml) { _ in
            let options = isShown ? ["-cert", client.file, "-key", client.keyFile] : []
            let answer = try await typed(port, Self.request, ["-servername", "localhost"] + options)
            let told = try #require(facts(answer)["client_certificate"], "\(answer)")
            let words = isShown ? "CN=alice, SHA-256 " : "none: the client was asked, and showed none (-cert FILE -key FILE)"
            #expect(told.hasPrefix(words), "\(answer)")
        }
    }

    @Test("a session that is resumed says so", arguments: ["-tls1_2", "-tls1_3"])
    func resumed(version: String) async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let directory = try TemporaryDirectory()
        try await Gatehouse.serving(Self.site(port, certificates)) { _ in
            let file = directory.path + "/session"
            let first = try await typed(port, Self.request, [version, "-servername", "localhost", "-sess_out", file])
            #expect(facts(first)["resumed"] == "no", "\(first)")
            let second = try await typed(port, Self.request, [version, "-servername", "localhost", "-sess_in", file])
            #expect(facts(second)["resumed"] == "yes", "\(second)")
        }
    }

    @Test("behind a proxy it tells whom the proxy speaks for, and what that one has said of TLS")
    func behindProxy() async throws {
        let port = try FreePort()
        let toml = """
            [[sites]]
            hostname = "localhost"
            port = \(port)
            proxy_protocol = { from = ["127.0.0.1"] }
            [[sites.routes]]
            path = "/tls"
            tls_info = true
            """
        try await Gatehouse.serving(toml) { _ in
            let answer = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n" + Self.request)
                return try wire.readAnswer()
            }
            let facts = facts(answer.text)
            #expect(facts["client"] == "192.0.2.7:4711" && facts["listener"] == "198.51.100.1:443", "\(answer)")
            #expect(facts["version"]?.hasPrefix("not said") == true, "\(answer)")
            #expect(facts["proxy_protocol"] == "yes: the proxy in front says so", "\(answer)")
        }
    }

    @Test(
        "what is typed by hand and refused is answered in words for a terminal",
        arguments: [
            // Without -crlf.
            ("GET / HTTP/1.1\nHost: localhost\n\n", 400, "bare_lf", "add -crlf"),
            // Commands of s_client, with -quiet.
            ("Q\n", 400, "bare_lf", "Q, R, K"), ("R\n", 400, "bare_lf", "Q, R, K"),
            ("GET /\r\n", 400, "version_malformed", "GET / HTTP/1.1"),
            ("hello there\r\n\r\n", 400, "version_malformed", "GET / HTTP/1.1"),
            ("GET / HTTP/1.1\r\n\r\n", 400, "host_missing", "Host: www.example.com"),
            ("GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", 400, "space_before_colon", "space"),
            ("GET / HTTP/1.1\r\nlocalhost\r\n\r\n", 400, "field_name_malformed", "Host: www.example.com"),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http2_preface", "-alpn h2"),
        ])
    func advice(request: String, status: Int, reason: String, words: String) async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        try await Gatehouse.serving(Self.site(port, certificates)) { gatehouse in
            let answer = try await typed(port, request)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
            #expect(answer.contains("Content-Type: text/plain"), "\(answer)")
            #expect(answer.contains(words) && answer.hasSuffix("\ngatehouse: \(reason)\n"), "\(answer)")
            #expect(try await gatehouse.access(reason: reason)["status"] == "\(status)")
        }
    }

    @Test("who types slowly is told what was missing")
    func slowTyping() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = Self.site(port, certificates, top: "[limits]\nhead_timeout = 1")
        try await Gatehouse.serving(toml) { _ in
            let answer = try await typed(port, "GET / HTTP/1.1\r\nHost: localhost\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
            #expect(answer.contains("an empty line ends its head"), "\(answer)")
        }
    }

    @Test("browsers still get a page")
    func browsers() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        try await Gatehouse.serving(Self.site(port, certificates)) { _ in
            let answer = try await typed(
                port, "GET / HTTP/1.1\r\nAccept: text/html\r\nHost : localhost\r\nConnection: close\r\n\r\n")
            #expect(answer.contains("Content-Type: text/html"), "\(answer)")
        }
    }

    @Test("a site without TLS has nothing to tell, which check says")
    func withoutTLS() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "g.toml", "[[sites]]\nhostname = \"a.test\"\nport = 8080\n[[sites.routes]]\npath = \"/tls\"\ntls_info = true\n")
        let outcome = try await Command.run(Place.gatehouse, ["check", file])
        #expect(outcome.code == 1)
        #expect(outcome.errors.contains("g.toml:6") && outcome.errors.contains("sites[0].routes[0].tls_info"), "\(outcome)")
    }
}
