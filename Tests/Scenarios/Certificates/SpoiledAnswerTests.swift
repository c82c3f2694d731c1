import Foundation
import Glibc
import TestSupport
import Testing

@Suite("An authority's answer that is not what it should be", .enabled("pebble is not installed") { Managed.isThere })
struct SpoiledAnswerTests {
    private let managed: Managed

    init() throws { managed = try Managed() }

    private func pebble() async throws -> (pebble: Pebble, proxy: SpoilingProxy, root: String) {
        let pebble = try await Pebble(
            http: managed.http, tls: managed.tls, names: ["a.test"],
            // Every order has its name proved anew.
            environment: ["PEBBLE_AUTHZREUSE": "0"], in: managed.directory)
        return (pebble, try await SpoilingProxy(before: pebble), try await pebble.root(in: managed.directory))
    }

    /// Has the next start ask for another certificate at once.
    private func makeDue() throws {
        var status = try managed.status(of: "a.test")
        status["nextTry"] = 0
        try JSONSerialization.data(withJSONObject: status)
            .write(to: URL(filePath: "\(managed.state)/acme/certificates/a.test/status.json"))
    }

    private var present: Data {
        get throws { try Data(contentsOf: URL(filePath: "\(managed.state)/acme/certificates/a.test/certificate.pem")) }
    }

    @Test(
        "is told, waits for its next try, and leaves the certificate that is there in use",
        arguments: [
            ("/dir", "html", "not ACME"), ("/order-plz", "html", "not ACME"), ("/", "nonces", "every nonce is refused"),
            ("/certZ/", "html", "there is no certificate in the answer"), ("/certZ/", "half", "is not used"),
            ("/certZ/", "leaf", "its chain lacks the certificate of Pebble Intermediate"),
            ("/certZ/", "file=", "it is for another key"), ("/authZ/", "html", "not ACME"), ("/my-order/", "half", "not ACME"),
            ("/finalize-order/", "html", "not ACME"), ("/authZ/", "stranger", "which was not ordered"),
            ("/dir", "moved", "redirects, here to https://localhost/elsewhere, are not followed"),
            ("/order-plz", "moved", "status 302"), ("/order-plz", "place", "Location is no https URL: /somewhere"),
            ("/order-plz", "many", "an order of 100 authorizations for 1 names"), ("/certZ/", "long", "too long for clients"),
        ])
    func spoiled(path: String, what: String, words: String) async throws {
        let (_, proxy, root) = try await pebble()
        let toml = managed.toml(proxy.ssl)
        try await Gatehouse.serving(toml) { gatehouse in _ = try await gatehouse.log.line("a new certificate is in use") }
        try makeDue()
        let before = try present
        let certificates = try await Certificates.ready()
        try await proxy.spoil(path, what == "file=" ? what + certificates.local.certificate : what)
        try await Gatehouse.serving(toml) { gatehouse in
            let line = try await gatehouse.log.line("no certificate ")
            #expect(line.contains(words) && line.contains("help="), "\(line)")
            let served = try await managed.get("a.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
        }
        #expect(try present == before)
        let status = try managed.status(of: "a.test")
        #expect(status["failures"] as? Int == 1 && (status["lastError"] as? String)?.contains(words) == true, "\(status)")
        #expect(try #require(status["nextTry"] as? Int) >= Int(Date.now.timeIntervalSince1970) + 20)
        // And when it is well again, the next try gets one.
        try makeDue()
        try await proxy.spoil("/", "pass")
        try await Gatehouse.serving(toml) { gatehouse in _ = try await gatehouse.log.line("a new certificate is in use") }
        #expect(try present != before)
    }

    @Test("whose other chains cannot be had, is used as it came, and no further order is begun")
    func alternates() async throws {
        let (pebble, proxy, root) = try await pebble()
        try await proxy.spoil("/certZ/", "astray")
        try await Gatehouse.serving(managed.toml(proxy.ssl + "\npreferred_chain = \"Another Root\"")) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
            let served = try await managed.get("a.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
        }
        #expect(pebble.process.output.all.count { $0.contains("Added order") } == 1)
    }

    @Test("of the account is no account where it leads elsewhere: nothing is kept of it", arguments: ["moved", "place"])
    func account(what: String) async throws {
        let (_, proxy, _) = try await pebble()
        let toml = managed.toml(proxy.ssl)
        try await proxy.spoil("/sign-me-up", what)
        try await Gatehouse.serving(toml) { gatehouse in
            let line = try await gatehouse.log.line("no certificate ")
            #expect(line.contains(what == "moved" ? "status 302" : "Location is no https URL: /somewhere"), "\(line)")
        }
        try makeDue()
        try await proxy.spoil("/", "pass")
        try await Gatehouse.serving(toml) { gatehouse in _ = try await gatehouse.log.line("a new certificate is in use") }
    }

    @Test(
        "that it cannot serve at present is no word against the order, and it is left alone for as long as it wants",
        arguments: ["/dir", "/nonce-plz", "/order-plz", "/authZ/", "/chalZ/", "/finalize-order/", "/certZ/"])
    func busy(path: String) async throws {
        let (pebble, proxy, root) = try await pebble()
        let toml = managed.toml(proxy.ssl)
        try await proxy.spoil(path, "busy")
        try await Gatehouse.serving(toml) { gatehouse in
            let line = try await gatehouse.log.line("no certificate ")
            #expect(line.contains("cannot serve at present: status 503 of https://"), "\(line)")
        }
        let next = try #require(try managed.status(of: "a.test")["nextTry"] as? Int)
        #expect(next > Int(Date.now.timeIntervalSince1970) + 7000)
        try makeDue()
        try await proxy.spoil("/", "pass")
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
            let served = try await managed.get("a.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
        }
        // Of an order whose beginning it has not answered nobody knows.
        let begun = pebble.process.output.all.count { $0.contains("Added order") }
        #expect(begun == 1 || begun == 2 && ["/order-plz", "/chalZ/"].contains(path), "\(begun)")
    }

    @Test(
        "kill -9 before or after each step of an order: the next process ends it, with one account and one order",
        arguments: ["/sign-me-up", "/order-plz", "/authZ/", "/chalZ/", "/finalize-order/", "/certZ/"],
        ["hold-before", "hold-after"])
    func killed(path: String, what: String) async throws {
        let (pebble, proxy, root) = try await pebble()
        let toml = managed.toml(proxy.ssl)
        try await proxy.spoil(path, what)
        let first = try managed.start(toml)
        _ = try await proxy.held()
        first.kill()
        try await first.exit()
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
            let served = try await managed.get("a.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
        }
        let folder = managed.state + "/acme/certificates/a.test"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(files == ["certificate.pem", "status.json"])
        #expect(try managed.status(of: "a.test")["order"] == nil && managed.status(of: "a.test")["failures"] as? Int == 0)
        #expect(!pebble.process.output.all.contains { $0.contains("There are now 2 accounts") })
        // An order whose URL never came cannot be gone on with; nor can one whose challenge was looked at while nobody was there.
        let mayBegin = ["/order-plz", "/chalZ/"].contains(path) && what == "hold-after" ? 2 : 1
        #expect((1...mayBegin).contains(pebble.process.output.all.count { $0.contains("Added order") }))
    }

    @Test("kill -9 between the certificate's file and its status: it is used, not asked for again, and its key not used again")
    func killedBetween() async throws {
        let (pebble, proxy, root) = try await pebble()
        let toml = managed.toml(proxy.ssl)
        try await proxy.spoil("/certZ/", "hold-after")
        let first = try managed.start(toml)
        _ = try await proxy.held()
        first.kill()
        try await first.exit()
        let folder = managed.state + "/acme/certificates/a.test/"
        let saved = try ["status.json", "next.key"].map { ($0, try Data(contentsOf: URL(filePath: folder + $0))) }
        try await Gatehouse.serving(toml) { gatehouse in _ = try await gatehouse.log.line("a new certificate is in use") }
        let before = try present
        for (name, content) in saved { try content.write(to: URL(filePath: folder + name)) }
        try await Gatehouse.serving(toml) { _ in
            let served = try await managed.get("a.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
        }
        #expect(try present == before)
        #expect(pebble.process.output.all.count { $0.contains("Added order") } == 1)
        // Its renewal is an order of its own, at the first try.
        let file = try managed.directory.write("command.toml", toml)
        let wish = try await Command.run(Place.gatehouse, ["certs", "-c", file, "--renew", "a.test"])
        #expect(wish.code == 0, "\(wish)")
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
            #expect(!gatehouse.log.all.contains { $0.contains("no certificate ") })
        }
        let keys = try [before, present].map {
            String(decoding: $0, as: UTF8.self).split(separator: "-----END PRIVATE KEY").first
        }
        #expect(keys[0] != nil && keys[0] != keys[1])
    }
}
