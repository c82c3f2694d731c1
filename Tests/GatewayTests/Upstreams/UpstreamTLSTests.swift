import Foundation
import TestSupport
import Testing

/// What an upstream's TLS is held to, and what the log says of one that does not stand up to it: `openssl s_server` is the peer.
@Suite("TLS to upstreams")
struct UpstreamTLSTests {
    /// Runs `body` beside a server that answers every request with its own status page.
    private func serving(
        _ certificate: String, _ key: String, _ options: [String] = [], _ body: (FreePort) async throws -> Void
    ) async throws {
        let port = try FreePort()
        let server = try ChildProcess(
            "openssl", ["s_server", "-accept", "\(port)", "-cert", certificate, "-key", key, "-www"] + options)
        defer { server.kill() }
        _ = try await server.output.first { $0.contains("ACCEPT") }
        try await body(port)
    }

    /// The status of a request by way of an upstream, and the detail of its log line.
    private func ask(_ upstream: FreePort, _ keys: String) async throws -> (status: String, detail: String) {
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "https://localhost:\(upstream)", upstream: keys)
        return try await Gatehouse.serving(toml) { gatehouse in
            _ = try await Command.curl(["-s", "-o", "/dev/null", "http://localhost:\(port)/x"])
            let entry = try await gatehouse.access("/x")
            return (entry["status"] ?? "", "\(entry)")
        }
    }

    @Test("a certificate that is refused is told with the name that was checked, and its own names, issuer and dates")
    func refused() async throws {
        let certificates = try await Certificates.ready()
        let authority = "ca_file = \"\(certificates.authority)\""
        for (name, keys, words) in [
            ("../localhost", "", "unable to get local issuer certificate"), ("rsa.test", authority, "hostname mismatch"),
        ] {
            try await serving(certificates.certificate(name), certificates.key(name)) { upstream in
                let (status, detail) = try await ask(upstream, keys)
                #expect(status == "502")
                #expect(detail.contains(words) && detail.contains("checked for localhost; the certificate is for "), "\(detail)")
                let host = name == "rsa.test" ? "rsa.test" : "localhost"
                #expect(detail.contains("the certificate is for \(host)"), "\(detail)")
                #expect(detail.contains(", issued by Gatehouse") && detail.contains(", valid from 20"), "\(detail)")
            }
        }
    }

    @Test("a certificate is for the names of its subjectAltName, not for its common name, nor for a part of a label")
    func names() async throws {
        let directory = try TemporaryDirectory()
        for (names, status) in [
            ([], "502"), (["DNS:l*.w.test"], "502"), (["DNS:*.w.test"], "200"), (["DNS:lab.w.test"], "200"),
        ] as [([String], String)] {
            let made = try await MadeCertificate.make("lab.w.test", in: directory, names: names)
            try await serving(made.file, made.keyFile) { upstream in
                let seen = try await ask(upstream, "ca_file = \"\(made.file)\"\ntls_server_name = \"lab.w.test\"")
                #expect(seen.status == status, "\(names): \(seen.detail)")
            }
        }
    }

    @Test("an authority below another one is trusted alone, and so is a server's own certificate")
    func anchors() async throws {
        let directory = try TemporaryDirectory()
        let authority = ["basicConstraints = critical,CA:TRUE", "keyUsage = critical,keyCertSign,cRLSign"]
        let root = try await MadeCertificate.make("root", in: directory, extensions: authority)
        let middle = try await MadeCertificate.make("middle", in: directory, issuer: root, extensions: authority)
        let leaf = try await MadeCertificate.make("leaf", in: directory, names: ["DNS:localhost"], issuer: middle)
        let other = try await MadeCertificate.make("other", in: directory, names: ["DNS:localhost"], issuer: middle)
        try await serving(leaf.file, leaf.keyFile) { upstream in
            // The server does not send the certificate of its authority.
            for (trusted, status) in [(middle, "200"), (leaf, "200"), (root, "502"), (other, "502")] {
                let seen = try await ask(upstream, "ca_file = \"\(trusted.file)\"")
                #expect(seen.status == status, "\(trusted.file): \(seen.detail)")
            }
        }
    }

    @Test("of an upstream's chain a pinned key is asked for, besides all else")
    func pinned() async throws {
        let certificates = try await Certificates.ready()
        func pin(_ file: String) async throws -> String {
            let command =
                "openssl x509 -in \"$0\" -noout -pubkey | openssl pkey -pubin -outform DER"
                + " | openssl dgst -sha256 -binary | base64"
            return "sha256//" + (try await Command.run("sh", ["-c", command, file])).text.split(separator: "\n").joined()
        }
        let leaf = try await pin(certificates.certificate("../localhost"))
        let root = try await pin(certificates.authority)
        let other = try await pin(certificates.certificate("rsa.test"))
        let authority = "ca_file = \"\(certificates.authority)\"\n"
        for options in [["-tls1_2"], ["-tls1_3"]] {
            try await serving(certificates.certificate("../localhost"), certificates.key("../localhost"), options) { upstream in
                #expect(try await ask(upstream, authority + "tls_pins = \"\(leaf)\"").status == "200")
                #expect(try await ask(upstream, authority + "tls_pins = [\"\(other)\", \"\(root)\"]").status == "200")
                #expect(try await ask(upstream, "verify = false\ntls_pins = \"\(leaf)\"").status == "200")
                // A chain that was not verified proves nothing of its authority.
                #expect(try await ask(upstream, "verify = false\ntls_pins = \"\(root)\"").status == "502")
                let (status, detail) = try await ask(upstream, authority + "tls_pins = \"\(other)\"")
                #expect(
                    status == "502" && detail.contains("none of its public keys is pinned (checked for localhost; "), "\(detail)")
            }
        }
    }

    @Test("a certificate that has been revoked is refused, and so is one whose authority has no list that holds")
    func revoked() async throws {
        let directory = try TemporaryDirectory()
        let authority = ["basicConstraints = critical,CA:TRUE", "keyUsage = critical,keyCertSign,cRLSign"]
        let root = try await MadeCertificate.make("root", in: directory, extensions: authority)
        let other = try await MadeCertificate.make("other", in: directory, extensions: authority)
        let leaf = try await MadeCertificate.make("leaf", in: directory, names: ["DNS:localhost"], issuer: root)
        /// - Parameters:
        ///   - leaf: a certificate that the list has; nil: it has none.
        ///   - base: an extension of the list, as OpenSSL's configuration writes it.
        func list(
            _ name: String, of issuer: MadeCertificate, revoking leaf: MadeCertificate? = nil, extending base: String = ""
        ) async throws -> String {
            let script = """
                cd "$0" && : >$1.revoked
                printf '[ca]\\ndefault_ca = x\\n[x]\\ndatabase = %s.revoked\\ndefault_md = sha256\\n' $1 >$1.cnf
                if [ -n "$5" ]; then printf 'crl_extensions = e\\n[e]\\n%s\\n' "$5" >>$1.cnf; fi
                if [ -n "$4" ]; then openssl ca -config $1.cnf -cert "$2" -keyfile "$3" -revoke "$4"; fi
                openssl ca -config $1.cnf -cert "$2" -keyfile "$3" -gencrl -crldays 30 -out $1.crl
                """
            let outcome = try await Command.run(
                "sh", ["-ec", script, directory.path, name, issuer.file, issuer.keyFile, leaf?.file ?? "", base])
            try #require(outcome.code == 0, "\(outcome)")
            return "ca_file = \"\(root.file)\"\ncrl_file = \"\(directory.path)/\(name).crl\"\n"
        }
        let (good, bad) = try await (list("good", of: root), list("bad", of: root, revoking: leaf))
        let foreign = try await list("foreign", of: other)
        // RFC 5280 §5.2.4: what was revoked before list 1 is not in it.
        let delta = try await list("delta", of: root, extending: "2.5.29.27 = critical,DER:020101")
        for options in [["-tls1_2"], ["-tls1_3"]] {
            try await serving(leaf.file, leaf.keyFile, options) { upstream in
                #expect(try await ask(upstream, good).status == "200")
                for (keys, words) in [(bad, "certificate revoked"), (foreign, "unable to get certificate CRL")] {
                    let (status, detail) = try await ask(upstream, keys)
                    #expect(status == "502" && detail.contains(words), "\(detail)")
                    #expect(detail.contains("upstream_certificate_refused"), "\(detail)")
                }
            }
        }
        let both = try directory.write(
            "both.pem",
            [root.file, "\(directory.path)/good.crl"].map { try String(contentsOfFile: $0, encoding: .utf8) }.joined())
        for (key, code) in [("", 1), ("crl_file = \"\(both)\"", 0)] as [(String, Int32)] {
            let toml = Sites.proxy(try FreePort(), to: "https://localhost:1", upstream: "ca_file = \"\(both)\"\n" + key)
            let outcome = try await Command.run(Place.gatehouse, ["check", try directory.write("check.toml", toml)])
            #expect(outcome.code == code, "\(outcome)")
            #expect(outcome.errors.contains("upstreams[0].ca_file: \(both) holds revocation lists") == (code == 1), "\(outcome)")
        }
        for (keys, words) in [
            ("crl_file = \"\(directory.path)/gone.crl\"", "gone.crl"),
            ("crl_file = \"\(leaf.keyFile)\"", "cannot read the revocation lists"),
            (delta, "the revocation list of \"root\" in \(directory.path)/delta.crl is a delta CRL"),
            (good + "verify = false", "protects nothing: verify = false"),
        ] {
            let toml = Sites.proxy(try FreePort(), to: "https://localhost:1", upstream: keys)
            let outcome = try await Command.run(Place.gatehouse, ["check", try directory.write("check.toml", toml)])
            #expect(outcome.code == 1 && outcome.errors.contains("upstreams[0].crl_file"), "\(outcome)")
            #expect(outcome.errors.contains(words), "\(outcome)")
        }
    }

    @Test(
        "lists that are not in their time are told before anybody is refused",
        arguments: [(1999, "has expired on"), (2099, "holds from")])
    func lists(year: Int, words: String) async throws {
        let directory = try TemporaryDirectory()
        let root = try await MadeCertificate.make(
            "root", in: directory,
            extensions: ["basicConstraints = critical,CA:TRUE", "keyUsage = critical,keyCertSign,cRLSign"])
        let script = """
            cd "$0" && : >gone
            printf '[ca]\\ndefault_ca = x\\n[x]\\ndatabase = gone\\ndefault_md = sha256\\n' >gone.cnf
            openssl ca -config gone.cnf -cert root.crt -keyfile root.key -gencrl -crl_lastupdate ${1}0101000000Z \
                -crl_nextupdate ${1}1231000000Z -out root.crl
            """
        let made = try await Command.run("sh", ["-ec", script, directory.path, "\(year)"])
        try #require(made.code == 0, "\(made)")
        let keys = "ca_file = \"\(root.file)\"\ncrl_file = \"\(directory.path)/root.crl\"\n"
        let toml = Sites.proxy(try FreePort(), to: "https://localhost:1", upstream: keys)
        let outcome = try await Command.run(Place.gatehouse, ["check", try directory.write("check.toml", toml)])
        #expect(outcome.code == 0 && outcome.errors.contains("the list of \"root\" \(words) \(year)-"), "\(outcome)")
    }

    @Test("the oldest version and the suites hold, and what the other side says of it is in the log")
    func policy() async throws {
        let certificates = try await Certificates.ready()
        let authority = "ca_file = \"\(certificates.authority)\"\n"
        try await serving(certificates.certificate("../localhost"), certificates.key("../localhost"), ["-tls1_2"]) { upstream in
            #expect(try await ask(upstream, authority).status == "200")
            let old = try await ask(upstream, authority + "tls_min_version = \"1.3\"")
            #expect(old.status == "502" && old.detail.contains("alert protocol version"), "\(old)")
            let suites = "tls_suites = [\"ECDHE-ECDSA-CHACHA20-POLY1305\"]"
            #expect(try await ask(upstream, authority + suites).status == "200")
        }
        let options = ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"]
        try await serving(certificates.certificate("../localhost"), certificates.key("../localhost"), options) { upstream in
            let other = try await ask(upstream, authority + "tls_suites = [\"ECDHE-ECDSA-CHACHA20-POLY1305\"]")
            #expect(other.status == "502" && other.detail.contains("alert handshake failure"), "\(other)")
        }
    }
}
