import Foundation
import Glibc
import TestSupport
import Testing

@Suite("gatehouse certs", .enabled("pebble is not installed") { Managed.isThere })
struct CertsCommandTests {
    private let managed: Managed

    init() throws { managed = try Managed() }

    private func pebble(_ environment: [String: String] = [:]) async throws -> Pebble {
        try await Pebble(
            http: managed.http, tls: managed.tls, names: ["a.test"], environment: environment, in: managed.directory)
    }

    private func certs(_ toml: String, _ arguments: String...) async throws -> Command.Outcome {
        let file = try managed.directory.write("command.toml", toml)
        return try await Command.run(Place.gatehouse, ["certs", "-c", file] + arguments)
    }

    private var serial: String {
        get async throws {
            let file = "\(managed.state)/acme/certificates/a.test/certificate.pem"
            let outcome = try await Command.run("openssl", ["x509", "-in", file, "-noout", "-serial"])
            return String(try #require(outcome.text.split(separator: "=").last)).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    @Test("--revoke has the authority revoke it, and the gateway that runs get another one")
    func revoked() async throws {
        let pebble = try await pebble()
        let toml = managed.toml(pebble.ssl)
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
            let first = try await serial
            let outcome = try await certs(toml, "--revoke", "A.test", "--reason", "superseded")
            #expect(outcome.code == 0 && outcome.text.contains("a.test: revoked"), "\(outcome)")
            let status = try await pebble.status(ofSerial: first)
            #expect(status.contains("Revoked") && status.contains("\"Reason\": 4"), "\(status)")
            _ = try await gatehouse.log.line("a renewal is wished for")
            _ = try await gatehouse.log.first("another one") { [log = gatehouse.log] _ in
                log.all.count { $0.contains("is in use") } == 2
            }
            #expect(try await serial != first)
            #expect(try await pebble.status(ofSerial: try await serial).contains("Valid"))
            let again = try await certs(toml, "--revoke", "b.test")
            #expect(again.code == 1 && again.errors.contains("has the name b.test"), "\(again)")
        }
    }

    @Test("--new-account-key has the account go on with another key, also after it was broken off")
    func accountKey() async throws {
        let pebble = try await pebble()
        let toml = managed.toml(pebble.ssl)
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
            let accounts = managed.state + "/acme/accounts"
            let folder = try #require(try FileManager.default.contentsOfDirectory(atPath: accounts).first)
            let (file, next) = ("\(accounts)/\(folder)/account.key", "\(accounts)/\(folder)/next.key")
            let before = try String(contentsOfFile: file, encoding: .utf8)
            let outcome = try await certs(toml, "--new-account-key")
            #expect(outcome.code == 0 && outcome.text.contains("the account has another key"), "\(outcome)")
            let after = try String(contentsOfFile: file, encoding: .utf8)
            #expect(after != before && !FileManager.default.fileExists(atPath: next))
            // As if the process had ended before it wrote down that the authority knows.
            try after.write(toFile: next, atomically: false, encoding: .utf8)
            try before.write(toFile: file, atomically: false, encoding: .utf8)
            let repeated = try await certs(toml, "--new-account-key")
            #expect(repeated.code == 0, "\(repeated)")
            #expect(try String(contentsOfFile: file, encoding: .utf8) == after)
            let renewal = try await certs(toml, "--renew", "a.test")
            #expect(renewal.code == 0, "\(renewal)")
            _ = try await gatehouse.log.first("another one") { [log = gatehouse.log] _ in
                log.all.count { $0.contains("is in use") } == 2
            }
        }
        #expect(!pebble.process.output.all.contains { $0.contains("There are now 2 accounts") })
    }

    @Test(
        "--import takes over what certbot has got of the same authority, once, and not while a gateway runs",
        .enabled("certbot is not installed") { FileManager.default.isExecutableFile(atPath: "/usr/bin/certbot") })
    func certbot() async throws {
        // certbot 2.1 gives up when the first nonce is refused.
        let pebble = try await pebble(["PEBBLE_WFE_NONCEREJECT": "0"])
        let certificates = try await Certificates.ready()
        let folder = managed.directory.path + "/letsencrypt"
        let got = try await Command.run(
            "certbot",
            [
                "certonly", "--standalone", "--http-01-address", "127.0.0.1", "--http-01-port", "\(managed.http)", "--server",
                pebble.directoryURL, "--config-dir", folder, "--work-dir", folder + "-work", "--logs-dir", folder + "-logs",
                "--non-interactive", "--agree-tos", "--register-unsafely-without-email", "-d", "a.test",
            ], environment: ["REQUESTS_CA_BUNDLE": certificates.authority])
        #expect(got.code == 0, "\(got)")
        let orders = pebble.process.output.all.count { $0.contains("Added order") }
        let toml = managed.toml(pebble.ssl)
        let outcome = try await certs(toml, "--import", folder)
        #expect(
            outcome.code == 0 && outcome.text.contains("a.test: taken from \(folder)/live/a.test/fullchain.pem"), "\(outcome)")
        let again = try await certs(toml, "--import", folder)
        #expect(again.text.contains("the one that is there lasts as long"), "\(again)")
        let root = try await pebble.root(in: managed.directory)
        try await Gatehouse.serving(toml) { _ in
            let served = try await managed.get("a.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
            let busy = try await certs(toml, "--import", folder)
            #expect(busy.code == 1 && busy.errors.contains("a gateway uses"), "\(busy)")
        }
        // It is used, and nothing is asked for.
        #expect(pebble.process.output.all.count { $0.contains("Added order") } == orders)
    }

    @Test("--import takes over what lies as Caddy keeps it, if it is for all names, with its key, and good")
    func caddy() async throws {
        let pebble = try await pebble()
        let folder = managed.directory.path + "/caddy/certificates/acme-v02.api.letsencrypt.org-directory"
        func make(_ name: String, _ names: [String], days: ClosedRange<Int>) async throws {
            let made = try await MadeCertificate.make(name, in: managed.directory, days: days, names: names)
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: made.file, toPath: "\(folder)/\(name)/\(name).crt")
            try FileManager.default.copyItem(atPath: made.keyFile, toPath: "\(folder)/\(name)/\(name).key")
        }
        try await make("over", ["DNS:a.test"], days: -9 ... -1)
        try await make("other", ["DNS:b.test"], days: -1...90)
        try await make("right", ["DNS:a.test", "DNS:b.test"], days: -1...30)
        try await make("better", ["DNS:*.test"], days: -1...60)
        try await make("keyless", ["DNS:a.test"], days: -1...90)
        try FileManager.default.removeItem(atPath: "\(folder)/keyless/keyless.key")
        let outcome = try await certs(managed.toml(pebble.ssl), "--import", managed.directory.path + "/caddy")
        #expect(outcome.code == 0 && outcome.text.contains("/better/better.crt, valid until"), "\(outcome)")
        #expect(outcome.text.contains("3 certificates with their keys"), "\(outcome)")
        // lego's: all in one folder.
        let lego = managed.directory.path + "/lego/certificates"
        try FileManager.default.createDirectory(atPath: lego, withIntermediateDirectories: true)
        for kind in ["crt", "key"] {
            try FileManager.default.copyItem(atPath: "\(folder)/right/right.\(kind)", toPath: "\(lego)/c.a.test.\(kind)")
        }
        let one = try await certs(managed.toml(pebble.ssl, names: ["b.test"]), "--import", managed.directory.path + "/lego")
        #expect(one.text.contains("b.test: taken from \(lego)/c.a.test.crt"), "\(one)")
        let two = try await certs(managed.toml(pebble.ssl, names: ["c.a.test"]), "--import", managed.directory.path + "/caddy")
        #expect(two.text.contains("c.a.test: none for c.a.test"), "\(two)")
        let none = try await certs(managed.toml(pebble.ssl), "--import", managed.directory.path + "/nowhere")
        #expect(none.code == 1 && none.errors.contains("/nowhere has no certificate with its key"), "\(none)")
    }

    @Test(
        "what root writes into another user's state directory is that user's; of what is root's there the owner is told",
        .enabled(if: geteuid() == 0, "needs root"))
    func owner() async throws {
        func chown(_ user: String, _ path: String) async throws {
            let given = try await Command.run("chown", [user, path])
            #expect(given.code == 0, "\(given)")
        }
        let toml = managed.toml("ssl = { auto_cert = true, acme = { directory = \"https://localhost/dir\" } }")
        try FileManager.default.createDirectory(atPath: managed.state, withIntermediateDirectories: true)
        try await chown("65534", managed.state)
        let given = try await certs(toml, "--renew", "a.test")
        #expect(given.code == 0 && !given.errors.contains("chown"), "\(given)")
        let foreign = try await Command.run("find", [managed.state, "!", "-user", "65534"])
        #expect(foreign.code == 0 && foreign.text.isEmpty, "\(foreign)")
        #expect(FileManager.default.fileExists(atPath: managed.state + "/acme"))
        try await chown("0", managed.state + "/acme")
        let another = try await certs(toml, "--renew", "a.test")
        #expect(another.code == 0 && another.errors.contains("chown -R --reference=\(managed.state) "), "\(another)")
    }

    @Test(
        "a state directory that cannot be read is told, and does not pass for an empty one",
        .enabled(if: geteuid() == 0, "needs root"))
    func unreadable() async throws {
        try FileManager.default.createDirectory(
            atPath: managed.state + "/acme/certificates", withIntermediateDirectories: true)
        let arguments = [Place.gatehouse, "certs", "--state-dir", managed.state]
        let empty = try await Command.run(arguments[0], Array(arguments[1...]))
        #expect(empty.code == 0 && empty.text.hasPrefix("no certificate of ACME in "), "\(empty)")
        // Who may pass through to it, and no further.
        try FileManager.default.setAttributes([.posixPermissions: 0o711], ofItemAtPath: managed.directory.path)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: managed.state)
        let refused = try await Command.run("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups"] + arguments)
        #expect(refused.code == 1 && refused.errors.contains("Permission denied"), "\(refused)")
    }
}
