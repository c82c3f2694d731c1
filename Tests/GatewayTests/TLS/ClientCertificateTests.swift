import Foundation
import TestSupport
import Testing

/// `client_auth` with real clients: who comes in, what the upstream is told, and what the log says of the others.
@Suite("Client certificates")
struct ClientCertificateTests {
    /// An authority, one below it, and clients of both; another authority and its client.
    private struct Parties {
        let directory = try! TemporaryDirectory()
        let root, middle, alice, bob, expired, future, server, strangers, mallory: MadeCertificate

        init() async throws {
            let authority = ["basicConstraints = critical,CA:TRUE", "keyUsage = critical,keyCertSign,cRLSign"]
            root = try await .make("root", in: directory, extensions: authority)
            middle = try await .make("middle", in: directory, issuer: root, extensions: authority)
            let client = ["extendedKeyUsage = clientAuth"]
            alice = try await .make("alice", in: directory, issuer: root, extensions: client)
            bob = try await .make("bob", in: directory, issuer: middle, extensions: client)
            expired = try await .make("expired", in: directory, days: -20 ... -10, issuer: root, extensions: client)
            future = try await .make("future", in: directory, days: 10...20, issuer: root, extensions: client)
            server = try await .make("server", in: directory, issuer: root, extensions: ["extendedKeyUsage = serverAuth"])
            strangers = try await .make("strangers", in: directory, extensions: authority)
            mallory = try await .make("mallory", in: directory, issuer: strangers, extensions: client)
        }

        /// A certificate with that of its issuer behind it.
        func bobsChain() throws -> String {
            let text =
                try String(contentsOfFile: bob.file, encoding: .utf8) + String(contentsOfFile: middle.file, encoding: .utf8)
            return try directory.write("bob-chain.crt", text)
        }

        /// Revocation lists of authorities, in one file, by renaming.
        func writeLists(
            to file: String, revoking client: MadeCertificate?, of authorities: String = "root middle"
        ) async throws {
            let script = """
                cd "$0" && : >lists
                for ca in $3; do
                    : >$ca.revoked
                    printf '[ca]\\ndefault_ca = x\\n[x]\\ndatabase = %s.revoked\\ndefault_md = sha256\\n' $ca >$ca.lists.cnf
                    if [ $ca = root ] && [ -n "$1" ]; then
                        openssl ca -config $ca.lists.cnf -cert $ca.crt -keyfile $ca.key -revoke "$1"
                    fi
                    openssl ca -config $ca.lists.cnf -cert $ca.crt -keyfile $ca.key -gencrl -crldays 30 >>lists
                done
                mv lists "$2"
                """
            let outcome = try await Command.run("sh", ["-ec", script, directory.path, client?.file ?? "", file, authorities])
            try #require(outcome.code == 0, "\(outcome)")
        }
    }

    private func toml(
        _ port: FreePort, _ upstream: Upstream, _ parties: Parties, _ certificates: Certificates, mode: String,
        more: String = "", site: String = "", route: String = "", proxy: String = ""
    ) -> String {
        Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)",
            ssl: certificates.ssl() + "\nclient_auth = \"\(mode)\"\nclient_ca_file = \"\(parties.root.file)\"\n" + more + "\n"
                + site,
            route: route, proxy: proxy)
    }

    private func curl(
        _ port: FreePort, _ certificates: Certificates, _ client: MadeCertificate?, file: String? = nil,
        path: String = "/", _ more: [String] = []
    ) async throws -> Command.Outcome {
        let shown = client.map { ["--cert", file ?? $0.file, "--key", $0.keyFile] } ?? []
        return try await Command.curl(
            ["--cacert", certificates.authority, "-w", "\n%{http_code}"] + shown + more + ["https://localhost:\(port)\(path)"])
    }

    @Test(
        "who comes in with client_auth, and what the log says of those who do not", arguments: ["--tls-max=1.2", "--tls-max=1.3"])
    func required(version: String) async throws {
        let (certificates, parties) = try await (Certificates.ready(), Parties())
        let (port, upstream) = try (FreePort(), Upstream.saying("hello"))
        let toml = toml(port, upstream, parties, certificates, mode: "require")
        let limit = version.split(separator: "=").map(String.init)
        try await Gatehouse.serving(toml) { gatehouse in
            let welcome = try await curl(port, certificates, parties.alice, limit)
            #expect(welcome.text == "hello\n200", "\(welcome)")
            let chained = try await curl(port, certificates, parties.bob, file: parties.bobsChain(), limit)
            #expect(chained.text == "hello\n200", "\(chained)")
            for (client, cause, words) in [
                (nil, "client_certificate_missing", "peer did not return a certificate"),
                (parties.expired, "client_certificate_expired", "certificate has expired"),
                (parties.future, "client_certificate_not_yet_valid", "certificate is not yet valid"),
                (parties.mallory, "client_certificate_untrusted", "unable to get local issuer certificate"),
                // Without the certificate of its issuer.
                (parties.bob, "client_certificate_untrusted", "unable to get local issuer certificate"),
                (parties.server, "client_certificate_unfit", "unsuitable certificate purpose"),
                (parties.strangers, "client_certificate_untrusted", "self-signed certificate"),
            ] as [(MadeCertificate?, String, String)] {
                func told(_ lines: [String]) -> Int { lines.count { $0.contains("cause=\(cause) ") && $0.contains(words) } }
                let before = told(gatehouse.log.all)
                let refused = try await curl(port, certificates, client, limit)
                #expect(refused.code != 0 && refused.text.hasSuffix("000"), "\(cause): \(refused)")
                while case let lines = gatehouse.log.all, told(lines) <= before {
                    _ = try await gatehouse.log.first(lines.count + 1)
                }
            }
            // Lines are written a moment later.
            _ = try await gatehouse.process.output.first(2)
            #expect(gatehouse.accessEntries.count == 2)
        }
    }

    @Test("who is refused is told why, though its request is on its way by then")
    func told() async throws {
        let (certificates, parties) = try await (Certificates.ready(), Parties())
        let (port, upstream) = try (FreePort(), Upstream.saying("hello"))
        let toml = toml(port, upstream, parties, certificates, mode: "require")
        try await Gatehouse.serving(toml) { _ in
            // A connection that is closed with the request unread is reset, and a client that is still sending sees that alone.
            for (client, alert) in [(nil, "alert certificate required"), (parties.mallory, "alert unknown ca")]
                as [(MadeCertificate?, String)]
            {
                for _ in 0..<20 {
                    let refused = try await curl(port, certificates, client, ["--tls-max", "1.3"])
                    #expect(refused.errors.contains(alert), "\(refused)")
                }
            }
        }
    }

    @Test("an authority that is below another one may be named alone: its clients come in, and nobody else's")
    func middleAlone() async throws {
        let (certificates, parties) = try await (Certificates.ready(), Parties())
        let (port, upstream) = try (FreePort(), Upstream.saying("hello"))
        let toml = toml(port, upstream, parties, certificates, mode: "require")
            .replacing(parties.root.file, with: parties.middle.file)
        try await Gatehouse.serving(toml) { gatehouse in
            let chain = try parties.bobsChain()
            for file in [parties.bob.file, chain] {
                let bob = try await curl(port, certificates, parties.bob, file: file)
                #expect(bob.text == "hello\n200", "\(bob)")
            }
            let alice = try await curl(port, certificates, parties.alice)
            #expect(alice.code != 0 && alice.text.hasSuffix("000"), "\(alice)")
            _ = try await gatehouse.log.first { $0.contains("cause=client_certificate_untrusted ") }
        }
    }

    @Test("optional lets clients without a certificate in, and none with a wrong one; routes can require one")
    func optional() async throws {
        let (certificates, parties) = try await (Certificates.ready(), Parties())
        let (port, upstream) = try (FreePort(), Upstream.saying("hello"))
        let route = """
            [[sites.proxy.routes]]
            path = "/admin/"
            upstream = "app"
            client_auth = "require"
            """
        let toml = toml(port, upstream, parties, certificates, mode: "optional", proxy: route)
        try await Gatehouse.serving(toml) { gatehouse in
            for (client, path, answer) in [
                (nil, "/", "hello\n200"), (parties.alice, "/", "hello\n200"), (parties.alice, "/admin/", "hello\n200"),
            ] as [(MadeCertificate?, String, String)] {
                let outcome = try await curl(port, certificates, client, path: path)
                #expect(outcome.text == answer, "\(path): \(outcome)")
            }
            let refused = try await curl(port, certificates, nil, path: "/admin/x")
            #expect(refused.text.hasSuffix("\n403"), "\(refused)")
            #expect(try await gatehouse.access(reason: "client_certificate_required")["target"] == "/admin/x")
            let wrong = try await curl(port, certificates, parties.mallory)
            #expect(wrong.code != 0)
        }
    }

    @Test(
        "upstreams are told of the certificate in the fields that are asked for, and of nobody's claims",
        arguments: [false, true])
    func fields(trusted: Bool) async throws {
        let (certificates, parties) = try await (Certificates.ready(), Parties())
        let (port, upstream) = try (FreePort(), Upstream.answering { Upstream.ok($0.head) })
        let site = """
            [sites.request_headers.set]
            X-Who = "{client_cert_verify} {client_cert_subject} {client_cert_issuer}"
            X-Print = "{client_cert_fingerprint} {client_cert_serial}"
            """
        let headers = trusted ? "[sites.proxy.headers]\ntrusted_proxies = [\"127.0.0.1\", \"::1\"]" : ""
        let toml = toml(
            port, upstream, parties, certificates, mode: "optional", more: "client_cert_headers = true", site: site,
            route: "[[sites.proxy.routes]]\npath = \"/other/\"\nupstream = \"app\"\n"
                + "request_headers = { remove = [\"X-Who\"] }", proxy: headers)
        try await Gatehouse.serving(toml) { _ in
            let claims = [
                "-H", "Client-Cert: :Zm9v:", "-H", "Client-Cert-Chain: :Zm9v:", "-H", "X-Who: SUCCESS CN=root", "-H",
                "X-Print: 00", "-H", "client_cert: x",
            ]
            let nobody = try await curl(port, certificates, nil, claims)
            let lines = nobody.text.components(separatedBy: "\r\n").filter {
                $0.lowercased().hasPrefix("client") || $0.hasPrefix("X-")
            }
            #expect(lines.contains("X-Who: NONE  ") || lines.contains("X-Who: NONE"), "\(nobody)")
            #expect(!nobody.text.contains("Zm9v") && !nobody.text.contains("CN=root"), "\(nobody)")
            let other = try await curl(port, certificates, nil, path: "/other/", claims)
            #expect(!other.text.contains("CN=root") && !other.text.contains("Zm9v"), "\(other)")

            let bob = try await curl(port, certificates, parties.bob, file: parties.bobsChain(), claims)
            let der = try await Command.run("sh", ["-c", "openssl x509 -in \"$0\" -outform DER | base64 -w0", parties.bob.file])
            let middle = try await Command.run(
                "sh", ["-c", "openssl x509 -in \"$0\" -outform DER | base64 -w0", parties.middle.file])
            #expect(bob.text.contains("\r\nClient-Cert: :\(der.text):\r\n"), "\(bob)")
            #expect(bob.text.contains("\r\nClient-Cert-Chain: :\(middle.text):\r\n"), "\(bob)")
            #expect(bob.text.contains("\r\nX-Who: SUCCESS CN=bob CN=middle\r\n"), "\(bob)")
            let print = try await Command.run(
                "sh",
                [
                    "-c",
                    "openssl x509 -in \"$0\" -outform DER | sha256sum | cut -d' ' -f1; openssl x509 -in \"$0\" -noout -serial",
                    parties.bob.file,
                ])
            let words = print.text.split(separator: "\n").map { $0.replacing("serial=", with: "") }
            #expect(bob.text.contains("\r\nX-Print: \(words.joined(separator: " "))\r\n"), "\(bob) \(words)")
            #expect(!bob.text.contains("Zm9v"), "\(bob)")
        }
    }

    @Test("a certificate that was revoked is refused, also with a session that it had before; a new list needs no reload")
    func revocation() async throws {
        let (certificates, parties) = try await (Certificates.ready(), Parties())
        let (port, upstream) = try (FreePort(), Upstream.answering { Upstream.ok($0.head) })
        let list = parties.directory.path + "/crl.pem"
        try await parties.writeLists(to: list, revoking: nil)
        let toml = toml(
            port, upstream, parties, certificates, mode: "require",
            more: "client_crl_file = \"\(list)\"\nclient_cert_headers = true")
        try await Gatehouse.serving(toml) { gatehouse in
            let welcome = try await curl(port, certificates, parties.alice)
            #expect(welcome.text.hasSuffix("\n200"), "\(welcome)")
            // A session, and another one by it.
            let ticket = parties.directory.path + "/ticket"
            let client = [
                "-CAfile", certificates.authority, "-servername", "localhost", "-cert", parties.alice.file, "-key",
                parties.alice.keyFile,
            ]
            let first = try await session(port, client + ["-sess_out", ticket])
            #expect(first.contains("Client-Cert: :"), "\(first)")
            let second = try await session(port, client + ["-sess_in", ticket])
            #expect(second.contains("Client-Cert: :"), "\(second)")
            #expect(try await Command.sClient(port, client + ["-sess_in", ticket]).text.contains("Reused, "))

            try await parties.writeLists(to: list, revoking: parties.alice)
            _ = try await gatehouse.log.first { $0.contains("a certificate is replaced") }
            let refused = try await curl(port, certificates, parties.alice)
            #expect(refused.code != 0, "\(refused)")
            _ = try await gatehouse.log.first { $0.contains("cause=client_certificate_revoked ") }
            #expect(!(try await session(port, client + ["-sess_in", ticket])).contains("Client-Cert: :"))
            let others = try await curl(port, certificates, parties.bob, file: parties.bobsChain())
            #expect(others.text.hasSuffix("\n200"), "\(others)")
        }
    }

    @Test("clients are told the names of the authorities, each once, in the order of their file")
    func namesOfAuthorities() async throws {
        let (certificates, parties) = try await (Certificates.ready(), Parties())
        let (port, upstream) = try (FreePort(), Upstream.answering { Upstream.ok($0.head) })
        let files = [parties.strangers, parties.root, parties.middle, parties.strangers]
        let text = try files.map { try String(contentsOfFile: $0.file, encoding: .utf8) }.joined()
        try text.write(toFile: parties.root.file, atomically: true, encoding: .utf8)
        try await Gatehouse.serving(toml(port, upstream, parties, certificates, mode: "optional")) { _ in
            for version in ["-tls1_2", "-tls1_3"] {
                let shown = try await Command.sClient(port, [version, "-servername", "localhost", "-nameopt", "RFC2253"])
                let names = shown.text.split(separator: "\n").drop { $0 != "Acceptable client certificate CA names" }
                #expect(names.dropFirst().prefix { $0.hasPrefix("CN=") } == ["CN=strangers", "CN=root", "CN=middle"], "\(shown)")
            }
        }
    }

    @Test("revocation lists among the authorities are an error that says where they are to be named; named there, they hold")
    func listsAmongAuthorities() async throws {
        let (certificates, parties) = try await (Certificates.ready(), Parties())
        let (port, upstream) = try (FreePort(), Upstream.answering { Upstream.ok($0.head) })
        let (lists, root) = (parties.directory.path + "/crl.pem", parties.root.file)
        try await parties.writeLists(to: lists, revoking: parties.alice, of: "root")
        let text = try String(contentsOfFile: root, encoding: .utf8) + String(contentsOfFile: lists, encoding: .utf8)
        try text.write(toFile: root, atomically: true, encoding: .utf8)
        let file = try parties.directory.write("check.toml", toml(port, upstream, parties, certificates, mode: "require"))
        let outcome = try await Command.run(Place.gatehouse, ["check", file])
        #expect(outcome.code == 1 && outcome.errors.contains("sites[0].ssl.client_ca_file: \(root) holds"), "\(outcome)")
        #expect(outcome.errors.contains("help: name their file in client_crl_file"), "\(outcome)")
        let swapped = toml(port, upstream, parties, certificates, mode: "require").replacing(root, with: lists)
        let wrong = try await Command.run(Place.gatehouse, ["check", try parties.directory.write("swapped.toml", swapped)])
        #expect(wrong.code == 1 && wrong.errors.contains("\(lists) holds revocation lists, and no certificate of"), "\(wrong)")
        #expect(wrong.errors.contains("help: name their file in client_crl_file"), "\(wrong)")
        let named = toml(
            port, upstream, parties, certificates, mode: "require", more: "client_crl_file = \"\(root)\"")
        try await Gatehouse.serving(named) { gatehouse in
            let alice = try await curl(port, certificates, parties.alice)
            #expect(alice.text.hasSuffix("000"), "\(alice)")
            _ = try await gatehouse.log.first { $0.contains("cause=client_certificate_revoked ") }
        }
    }

    @Test(
        "authorities of clients that cannot be read are an error at the start, also where the certificate is got by itself",
        arguments: ["auto_cert = true\nissuer = \"internal\"", "auto_cert = true\non_demand = { names = [\"*.localhost\"] }"])
    func unreadableAuthorities(ssl: String) async throws {
        let directory = try TemporaryDirectory()
        let toml = """
            [server]
            state_dir = "\(directory.path)/state"
            [[sites]]
            hostname = "localhost"
            port = \(try FreePort())
            respond = { body = "hello" }
            [sites.ssl]
            \(ssl)
            client_auth = "require"
            client_ca_file = "\(directory.path)/gone.pem"
            """
        let outcome = try await Command.run(Place.gatehouse, ["check", try directory.write("check.toml", toml)])
        #expect(outcome.code == 1 && outcome.errors.contains("sites[0].ssl.client_ca_file: "), "\(outcome)")
        #expect(outcome.errors.contains("gone.pem: No such file"), "\(outcome)")
    }

    @Test("a certificate among revocation lists makes no authority: who hands out lists lets nobody in")
    func certificateAmongLists() async throws {
        let (certificates, parties) = try await (Certificates.ready(), Parties())
        let (port, upstream) = try (FreePort(), Upstream.answering { Upstream.ok($0.head) })
        let list = parties.directory.path + "/crl.pem"
        try await parties.writeLists(to: list, revoking: nil, of: "root middle strangers")
        let text = try String(contentsOfFile: list, encoding: .utf8)
        let stranger = try String(contentsOfFile: parties.strangers.file, encoding: .utf8)
        try (stranger + text + stranger).write(toFile: list, atomically: true, encoding: .utf8)
        let toml = toml(
            port, upstream, parties, certificates, mode: "require", more: "client_crl_file = \"\(list)\"")
        try await Gatehouse.serving(toml) { _ in
            let alice = try await curl(port, certificates, parties.alice)
            #expect(alice.text.hasSuffix("\n200"), "\(alice)")
            let mallory = try await curl(port, certificates, parties.mallory)
            #expect(mallory.code != 0 && mallory.text.hasSuffix("000"), "\(mallory)")
        }
    }

    /// One request by `openssl s_client`, with what came.
    private func session(_ port: FreePort, _ options: [String]) async throws -> String {
        let request = "GET / HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n"
        let outcome = try await Command.run(
            "sh", ["-c", "printf '\(request)' | openssl s_client -connect 127.0.0.1:\(port) -ign_eof \"$@\"", "sh"] + options)
        return outcome.text
    }

    @Test("a session is of its site: a ticket of one that asks for nothing opens none that requires a certificate")
    func ticketOfAnotherSite() async throws {
        let (certificates, parties) = try await (Certificates.ready(), Parties())
        let port = try FreePort()
        let directory = try TemporaryDirectory()
        try directory.write("public/f.txt", "treasure")
        let sites = ["open.localhost", "closed.localhost"].map { name in
            """
            [[sites]]
            hostname = "\(name)"
            port = \(port)
            static_dir = "\(directory.path)/public"
            \(certificates.ssl())
            \(name == "closed.localhost" ? "client_auth = \"require\"\nclient_ca_file = \"\(parties.root.file)\"" : "")

            """
        }
        try await Gatehouse.serving(sites.joined()) { gatehouse in
            let ticket = directory.path + "/ticket"
            for version in ["-tls1_2", "-tls1_3"] {
                func ask(_ name: String, _ more: [String]) async throws -> String {
                    let request = "GET /f.txt HTTP/1.1\\r\\nHost: \(name)\\r\\nConnection: close\\r\\n\\r\\n"
                    let command = "printf '\(request)' | openssl s_client -connect 127.0.0.1:\(port) -ign_eof \"$@\""
                    return try await Command.run("sh", ["-c", command, "sh", version, "-servername", name] + more).text
                }
                #expect(try await ask("open.localhost", ["-sess_out", ticket]).contains("treasure"))
                let other = try await ask("closed.localhost", ["-sess_in", ticket])
                #expect(!other.contains("treasure") && !other.contains("Reused, "), "\(other)")
            }
            // By Host alone, and over HTTP/2 by a connection to the other site.
            for (name, address) in [("localhost", "127.0.0.1"), ("open.localhost", "open.localhost")] {
                let outcome = try await Command.run(
                    "curl",
                    [
                        "-sk", "--http2", "--resolve", "open.localhost:\(port):127.0.0.1", "-H", "Host: closed.localhost", "-w",
                        "%{http_code}", "-o", "/dev/null", "https://\(address):\(port)/f.txt",
                    ])
                #expect(outcome.text == "421", "\(name): \(outcome)")
            }
        }
    }
}
