import Foundation
import TestSupport
import Testing

@Suite("gatehouse tls")
struct TLSToolsTests {
    private func tls(_ arguments: String...) async throws -> Command.Outcome {
        try await Command.run(Place.gatehouse, ["tls"] + arguments)
    }

    private func object(_ outcome: Command.Outcome) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any], "\(outcome)")
    }

    /// `openssl s_server` while `body` runs.
    private func serving<Result>(
        _ arguments: [String], _ body: (FreePort) async throws -> Result
    ) async throws -> Result {
        let port = try FreePort()
        let server = try ChildProcess("openssl", ["s_server", "-accept", "127.0.0.1:\(port)"] + arguments)
        _ = try await server.output.first("ACCEPT") { $0.hasPrefix("ACCEPT") }
        let result = try await body(port)
        server.kill()
        _ = try await server.exit()
        return result
    }

    // MARK: probe

    @Test("probe says what a Gatehouse speaks, and that its certificate is to be trusted")
    func ownSite() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let site = "[[sites]]\nhostname = \"localhost\"\nport = \(port)\nrespond = { body = \"hello\" }\n\(certificates.ssl())"
        try await Gatehouse.serving(site) { _ in
            let text = try await tls("probe", "localhost:\(port)", "--ca", certificates.authority)
            #expect(text.code == 0, "\(text)")
            let lines = text.text.split(separator: "\n").map { String($0.replacing(/\ +/, with: " ")) }
            for line in [
                "agreed on TLSv1.3, TLS_AES_256_GCM_SHA384, x25519, ALPN h2", "TLSv1 no: tlsv1 alert protocol version",
                "TLSv1.2 yes", "TLSv1.3 yes",
                "suites TLSv1.3: TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256 TLS_AES_128_GCM_SHA256",
                "groups x25519 secp256r1 secp384r1", "ALPN h2 http/1.1", "resumption TLSv1.2 yes, TLSv1.3 yes",
                "OCSP staple none", "client certificate not asked for", "trusted yes",
            ] { #expect(lines.contains(line), "\(line): \(text)") }
            // What it prints as the same by hand works.
            let command = try #require(text.text.split(separator: "\n").last)
            let byHand = try await Command.run("sh", ["-c", String(command)])
            #expect(byHand.text.contains("Verification: OK") && byHand.text.contains("ALPN protocol: h2"), "\(byHand)")
            // So does what people have in a browser.
            let url = try await tls("probe", "https://localhost:\(port)/a?b", "--ca", certificates.authority)
            #expect(url.code == 0 && url.text.contains("-connect localhost:\(port) "), "\(url)")
            let unknown = try await tls("probe", "localhost:\(port)")
            #expect(unknown.code == 1 && unknown.text.contains("with a CA of your own: -CAfile"), "\(unknown)")
            let json = try object(await tls("probe", "localhost:\(port)", "--json"))
            #expect(json["verification"] as? String == "unable to get local issuer certificate", "\(json)")
        }
    }

    @Test("probe finds what is old, weak and peculiar in another server")
    func oldServer() async throws {
        let certificates = try await Certificates.ready()
        let arguments = [
            "-cert", certificates.certificate("rsa.test"), "-key", certificates.key("rsa.test"), "-cipher", "ALL:@SECLEVEL=0",
            "-min_protocol", "TLSv1", "-groups", "P-521", "-Verify", "1", "-CAfile", certificates.authority, "-no_ticket",
            "-alpn", "http/1.1",
        ]
        try await serving(arguments) { port in
            let outcome = try await tls(
                "probe", "127.0.0.1:\(port)", "--name", "rsa.test", "--ca", certificates.authority, "--json")
            let json = try object(outcome)
            let versions = json["versions"] as? [[String: Any]] ?? []
            // It wants a certificate, and up to TLS 1.2 its handshake ends with that.
            #expect(versions.count == 4 && versions.last?["accepted"] as? Bool == true, "\(json)")
            #expect(json["groups"] as? [String] == ["secp521r1"], "\(json)")
            #expect(json["asks_for_certificate"] as? Bool == true && json["verification"] == nil, "\(json)")
            #expect(json["protocols"] as? [String] == ["http/1.1"], "\(json)")
        }
        try await serving(Array(arguments.prefix(6)) + ["-min_protocol", "TLSv1"]) { port in
            let json = try object(
                await tls(
                    "probe", "127.0.0.1:\(port)", "--name", "other.test", "--ca", certificates.authority, "--json"))
            let versions = json["versions"] as? [[String: Any]] ?? []
            #expect(versions.map { $0["accepted"] as? Bool } == [true, true, true, true], "\(json)")
            let suites = json["suites"] as? [[String: Any]] ?? []
            #expect((suites.last?["suites"] as? [String])?.contains("AES128-SHA") == true, "\(json)")
            #expect(json["verification"] as? String == "hostname mismatch", "\(json)")
        }
    }

    @Test("probe tells all that keeps a certificate from being trusted, each with what to do")
    func allFaults() async throws {
        let certificates = try await Certificates.ready()
        let arguments = ["-cert", certificates.certificate("expired.test"), "-key", certificates.key("expired.test")]
        try await serving(arguments) { port in
            let faults = ["unable to get local issuer certificate", "hostname mismatch", "certificate has expired"]
            let json = try object(await tls("probe", "127.0.0.1:\(port)", "--name", "other.test", "--json"))
            #expect(json["faults"] as? [String] == faults && json["verification"] as? String == faults[0], "\(json)")
            let text = try await tls("probe", "127.0.0.1:\(port)", "--name", "other.test")
            let lines = text.text.split(separator: "\n").map { String($0.replacing(/\ +/, with: " ")) }
            for line in ["trusted no: \(faults[0])", " nor: \(faults[1])", " nor: \(faults[2])"] {
                #expect(lines.contains(line), "\(line): \(text)")
            }
            #expect(text.code == 1 && text.text.contains("with a CA of your own: -CAfile"), "\(text)")
            let known = try object(
                await tls(
                    "probe", "127.0.0.1:\(port)", "--name", "expired.test", "--ca", certificates.authority, "--json"))
            #expect(known["faults"] as? [String] == ["certificate has expired"], "\(known)")
        }
    }

    @Test("probe tells of dates whose they are, and not as the server's own as well")
    func faultOfIssuer() async throws {
        let directory = try TemporaryDirectory()
        let signs = ["basicConstraints = critical,CA:TRUE"]
        let root = try await MadeCertificate.make("root", in: directory, extensions: signs)
        let middle = try await MadeCertificate.make("middle", in: directory, days: -20 ... -10, issuer: root, extensions: signs)
        let leaf = try await MadeCertificate.make("leaf", in: directory, names: ["DNS:a.test"], issuer: middle)
        try await serving(["-cert", leaf.file, "-key", leaf.keyFile, "-cert_chain", middle.file]) { port in
            let json = try object(await tls("probe", "127.0.0.1:\(port)", "--name", "a.test", "--ca", root.file, "--json"))
            #expect(json["verification"] as? String == "certificate has expired", "\(json)")
            #expect(json["faults"] as? [String] == ["certificate has expired (number 2 of its chain)"], "\(json)")
        }
    }

    @Test("probe explains where there is no TLS, nobody, or no such name")
    func nothingThere() async throws {
        let (port, plain) = try (FreePort(), FreePort())
        let site = "[[sites]]\nhostname = \"localhost\"\nport = \(plain)\nrespond = { body = \"hello\" }\n"
        try await Gatehouse.serving(site) { _ in
            let cases = [
                ("127.0.0.1:\(port)", "Connection refused", "ss -ltn"),
                ("127.0.0.1:\(plain)", "wrong version number", "the port for https"),
            ]
            for (server, failure, remedy) in cases {
                let outcome = try await tls("probe", server, "--timeout", "20")
                #expect(outcome.code == 1, "\(outcome)")
                #expect(outcome.text.contains(failure) && outcome.text.contains(remedy), "\(outcome)")
            }
        }
        // Nobody can listen there: the port is below those that programs are given.
        let six = try await tls("probe", "[::1]:1", "--timeout", "20")
        #expect(six.text.contains(/server +\[::1\]:1\n/) && six.text.contains(" -connect [::1]:1 "), "\(six)")
        let wrongs = [
            [], ["a:b:c"], ["a b"], ["a:0"], ["[::1"], ["a", "-c", "x"], ["http://a"], ["https://"], ["https://a:99999/"],
        ]
        for wrong in wrongs {
            #expect(try await Command.run(Place.gatehouse, ["tls", "probe"] + wrong).code == 2, "\(wrong)")
        }
    }

    @Test("probe gives up a server that sends a byte now and then")
    func endlessHello() async throws {
        let server = try ChildProcess(Place.python, [Place.peer("endless_hello.py")])
        let port = try await server.output.first("its port") { Int($0) != nil }
        let outcome = try await tls("probe", "127.0.0.1:\(port)", "--timeout", "1")
        #expect(outcome.code == 1 && outcome.text.contains("no handshake"), "\(outcome)")
        // It says which of its questions got no answer.
        #expect(outcome.text.contains("TLSv1.3") && outcome.text.contains("no: no answer in time"), "\(outcome)")
        server.kill()
        _ = try await server.exit()
    }

    @Test("probe --upstream asks as the gateway would, with the upstream's name, authority and certificate")
    func upstream() async throws {
        let certificates = try await Certificates.ready()
        let directory = try TemporaryDirectory()
        let (certificate, key) = (certificates.certificate("rsa.test"), certificates.key("rsa.test"))
        let server = ["-cert", certificate, "-key", key, "-Verify", "1", "-CAfile", certificates.authority]
        try await serving(server) { port in
            let file = try directory.write(
                "g.toml",
                """
                [[sites]]
                hostname = "localhost"
                port = 8080
                [sites.proxy]
                enabled = true
                [[sites.proxy.upstreams]]
                name = "inner"
                url = "https://127.0.0.1:\(port)"
                tls_server_name = "rsa.test"
                ca_file = "\(certificates.authority)"
                client_cert_file = "\(certificate)"
                client_key_file = "\(key)"
                [[sites.proxy.upstreams]]
                name = "plain"
                url = "http://127.0.0.1:1"
                [[sites.proxy.routes]]
                path = "/"
                upstream = "inner"
                """)
            let outcome = try await tls("probe", "--upstream", "inner", "--config", file, "--json")
            let json = try object(outcome)
            #expect(outcome.code == 0 && json["verification"] == nil && json["server_name"] as? String == "rsa.test", "\(json)")
            let command = try #require(json["command"] as? String)
            #expect(command.contains("-servername rsa.test") && command.contains("-cert \(certificate)"), "\(command)")
            for (name, words) in [("none", "it has: inner, plain"), ("plain", "not https://")] {
                let outcome = try await tls("probe", "--upstream", name, "--config", file)
                #expect(outcome.code == 1 && outcome.errors.contains(words), "\(outcome)")
            }
        }
    }

    // MARK: cert

    @Test("cert says whose key it is, for which hosts, and what clients will refuse")
    func files() async throws {
        let directory = try TemporaryDirectory()
        let root = try await MadeCertificate.make("root", in: directory, extensions: ["basicConstraints = CA:true"])
        let leaf = try await MadeCertificate.make("leaf", in: directory, names: ["DNS:a.test", "DNS:*.b.test"], issuer: root)
        let over = try await MadeCertificate.make("over", in: directory, days: -20 ... -3, names: ["DNS:a.test"])
        let nameless = try await MadeCertificate.make("nameless", in: directory)
        let right = try await tls("cert", leaf.file, leaf.keyFile, "--host", "a.test", "--host", "x.b.test")
        #expect(right.code == 0, "\(right)")
        #expect(right.text.contains("the key of the certificate in \(leaf.file)"), "\(right)")
        #expect(right.text.contains("good for x.b.test") && right.text.contains("issued by   CN=root"), "\(right)")
        let wrong: [([String], String)] = [
            ([leaf.file, over.keyFile], "it is the key of none of the certificates"),
            ([leaf.file, "--host", "b.test"], "not good for b.test"), ([over.file], "expired on"),
            ([nameless.file], "it names no host"), ([root.file, "--host", "a.test"], "not good for a.test"),
        ]
        for (arguments, words) in wrong {
            let outcome = try await Command.run(Place.gatehouse, ["tls", "cert"] + arguments)
            #expect(outcome.code == 1 && outcome.text.contains(words), "\(outcome)")
        }
        let authority = try await tls("cert", root.file)
        #expect(authority.code == 0 && authority.text.contains("note        it is an authority's"), "\(authority)")
        // A chain in the wrong order is told, and a chain in the right one is not.
        let texts = try [leaf, root].map { try String(contentsOfFile: $0.file, encoding: .utf8) }
        let swapped = try directory.write("swapped.pem", texts[1] + texts[0])
        let chain = try directory.write("chain.pem", texts[0] + texts[1])
        #expect(try await tls("cert", swapped).text.contains("not in order"))
        // Of which hosts is said where the leaf is told, not where what has signed it is.
        let judged = try await Command.run(
            Place.gatehouse, ["tls", "cert", chain, "--host", "a.test", "--host", "c.test"]
        ).text
        let parts = judged.split(separator: "behind it ", maxSplits: 1)
        #expect(parts.count == 2 && parts[0].contains("  right       good for a.test\n"), "\(judged)")
        #expect(parts[0].contains("  problem     not good for c.test") && parts.last?.contains("good for") == false, "\(judged)")
        let whole = try await tls("cert", chain, "--json")
        #expect(whole.code == 0 && !whole.text.contains("not in order"), "\(whole)")
    }

    @Test("what a certificate calls itself and others cannot steer a terminal, nor pass for a finding")
    func hostileNames() async throws {
        let directory = try TemporaryDirectory()
        let name = "ev\u{1B}[2J\u{9B}31m\u{202E}il\n  problem     forged"
        let authority = try await MadeCertificate.make("authority", commonName: name, in: directory)
        let leaf = try await MadeCertificate.make("leaf", in: directory, names: ["DNS:localhost"], issuer: authority)
        let cuts = [["cert", leaf.file], ["cert", leaf.file, "--json"], ["cert", authority.file], ["cert", "\u{1B}[2J"]]
        for arguments in cuts {
            let outcome = try await Command.run(Place.gatehouse, ["tls"] + arguments)
            let said = outcome.text + outcome.errors
            #expect(said.contains("[2J"), "\(outcome)")
            let obeyed = said.unicodeScalars.filter { scalar in
                scalar != "\n" && (scalar.properties.generalCategory == .control || scalar == "\u{202E}")
            }
            #expect(obeyed.isEmpty, "\(arguments): \(outcome)")
            #expect(!said.split(separator: "\n").contains { $0.hasPrefix("  problem     forged") }, "\(outcome)")
        }
    }

    @Test(
        "cert says what a file is that is no certificate",
        arguments: [
            ("hello", "neither a certificate nor a private key"), ("", "neither a certificate nor a private key"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be read"),
            ("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "a request for a certificate"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "the key cannot be read"),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", "has a passphrase"),
            ("0\u{82}\u{3}", "looks like DER"),
        ])
    func strange(text: String, words: String) async throws {
        let directory = try TemporaryDirectory()
        let outcome = try await tls("cert", try directory.write("file.pem", text))
        #expect(outcome.code == 1 && outcome.text.contains(words), "\(outcome)")
        #expect(try await tls("cert", "/nowhere/file.pem").errors.contains("cannot be read"))
    }

    @Test("cert reads no further than 4 MiB of what has no end", arguments: ["/dev/zero", "- </dev/zero", "<(cat /dev/zero)"])
    func endless(file: String) async throws {
        let outcome = try await Command.run("bash", ["-c", "'\(Place.gatehouse)' tls cert \(file)"])
        #expect(outcome.code == 1 && outcome.errors.contains("is longer than 4 MiB"), "\(outcome)")
    }

    @Test("cert reads a pipe to its end", arguments: ["- <", "", "<(cat", "- < <(cat"])
    func pipe(before: String) async throws {
        let directory = try TemporaryDirectory()
        let leaf = try await MadeCertificate.make("leaf", in: directory, names: ["DNS:a.test"])
        let file = "\(before) '\(leaf.file)'" + (before.contains("(") ? ")" : "")
        let outcome = try await Command.run("bash", ["-c", "'\(Place.gatehouse)' tls cert \(file)"])
        #expect(outcome.text.contains("a.test") && outcome.errors.isEmpty, "\(outcome)")
    }

    // MARK: why

    @Test("why explains what is printed", arguments: TLSMessages.all)
    func explains(message: TLSMessages.Row) async throws {
        let directory = try TemporaryDirectory()
        let outcome = try await tls("why", try directory.write("seen", "CONNECTED(00000003)\n---\n\(message.text)\n"))
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.text.contains(message.cause), "\(outcome)")
        // Each message has one cause.
        #expect(outcome.text.split(separator: "\n").count { $0.hasPrefix("  ") } == 1, "\(outcome)")
    }

    @Test("why takes a message in place of a file, and says of anything else that there is no such file")
    func pasted() async throws {
        let known = try await tls("why", "curl: (60) SSL certificate problem: certificate has expired")
        #expect(known.code == 0 && known.text.contains("time is over"), "\(known)")
        let unknown = try await tls("why", "no such file.txt")
        #expect(unknown.code == 1 && unknown.errors.contains("no such file.txt cannot be read"), "\(unknown)")
        #expect(unknown.errors.contains("nothing is known of it as a message"), "\(unknown)")
    }

    @Test(
        "why explains the cause that the gateway's log names, however long the line",
        arguments: [
            ("no_server_name", "The client asks for no name (SNI)"), ("no_shared_suite", "The client offers no cipher suite"),
            ("client_certificate_untrusted", "Its certificate leads to no authority of client_ca_file."),
            ("timeout_after_hello", "packets of full size may be lost (MTU)."), ("other", "no version of TLS in common"),
            ("client_alert", "no version of TLS in common"), ("none_of_them", "no version of TLS in common"),
        ])
    func causes(cause: String, words: String) async throws {
        let directory = try TemporaryDirectory()
        let suites = String(repeating: "TLS_AES_256_GCM_SHA384,", count: 30)
        let lines = [
            "TLS handshake failed cause=\(cause) client=127.0.0.1 offered_suites=\(suites) reason=\"unsupported protocol\"",
            "{\"message\":\"TLS handshake failed\",\"cause\":\"\(cause)\",\"reason\":\"unsupported protocol\"}",
        ]
        for line in lines {
            let outcome = try await tls("why", try directory.write("seen", line + "\n"))
            #expect(outcome.code == 0 && outcome.text.contains(words), "\(outcome)")
        }
    }

    @Test("why takes no certificate for believed that never came")
    func neverCame() async throws {
        let port = try FreePort()
        let site = """
            [[sites]]
            hostname = "localhost"
            port = \(port)
            respond = { body = "hello" }
            \(try await Certificates.ready().ssl())
            strict_sni = true

            """
        try await Gatehouse.serving(site) { _ in
            let directory = try TemporaryDirectory()
            let seen = try await Command.sClient(port, ["-servername", "other.test"])
            let outcome = try await tls("why", try directory.write("seen", seen.text + seen.errors))
            #expect(seen.text.contains("no peer certificate available"), "\(seen)")
            #expect(outcome.text.contains("no site of the name") && !outcome.text.contains("believed"), "\(outcome)")
        }
    }

    @Test("why is silent about what it does not know, and content with what is well")
    func knowsNothing() async throws {
        let directory = try TemporaryDirectory()
        let unknown = try await tls("why", try directory.write("a", "the weather is fine\u{1B}[31m\n"))
        #expect(unknown.code == 1 && unknown.text.contains("nothing in it that this program knows"), "\(unknown)")
        let well = try await tls(
            "why",
            try directory.write("b", "New, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384\nVerify return code: 0 (ok)\n"))
        #expect(well.code == 0 && well.text.contains("A handshake was made: TLSv1.3, TLS_AES_256_GCM_SHA384."), "\(well)")
        #expect(well.text.hasSuffix("Nothing in it is wrong.\n"), "\(well)")
        let json = try object(await tls("why", "--json", try directory.write("c", "connect:errno=111\n")))
        #expect((json["findings"] as? [[String: Any]])?.first?["line"] as? String == "connect:errno=111", "\(json)")
    }
}
