import Foundation
import Glibc
import TestSupport
import Testing

@Suite("gatehouse certs --dry-run", .enabled("pebble is not installed") { Managed.isThere })
struct DryRunTests {
    private let managed: Managed

    init() throws { managed = try Managed() }

    private func run(_ ssl: String, _ names: [String], _ server: NameServer, json: Bool = true) async throws -> Command.Outcome {
        let toml = managed.toml(ssl, names: names).replacing("[server]", with: "[dns]\nservers = [\"\(server)\"]\n[server]")
        let file = try managed.directory.write("dry.toml", toml)
        return try await Command.run(
            Place.gatehouse, ["certs", "-c", file, "--dry-run", try #require(names.last)] + (json ? ["--json"] : []))
    }

    private struct Finding: Decodable {
        var subject: String
        var name: String?
        var result: String
        var words: String
        var help: String?
    }

    private func findings(_ outcome: Command.Outcome) throws -> [Finding] {
        try JSONDecoder().decode([Finding].self, from: Data(outcome.output))
    }

    @Test("tells where each name leads, whether its port answers, who may issue, and what proves it; and orders nothing")
    func looked() async throws {
        // An address of the loopback that nobody else uses, with a server at the port that authorities look at.
        let address = "127.\(Int.random(in: 64...200)).\(Int.random(in: 1...250)).\(Int.random(in: 1...250))"
        let server = try NameServer([
            "a.test": .addresses([address], ttl: 60), "b.test": .unknown, "c.test": .addresses([address], ttl: 60),
        ])
        server.setCAA("c.test", [(0, "issue", "other.example; accounturi=https://x"), (0, "iodef", "mailto:a@b.example")])
        let pebble = try await Pebble(http: managed.http, tls: managed.tls, names: [], in: managed.directory)
        let outcome = try await run(pebble.ssl, ["a.test", "b.test", "c.test"], server)
        let found = try findings(outcome)
        func one(_ subject: String, _ name: String?) throws -> Finding {
            try #require(found.first { $0.subject == subject && $0.name == name }, "\(subject) \(name ?? "-"): \(found)")
        }
        #expect(outcome.code == 1, "\(outcome)")
        #expect(try one("state", nil).result == "good" && one("authority", nil).result == "good")
        #expect(try one("challenge", nil).words.contains("http-01: the authority looks at port 80"))
        #expect(try one("dns", "a.test").words.contains(address) && one("dns", "a.test").result == "unknown")
        #expect(try one("dns", "b.test").result == "bad" && one("dns", "b.test").words.contains("leads nowhere"))
        #expect(try one("reach", "a.test").result == "bad" && one("reach", "a.test").words.contains("\(address) port 80"))
        #expect(try one("caa", "a.test").words.contains("no record: anybody may issue"))
        #expect(try one("caa", "c.test").words.contains("only other.example may issue"))
        #expect(pebble.count("/order-plz") == 0 && pebble.count("/sign-me-up") == 0)
        #expect(!FileManager.default.fileExists(atPath: managed.state))
        let table = try await run(pebble.ssl, ["a.test", "b.test", "c.test"], server, json: false)
        #expect(table.text.contains("BAD") && table.text.contains("help for dns: put its addresses"), "\(table)")
    }

    @Test("tells a server at port 80 that answers", .enabled(if: getuid() == 0))
    func answered() async throws {
        let address = "127.\(Int.random(in: 64...200)).\(Int.random(in: 1...250)).\(Int.random(in: 1...250))"
        let other = try ChildProcess(Place.python, ["-u", "-m", "http.server", "--bind", address, "80"])
        _ = try await other.output.line("Serving HTTP on")
        let server = try NameServer(["a.test": .addresses([address], ttl: 60)])
        let pebble = try await Pebble(http: managed.http, tls: managed.tls, names: [], in: managed.directory)
        let outcome = try await run(pebble.ssl, ["a.test"], server)
        let found = try findings(outcome)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(
            found.contains { $0.subject == "reach" && $0.result == "good" && $0.words.contains("with status 404") }, "\(found)")
    }

    @Test("tells an authority that cannot be reached, a hook, the internal CA, and a name that the configuration has not")
    func others() async throws {
        let server = try NameServer([:])
        let nowhere = try FreePort()
        let directory = "[sites.ssl]\nauto_cert = true\n[sites.ssl.acme]\ndirectory = \"https://localhost:\(nowhere)/dir\"\n"
        let gone = try findings(await run(directory + "dns_hook = \"/bin/true\"", ["*.a.test"], server))
        #expect(gone.contains { $0.subject == "authority" && $0.result == "bad" && $0.help != nil }, "\(gone)")
        #expect(gone.contains { $0.subject == "challenge" && $0.words.contains("dns-01 by /bin/true") }, "\(gone)")
        // Records prove it: no address is needed.
        #expect(!gone.contains { $0.subject == "dns" }, "\(gone)")
        let internalCA = try await run("ssl = { auto_cert = true }", ["a.internal"], server)
        #expect(internalCA.code == 0 && internalCA.text.contains("the internal CA issues it"), "\(internalCA)")
        let file = try managed.directory.write("dry.toml", managed.toml("ssl = { auto_cert = true }", names: ["a.internal"]))
        let unknown = try await Command.run(Place.gatehouse, ["certs", "-c", file, "--dry-run", "b.internal"])
        #expect(unknown.code == 1 && unknown.errors.contains("has the name b.internal"), "\(unknown)")
    }
}
