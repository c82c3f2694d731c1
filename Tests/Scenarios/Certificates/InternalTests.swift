import Foundation
import Glibc
import TestSupport
import Testing

@Suite("The internal CA")
struct InternalTests {
    private let managed: Managed

    init() throws { managed = try Managed() }

    /// A TLS site alone.
    private func toml(_ names: [String], _ ssl: String = "ssl = { auto_cert = true }") -> String {
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

    private var root: String { managed.state + "/internal/root.crt" }

    @Test("issues for names that no public authority issues for, without being told, and for those alone")
    func issued() async throws {
        let names = ["localhost", "*.app.internal", "127.0.0.1", "[::1]", "printer.home.arpa"]
        let file = try managed.directory.write("check.toml", toml(names))
        let before = try await Command.run(Place.gatehouse, ["check", file])
        #expect(before.code == 0 && before.text.contains("from the internal CA, asked for at the start"), "\(before)")
        try await Gatehouse.serving(toml(names)) { gatehouse in
            let line = try await gatehouse.log.line("a new certificate is in use")
            // Of seven days some seconds are gone.
            #expect(line.contains("days=6") || line.contains("days=7"))
            #expect(line.contains("Gatehouse local CA"), "\(line)")
            for name in ["localhost", "x.app.internal", "printer.home.arpa"] {
                let served = try await managed.get(name, trusting: root)
                #expect(served.text == "here\n", "\(served)")
            }
            let address = try await Command.curl(["--cacert", root, "https://127.0.0.1:\(managed.tls)/index.html"])
            #expect(address.text == "here\n", "\(address)")
            let gnutls = try await Command.run(
                "sh", ["-c", "gnutls-cli --no-ocsp --x509cafile \(root) -p \(managed.tls) localhost </dev/null"])
            #expect(gnutls.code == 0, "\(gnutls)")
        }
        let leaf = managed.state + "/acme/certificates/localhost/certificate.pem"
        let shown = try await Command.run("openssl", ["x509", "-in", leaf, "-noout", "-ext", "subjectAltName,extendedKeyUsage"])
        #expect(shown.text.contains("DNS:*.app.internal") && shown.text.contains("IP Address:0:0:0:0:0:0:0:1"), "\(shown)")
        // The same root at the next start, and the same certificate.
        let (first, certificate) = (try Data(contentsOf: URL(filePath: root)), try Data(contentsOf: URL(filePath: leaf)))
        try await Gatehouse.serving(toml(names)) { _ in }
        #expect(try Data(contentsOf: URL(filePath: root)) == first)
        #expect(try Data(contentsOf: URL(filePath: leaf)) == certificate)
        let status = try managed.status(of: "localhost")
        #expect(status["issuedBy"] as? String == "internal" && status["nextLook"] == nil)
    }

    @Test("is believed for no other name, even by those who trust it, whoever has its key")
    func constrained() async throws {
        try await Gatehouse.serving(toml(["localhost"])) { gatehouse in _ = try await gatehouse.log.line("is in use") }
        let directory = managed.directory
        let authority = "\(managed.state)/internal/root.pem"
        let cases = [("bank", "DNS:bank.example", false), ("ip", "IP:192.0.2.1", false), ("own", "DNS:a.internal", true)]
        for (name, alternative, isRight) in cases {
            let stem = directory.path + "/" + name
            let (key, request, leaf) = (stem + ".key", stem + ".csr", stem + ".crt")
            let extensions = try directory.write("\(name).ext", "subjectAltName = \(alternative)\n")
            for arguments in [
                ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key],
                ["req", "-new", "-key", key, "-subj", "/O=x", "-out", request],
                ["x509", "-req", "-in", request, "-CA", authority, "-extfile", extensions, "-days", "1", "-out", leaf],
            ] {
                let outcome = try await Command.run("openssl", arguments)
                #expect(outcome.code == 0, "\(outcome)")
            }
            let openssl = try await Command.run("openssl", ["verify", "-CAfile", root, leaf])
            #expect((openssl.code == 0) == isRight, "\(openssl)")
            if !isRight { #expect((openssl.text + openssl.errors).contains("permitted subtree violation"), "\(openssl)") }
            let gnutls = try await Command.run("certtool", ["--verify", "--load-ca-certificate", root, "--infile", leaf])
            #expect((gnutls.code == 0) == isRight, "\(gnutls)")
        }
    }

    @Test(
        "is an error where it cannot be what is meant",
        arguments: [
            (["localhost", "www.example.com"], "ssl = { auto_cert = true }", "no public authority issues for it"),
            (["intranet"], "ssl = { auto_cert = true }", "no public authority issues for a name without a dot"),
            (["www.example.com"], "ssl = { auto_cert = true, issuer = \"internal\" }", "the internal CA issues for *.localhost"),
            (["192.0.2.1"], "ssl = { auto_cert = true, issuer = \"internal\" }", "the internal CA issues for *.localhost"),
            (["localhost"], "ssl = { auto_cert = true, issuer = \"own\" }", "sites[0].ssl.issuer"),
            (
                ["localhost"], "ssl = { auto_cert = true, issuer = \"internal\", acme = { email = \"a@b.example\" } }",
                "sites[0].ssl.acme: is not used"
            ),
        ])
    func wrong(names: [String], ssl: String, words: String) async throws {
        let file = try managed.directory.write("wrong.toml", toml(names, ssl))
        let outcome = try await Command.run(Place.gatehouse, ["check", file])
        #expect(outcome.code == 1 && outcome.errors.contains(words), "\(outcome)")
    }

    @Test("is told where it takes the place of an authority that is described")
    func described() async throws {
        let ssl = "ssl = { auto_cert = true, acme = { email = \"a@b.example\" } }"
        let file = try managed.directory.write("described.toml", toml(["localhost"], ssl))
        let outcome = try await Command.run(Place.gatehouse, ["check", file])
        #expect(outcome.code == 0 && outcome.errors.contains("warning: sites[0].ssl.acme: is not used"), "\(outcome)")
    }

    @Test("of a certificate that the configuration wants and the state does not have gatehouse certs tells, with exit code 1")
    func missing() async throws {
        let file = try managed.directory.write("certs.toml", toml(["wiki.internal", "www.internal"]))
        let before = try await Command.run(Place.gatehouse, ["certs", "-c", file])
        #expect(before.code == 1, "\(before)")
        #expect(before.text.contains("wiki.internal www.internal") && before.text.contains("none yet"), "\(before)")
        let gone = try await Command.run(Place.gatehouse, ["certs", "--state-dir", managed.state + "/none"])
        #expect(gone.code == 1 && gone.errors.contains("No such file or directory"), "\(gone)")
        try await Gatehouse.serving(toml(["wiki.internal", "www.internal"])) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
        }
        for arguments in [["-c", file], ["--state-dir", managed.state]] {
            let after = try await Command.run(Place.gatehouse, ["certs"] + arguments)
            #expect(after.code == 0 && after.text.contains("wiki.internal") && !after.text.contains("none yet"), "\(after)")
        }
    }

    @Test("with a root that cannot be read is told, and no other root takes its place")
    func damaged() async throws {
        try managed.directory.write("state/internal/root.pem", "half of a")
        try await Gatehouse.serving(toml(["localhost"])) { gatehouse in
            let line = try await gatehouse.log.line("no certificate ")
            #expect(line.contains("root.pem holds no certificate"), "\(line)")
        }
        let kept = try String(contentsOfFile: managed.state + "/internal/root.pem", encoding: .utf8)
        #expect(kept == "half of a")
    }

    @Test(
        "is trusted by the system's clients, NSS and Java after gatehouse trust, and no longer after --remove",
        .enabled(if: getuid() == 0))
    func trusted() async throws {
        try managed.directory.write("gatehouse.toml", toml(["localhost"]))
        // Some containers allow no overlays.
        let nothing = try managed.directory.write("nothing", "true")
        guard try await Command.run(Place.peer("scratch_root.sh"), [nothing]).code == 0 else { return }
        let outcome = try await Command.run(
            Place.peer("scratch_root.sh"),
            [Place.peer("trust_stores.sh"), Place.gatehouse, managed.directory.path, "\(managed.tls)"],
            // Three starts of Java and a store of certificates made anew take long on a machine that does much else.
            within: Place.longPatience)
        #expect(outcome.code == 0, "\(outcome)")
        let lines = Set(outcome.text.split(separator: "\n").map(String.init))
        for client in ["curl", "gnutls-cli", "java", "nss"] {
            #expect(lines.contains("before \(client) no"), "\(outcome)")
            #expect(lines.contains("trusted \(client) yes"), "\(outcome)")
            #expect(lines.contains("removed \(client) no"), "\(outcome)")
        }
        #expect(lines.contains { $0.hasPrefix("system: already in /usr/local/share/ca-certificates/gatehouse-") }, "\(outcome)")
    }
}
