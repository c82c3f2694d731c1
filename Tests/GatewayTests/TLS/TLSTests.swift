import TestSupport
import Testing

@Suite("TLS with clients")
struct TLSTests {
    @Test("a client gets the version it asks for", arguments: [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
    func versions(option: String, version: String) async throws {
        let certificates = try await Certificates.ready()
        let (port, upstream) = try (FreePort(), Upstream.saying("hello"))
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { gatehouse in
            let outcome = try await Command.sClient(port, [option, "-brief", "-CAfile", certificates.authority])
            #expect((outcome.errors + outcome.text).contains("Protocol version: \(version)"), "\(outcome)")
            #expect((outcome.errors + outcome.text).contains("Verification: OK"), "\(outcome)")
            let limit = option == "-tls1_2" ? "--tlsv1.2 --tls-max 1.2" : "--tlsv1.3"
            let answer = try await Command.curl(
                limit.split(separator: " ").map(String.init)
                    + ["--cacert", certificates.authority, "https://localhost:\(port)/version"])
            #expect(answer.text == "hello", "\(answer)")
            let entry = try await gatehouse.access("/version")
            #expect(entry["tls"] == version)
            #expect(entry["cipher"]?.contains("AES") == true || entry["cipher"]?.contains("CHACHA") == true)
        }
    }

    @Test("min_version = \"1.3\" refuses TLS 1.2, and the log says why")
    func minimum() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:1", ssl: certificates.ssl() + "\nmin_version = \"1.3\"")
        try await Gatehouse.serving(toml) { gatehouse in
            let outcome = try await Command.sClient(port, ["-tls1_2"])
            #expect(outcome.code != 0)
            #expect(outcome.errors.contains("alert"), "\(outcome)")
            let line = try await gatehouse.log.first { $0.contains("TLS handshake failed") }
            #expect(line.contains("unsupported protocol") && line.contains("client=127.0.0.1"), "\(line)")
            #expect(line.contains(" offered_versions=TLSv1.2 "), "\(line)")
        }
    }

    @Test("numbers that mean nothing, and those that OpenSSL does not know, are told from versions and suites")
    func strangeOffers() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:1", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                // GREASE (RFC 8701), TLS_RSA_WITH_RC4_128_MD5, TLS_EMPTY_RENEGOTIATION_INFO_SCSV; GREASE, TLS 1.2, a draft.
                try wire.write(Self.hello(suites: [0x2A2A, 0x0004, 0x00FF], versions: [0xDADA, 0x0303, 0x7F1C]))
                _ = try wire.readToEnd()
            }
            let line = try await gatehouse.log.first { $0.contains("TLS handshake failed") }
            #expect(line.contains(" offered_suites=0x0004 offered_versions=TLSv1.2,0x7F1C "), "\(line)")
            #expect(line.contains(" offered_alpn=- offered_groups=- "), "\(line)")
        }
    }

    /// A record with a ClientHello (RFC 8446 §4.1.2).
    private static func hello(suites: [UInt16], versions: [UInt16]) -> [UInt8] {
        func two(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }
        func list(_ numbers: [UInt16]) -> [UInt8] { numbers.flatMap { two(Int($0)) } }
        let supported = [UInt8(versions.count * 2)] + list(versions)
        let extensions = two(43) + two(supported.count) + supported
        let body =
            [3, 3] + [UInt8](repeating: 7, count: 32) + [0] + two(suites.count * 2) + list(suites) + [1, 0]
            + two(extensions.count) + extensions
        return [0x16, 3, 1] + two(body.count + 4) + [1, 0] + two(body.count) + body
    }

    @Test(
        "the name asked for chooses the certificate and the site",
        arguments: [
            ("localhost", "CN = localhost", "first"), ("rsa.test", "CN = rsa.test", "second"),
            ("RSA.Test", "CN = rsa.test", "second"), ("a.wild.test", "CN = wild.test", "third"),
            ("a.b.wild.test", "CN = localhost", "first"), ("wild.test", "CN = localhost", "first"),
            ("unknown.test", "CN = localhost", "first"),
        ])
    func serverName(name: String, subject: String, site: String) async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        try await Gatehouse.serving(threeSites(port, certificates)) { _ in
            let outcome = try await Command.sClient(port, ["-servername", name])
            #expect(outcome.text.contains(subject), "\(outcome)")
            let answer = try await Command.curl([
                "-k", "--resolve", "\(name):\(port):127.0.0.1", "-D", "-", "-o", "/dev/null", "https://\(name):\(port)/",
            ])
            #expect(answer.text.lowercased().contains("x-site: \(site)\r\n"), "\(answer)")
        }
    }

    @Test("a client without SNI gets the default site's certificate")
    func noServerName() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        try await Gatehouse.serving(threeSites(port, certificates)) { _ in
            let outcome = try await Command.sClient(port, ["-noservername"])
            #expect(outcome.text.contains("CN = localhost"), "\(outcome)")
        }
    }

    @Test("a request for another site than the connection was secured for is misdirected: 421")
    func misdirected() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        try await Gatehouse.serving(threeSites(port, certificates)) { _ in
            let answer = try await Command.curl([
                "-k", "--resolve", "rsa.test:\(port):127.0.0.1", "-H", "Host: localhost", "-w", "%{http_code}", "-o",
                "/dev/null", "https://rsa.test:\(port)/",
            ])
            #expect(answer.text == "421", "\(answer)")
        }
    }

    @Test("a site's min_version holds for clients that name it only in their request, too: 421")
    func policy() async throws {
        let certificates = try await Certificates.ready()
        let (port, directory) = try (FreePort(), TemporaryDirectory())
        try directory.write("public/f.txt", "file")
        let sites = ["a.test", "b.test"].map { name in
            """
            [[sites]]
            hostname = "\(name)"
            port = \(port)
            static_dir = "\(directory.path)/public"
            \(certificates.ssl())
            min_version = "\(name == "b.test" ? "1.3" : "1.2")"

            """
        }
        try await Gatehouse.serving(sites.joined()) { _ async throws in
            for (host, version, status) in [
                ("b.test", "1.2", "421"), ("b.test", "1.3", "200"), ("a.test", "1.2", "200"), ("c.test", "1.2", "200"),
            ] {
                // Without SNI, since an address is none.
                let answer = try await Command.curl([
                    "-k", "--tls-max", version, "-H", "Host: \(host)", "-w", "%{http_code}", "-o", "/dev/null",
                    "https://127.0.0.1:\(port)/f.txt",
                ])
                #expect(answer.text == status, "\(host) \(version): \(answer)")
            }
        }
    }

    @Test("a chain is sent whole")
    func chain() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:1", ssl: certificates.ssl("chain.test"))
        try await Gatehouse.serving(toml) { _ in
            let outcome = try await Command.sClient(
                port, ["-CAfile", certificates.authority, "-verify_return_error", "-verify_hostname", "chain.test"])
            #expect(outcome.text.contains("Verify return code: 0 (ok)"), "\(outcome)")
        }
    }

    @Test(
        "ALPN is what the site prefers of what the client offers",
        arguments: [
            ("", "h2,http/1.1", "h2"), ("", "http/1.1,h2", "h2"), ("", "http/1.1", "http/1.1"),
            (#"alpn = ["http/1.1"]"#, "h2,http/1.1", "http/1.1"), (#"alpn = ["http/1.1", "h2"]"#, "h2,http/1.1", "http/1.1"),
            (#"alpn = ["http/1.1", "h2"]"#, "h2", "h2"),
        ])
    func applicationProtocol(_ key: String, _ offer: String, _ choice: String) async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:1", ssl: certificates.ssl() + "\n" + key)
        try await Gatehouse.serving(toml) { _ in
            let outcome = try await Command.sClient(port, ["-alpn", offer])
            #expect(outcome.text.contains("ALPN protocol: \(choice)\n"), "\(outcome)")
        }
    }

    @Test("plain HTTP on a TLS port is answered 400, in words, and never proxied")
    func plainOnTLS() async throws {
        let certificates = try await Certificates.ready()
        let (port, upstream) = try (FreePort(), Upstream.saying("secret"))
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { gatehouse in
            let answer = try await Command.curl(["-i", "http://localhost:\(port)/x"])
            #expect(answer.text.hasPrefix("HTTP/1.1 400 "), "\(answer)")
            #expect(answer.text.contains("This port speaks HTTPS: use https:// instead of http://"), "\(answer)")
            #expect(answer.text.contains("Proxy-Status: gatehouse; error=http_request_error; details=\"plain_http_on_tls_port\""))
            #expect(upstream.connections.all.isEmpty)
            _ = try await gatehouse.access(reason: "plain_http_on_tls_port")
            let line = try await gatehouse.log.first { $0.contains("TLS handshake failed") }
            #expect(line.contains("plain HTTP"), "\(line)")
        }
    }

    @Test("what is neither TLS nor HTTP is told from both", arguments: ["{\"id\":1}\n", "quit\r\n", " GET /"])
    func neither(text: String) async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:1", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write(text)
                _ = try wire.readToEnd()
            }
            let line = try await gatehouse.log.first { $0.contains("TLS handshake failed") }
            #expect(line.contains("the client speaks no TLS"), "\(line)")
        }
    }

    @Test("TLS on a plain port is answered 400, which the log calls so")
    func tlsOnPlain() async throws {
        let (port, upstream) = try (FreePort(), Upstream.saying("x"))
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)")) { gatehouse in
            let outcome = try await Command.sClient(port, [])
            #expect(outcome.code != 0)
            #expect(try await gatehouse.access(reason: "tls_on_plain_port")["status"] == "400")
        }
    }

    @Test("a failed handshake is one line, with the reason in words")
    func handshakeFailure() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:1", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { gatehouse in
            let answer = try await Command.curl(["https://localhost:\(port)/"])
            #expect(answer.code == 60, "\(answer)")
            let line = try await gatehouse.log.first { $0.contains("TLS handshake failed") }
            #expect(line.contains("unknown ca"), "\(line)")
            #expect(line.contains("port=\(port)") && line.contains("server_name=localhost"), "\(line)")
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write([0x16, 0x03, 0x01])
                wire.close()
            }
            _ = try await gatehouse.log.first { $0.contains("TLS handshake failed") && $0.contains("closed the connection") }
            #expect(gatehouse.log.all.count { $0.contains("TLS handshake failed") } == 2)
        }
    }

    @Test(
        "redirect_to_https sends to the same URL under https and keeps the method",
        arguments: [
            ("GET", "301", "https_port = 8443", ":8443"), ("HEAD", "301", "", ""), ("POST", "308", "", ""),
            ("PUT", "308", "", ""),
        ])
    func redirect(method: String, status: String, key: String, suffix: String) async throws {
        let port = try FreePort()
        let toml = """
            [[sites]]
            hostname = "localhost"
            port = \(port)
            redirect_to_https = true
            \(key)
            """
        try await Gatehouse.serving(toml) { _ in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("\(method) /a%20b?c=d&e HTTP/1.1\r\nHost: localhost:\(port)\r\nContent-Length: 0\r\n\r\n")
                let answer = try wire.readAnswer(toHead: method == "HEAD")
                #expect(answer.start.contains(" \(status) "))
                #expect(answer.value("Location") == "https://localhost\(suffix)/a%20b?c=d&e")
                #expect(answer.value("Proxy-Status") != nil)
            }
        }
    }

    @Test(
        "a redirect is to a URL, or there is none: OPTIONS *, CONNECT, no host",
        arguments: [
            ("OPTIONS * HTTP/1.1\r\nHost: localhost", "308", "https://localhost/"),
            ("GET http://localhost HTTP/1.1\r\nHost: localhost", "301", "https://localhost/"),
            ("GET //other.test/ HTTP/1.1\r\nHost: localhost", "301", "https://localhost//other.test/"),
            ("GET / HTTP/1.0", "400", nil), ("CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443", "405", nil),
        ])
    func oddRedirect(head: String, status: String, location: String?) async throws {
        let port = try FreePort()
        let toml = "[[sites]]\nhostname = \"localhost\"\nport = \(port)\nredirect_to_https = true"
        try await Gatehouse.serving(toml) { _ in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write(head + "\r\n\r\n")
                let answer = try wire.readAnswer()
                #expect(answer.start.contains(" \(status) "))
                #expect(answer.value("Location") == location)
            }
        }
    }

    @Test("a scripted session of openssl s_client: two requests over one connection")
    func scriptedSession() async throws {
        let certificates = try await Certificates.ready()
        let (port, upstream) = try (FreePort(), Upstream.answering { Upstream.ok("you asked for \($0.target)\n") })
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { _ in
            let client = try ChildProcess(
                "openssl", ["s_client", "-quiet", "-CAfile", certificates.authority, "-connect", "127.0.0.1:\(port)"])
            try client.write("GET /one HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try await client.output.first { $0 == "you asked for /one" }
            try client.write("GET /two HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            _ = try await client.output.first { $0 == "you asked for /two" }
            #expect(try await client.exit() == .code(0))
            #expect(client.output.all.count { $0.hasPrefix("HTTP/1.1 200 OK") } == 2)
            #expect(upstream.connections.all == [1])
        }
    }

    private func threeSites(_ port: FreePort, _ certificates: Certificates) -> String {
        let sites = [
            ("first", "localhost", "../localhost", "default = true"), ("second", "rsa.test", "rsa.test", ""),
            ("third", "*.wild.test", "wild.test", ""),
        ]
        return sites.map { name, host, certificate, more in
            """
            [[sites]]
            name = "\(name)"
            hostname = "\(host)"
            port = \(port)
            static_dir = "\(Place.root)Tests"
            \(more)
            [sites.headers]
            X-Site = "\(name)"
            \(certificates.ssl(certificate))
            """
        }.joined(separator: "\n")
    }
}
