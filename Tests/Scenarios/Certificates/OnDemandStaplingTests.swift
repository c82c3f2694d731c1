import Foundation
import TestSupport
import Testing

@Suite("OCSP stapling of certificates on demand", .enabled("pebble is not installed") { Managed.isThere })
struct OnDemandStaplingTests {
    private let managed: Managed

    init() throws { managed = try Managed() }

    private func toml(_ pebble: Pebble, _ stapling: String) -> String {
        managed.toml(
            pebble.ssl.replacing("auto_cert = true", with: "auto_cert = true\n\(stapling)")
                + "\n[sites.ssl.on_demand]\nnames = [\"*.test\"]", names: ["a.test"])
    }

    /// What a client is shown that asks for a name and for an answer.
    private func shown(_ name: String, _ root: String) async throws -> String {
        let outcome = try await Command.sClient(managed.tls, ["-status", "-servername", name, "-CAfile", root, "-tls1_3"])
        #expect(outcome.code == 0, "\(outcome)")
        return outcome.text
    }

    @Test("is fetched when one has come, shown from then on, and at the next start from the first handshake on")
    func stapled() async throws {
        let pebble = try await Pebble(
            http: managed.http, tls: managed.tls, names: ["a.test", "c.test"], in: managed.directory)
        let root = try await pebble.root(in: managed.directory)
        let issuer = try await pebble.issuer(in: managed.directory)
        let responder = try ChildProcess(
            Place.pythonWithLibraries, [Place.peer("ocsp_responder.py"), issuer.certificate, issuer.key])
        let port = try await responder.output.first("the responder's port") { Int($0) != nil }
        let toml = toml(pebble, "ocsp_stapling = true\nocsp_responder = \"http://127.0.0.1:\(port)/good\"")
        try await Gatehouse.serving(toml) { gatehouse in
            let first = try await shown("c.test", root)
            #expect(first.contains("OCSP response: no response sent"), "\(first)")
            _ = try await gatehouse.log.line("a new OCSP answer is in use")
            let next = try await shown("c.test", root)
            #expect(next.contains("Cert Status: good"), "\(next)")
        }
        // The next start needs no responder.
        responder.kill()
        try await responder.exit()
        try await Gatehouse.serving(toml) { _ in
            let shown = try await shown("c.test", root)
            #expect(shown.contains("Cert Status: good"), "\(shown)")
        }
    }

    @Test("is told in the log where a certificate names no responder, and in the check where the configuration's is none")
    func impossible() async throws {
        let pebble = try await Pebble(http: managed.http, tls: managed.tls, names: ["c.test"], in: managed.directory)
        let root = try await pebble.root(in: managed.directory)
        try await Gatehouse.serving(toml(pebble, "ocsp_stapling = true")) { gatehouse in
            let shown = try await shown("c.test", root)
            #expect(shown.contains("OCSP response: no response sent"), "\(shown)")
            let line = try await gatehouse.log.line("a certificate on demand cannot be stapled")
            #expect(line.contains("name=c.test") && line.contains("it names no OCSP responder"), "\(line)")
        }
        let file = try managed.directory.write("check.toml", toml(pebble, "ocsp_responder = \"nowhere\""))
        let checked = try await Command.run(Place.gatehouse, ["check", file])
        #expect(checked.code == 1 && checked.errors.contains("ssl.ocsp_responder"), "\(checked)")
        #expect(checked.errors.contains("is no http or https URL"), "\(checked)")
    }
}
