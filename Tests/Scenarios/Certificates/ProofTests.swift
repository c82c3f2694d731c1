import Foundation
import TestSupport
import Testing

@Suite("A name is proved to an authority", .enabled("pebble is not installed") { Managed.isThere })
struct ProofTests {
    /// A TLS site alone.
    private func toml(_ managed: Managed, _ ssl: String, names: [String] = ["a.test"]) -> String {
        """
        [server]
        state_dir = "\(managed.state)"
        [[sites]]
        hostnames = [\(names.map { "\"\($0)\"" }.joined(separator: ", "))]
        listen = "127.0.0.1"
        port = \(managed.tls)
        static_dir = "\(managed.directory.path)/www"
        \(ssl)
        """
    }

    @Test("in the handshake of its own listener, which shows that certificate to nobody else (RFC 8737)")
    func handshake() async throws {
        let managed = try Managed()
        let pebble = try await Pebble(
            http: managed.http, tls: managed.tls, names: ["a.test", "b.test"], environment: ["PEBBLE_WFE_NONCEREJECT": "50"],
            in: managed.directory)
        let root = try await pebble.root(in: managed.directory)
        try await Gatehouse.serving(toml(managed, pebble.ssl, names: ["a.test", "b.test"]), workers: 2) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
            #expect(gatehouse.log.all.count { $0.contains("a name can be proved") && $0.contains("by=tls-alpn-01") } == 2)
            let served = try await managed.get("b.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
            // While it is kept for late looks, whoever speaks that protocol alone sees the certificate of the challenge ...
            let proving = try await Command.sClient(managed.tls, ["-servername", "a.test", "-alpn", "acme-tls/1"])
            #expect(proving.text.contains("CN = ACME challenge"), "\(proving)")
            // ... and who speaks others too, or of another name, does not.
            let both = try await Command.sClient(managed.tls, ["-servername", "a.test", "-alpn", "acme-tls/1,http/1.1"])
            #expect(both.text.contains("Pebble Intermediate") && !both.text.contains("ACME challenge"), "\(both)")
            let other = try await Command.sClient(managed.tls, ["-servername", "c.test", "-alpn", "acme-tls/1"])
            #expect((other.text + other.errors).contains("no application protocol"), "\(other)")
        }
    }

    @Test("by an account that the authority knows by other means, with the chain and the key that are wanted")
    func externalAccount() async throws {
        let managed = try Managed()
        let account = ["kid-1": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"]
        let pebble = try await Pebble(
            http: managed.http, tls: managed.tls, names: ["a.test"], accounts: account,
            environment: ["PEBBLE_ALTERNATE_ROOTS": "2"], in: managed.directory)
        let root = try await pebble.root(2, in: managed.directory)
        let name = try await Command.run("openssl", ["x509", "-in", root, "-noout", "-subject", "-nameopt", "multiline"])
        let common = try #require(name.text.split(separator: "= ").last).trimmingCharacters(in: .whitespacesAndNewlines)
        let without = toml(managed, pebble.ssl)
        try await Gatehouse.serving(without) { gatehouse in
            let line = try await gatehouse.log.line("no certificate ")
            #expect(line.contains("acme.eab_kid"), "\(line)")
        }
        let keys = """

            eab_kid = "kid-1"
            eab_hmac_key = "\(account["kid-1"]!)"
            key_type = "rsa"
            preferred_chain = "\(common)"
            """
        // What is mended is tried at once, though the next try was to be later.
        try await Gatehouse.serving(without + keys) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
            let served = try await managed.get("a.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
            let shown = try await Command.sClient(managed.tls, ["-servername", "a.test"])
            #expect(shown.text.contains("a:PKEY: rsaEncryption, 2048 (bit)"), "\(shown)")
        }
    }

    @Test("that is an address: in a handshake that names the way back to it, and by http (RFC 8738)", arguments: [true, false])
    func address(byHandshake: Bool) async throws {
        let managed = try Managed()
        let pebble = try await Pebble(http: managed.http, tls: managed.tls, names: [], in: managed.directory)
        let root = try await pebble.root(in: managed.directory)
        let names = ["127.0.0.1"]
        let configuration = byHandshake ? toml(managed, pebble.ssl, names: names) : managed.toml(pebble.ssl, names: names)
        try await Gatehouse.serving(configuration) { gatehouse in
            let line = try await gatehouse.log.line("a name can be proved")
            #expect(line.contains("name=127.0.0.1") && line.contains(byHandshake ? "by=tls-alpn-01" : "by=http-01"), "\(line)")
            _ = try await gatehouse.log.line("a new certificate is in use")
            let served = try await Command.curl(["--cacert", root, "https://127.0.0.1:\(managed.tls)/index.html"])
            #expect(served.text == "here\n", "\(served)")
        }
        let wrong = try managed.directory.write(
            "wrong.toml", toml(managed, pebble.ssl + "\ndns_hook = \"/bin/true\"", names: ["::1"]))
        let outcome = try await Command.run(Place.gatehouse, ["check", wrong])
        #expect(outcome.code == 1 && outcome.errors.contains("no record proves an address"), "\(outcome)")
    }

    @Test("by files that another server can read, whoever it runs as")
    func files() async throws {
        let managed = try Managed()
        let pebble = try await Pebble(http: managed.http, tls: managed.tls, names: ["a.test"], in: managed.directory)
        let folder = managed.directory.path + "/www/.well-known/acme-challenge"
        let server = try ChildProcess(
            Place.python,
            ["-m", "http.server", "--bind", "127.0.0.1", "--directory", managed.directory.path + "/www", "\(managed.http)"],
            environment: ["PYTHONUNBUFFERED": "1"])
        _ = try await server.output.line("Serving HTTP")
        try await Gatehouse.serving(toml(managed, pebble.ssl + "\nchallenge_dir = \"\(folder)\"")) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
            let tokens = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(tokens.count == 1)
            for token in tokens {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(token)")
                #expect(attributes[.posixPermissions] as? Int == 0o644)
            }
        }
        #expect(server.errors.all.contains { $0.contains("/.well-known/acme-challenge/") && $0.contains("200") })
        server.kill()
    }

    @Test("by records that a program puts into DNS, an asterisk too, and takes out again")
    func records() async throws {
        let managed = try Managed()
        let (names, management) = (try FreePort(), try FreePort())
        let server = try ChildProcess(
            "pebble-challtestsrv",
            [
                "-dns01", "127.0.0.1:\(names)", "-management", "127.0.0.1:\(management)", "-http01", "", "-https01", "",
                "-tlsalpn01", "", "-defaultIPv6", "",
            ])
        let pebble = try await Pebble(
            http: managed.http, tls: managed.tls, names: [], nameServer: "127.0.0.1:\(names)", in: managed.directory)
        let root = try await pebble.root(in: managed.directory)
        let hook = try managed.directory.write(
            "hook",
            """
            #!/bin/sh -e
            echo "$@" >>"\(managed.directory.path)/calls"
            case "$1" in add) what=set-txt ;; remove) what=clear-txt ;; esac
            curl -sSf --retry 9 --retry-connrefused -d "{\\"host\\": \\"$2.\\", \\"value\\": \\"$3\\"}" \
            "http://127.0.0.1:\(management)/$what"
            """)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
        let ssl = pebble.ssl + "\ndns_hook = \"\(hook)\""
        try await Gatehouse.serving(toml(managed, ssl, names: ["a.test", "*.a.test"])) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
            for name in ["a.test", "x.a.test"] {
                let served = try await managed.get(name, trusting: root)
                #expect(served.text == "here\n", "\(served)")
            }
        }
        let calls = try String(contentsOfFile: managed.directory.path + "/calls", encoding: .utf8).split(separator: "\n")
        #expect(calls.count { $0.hasPrefix("add _acme-challenge.a.test ") } == 2)
        #expect(calls.count { $0.hasPrefix("remove _acme-challenge.a.test ") } == 2)
        server.kill()
    }

    @Test("by a program that says megabytes, of which the log has the last 4096 bytes and nothing else any")
    func talkative() async throws {
        let managed = try Managed()
        let pebble = try await Pebble(http: managed.http, tls: managed.tls, names: ["a.test"], in: managed.directory)
        let hook = try managed.directory.write(
            "hook",
            """
            #!/bin/sh
            head -c 3000000 /dev/zero | tr '\\0' x
            head -c 1000000 /dev/zero | tr '\\0' y >&2
            echo 'the "end": 3' >&2
            exit 3
            """)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
        let ssl = pebble.ssl + "\ndns_hook = \"\(hook)\""
        try await Gatehouse.serving(toml(managed, ssl)) { gatehouse in
            let line = try await gatehouse.log.line("a program says")
            // 3,000,000 x, 1,000,000 y and 13 bytes, less the last 4096.
            #expect(
                line.contains("left_out_bytes=3995917") && line.contains("arguments=\"add _acme-challenge.a.test\""), "\(line)")
            #expect(line.count { $0 == "y" } >= 4083 && line.count { $0 == "y" } < 4100 && !line.contains("xx"))
            #expect(line.contains("3") && line.utf8.count < 4096 + 512)
            let end = try await gatehouse.log.line("no certificate ")
            #expect(end.contains("ended with code 3"), "\(end)")
            #expect(gatehouse.process.output.all.allSatisfy { !$0.contains("xx") })
        }
    }

    @Test("not by a program that fails, which is told")
    func failingHook() async throws {
        let managed = try Managed()
        let pebble = try await Pebble(http: managed.http, tls: managed.tls, names: ["a.test"], in: managed.directory)
        let hook = try managed.directory.write("hook", "#!/bin/sh\nexit 3\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
        let ssl = pebble.ssl + "\ndns_hook = \"\(hook)\""
        try await Gatehouse.serving(toml(managed, ssl)) { gatehouse in
            let line = try await gatehouse.log.line("no certificate ")
            #expect(line.contains("ended with code 3"), "\(line)")
        }
        let file = try managed.directory.write("wrong.toml", toml(managed, pebble.ssl + "\ndns_hook = \"/nowhere\""))
        let outcome = try await Command.run(Place.gatehouse, ["check", file])
        #expect(outcome.code == 1 && outcome.errors.contains("/nowhere cannot be run"), "\(outcome)")
    }
}
