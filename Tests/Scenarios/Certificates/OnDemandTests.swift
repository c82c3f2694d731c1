import Foundation
import Glibc
import TestSupport
import Testing

@Suite("A certificate on demand", .enabled("pebble is not installed") { Managed.isThere })
struct OnDemandTests {
    private let managed: Managed

    init() throws { managed = try Managed() }

    /// A plain site, and a TLS site for whatever name is allowed.
    private func toml(_ pebble: Pebble, _ onDemand: String, isPlainThere: Bool = true) -> String {
        let plain = """
            [[sites]]
            hostname = "plain.test"
            listen = "127.0.0.1"
            port = \(managed.http)
            redirect_to_https = true
            static_dir = "\(managed.directory.path)/www"
            """
        return """
            [server]
            state_dir = "\(managed.state)"
            \(isPlainThere ? plain : "")
            [[sites]]
            hostname = "own.test"
            listen = "127.0.0.1"
            port = \(managed.tls)
            static_dir = "\(managed.directory.path)/www"
            \(pebble.ssl)
            [sites.ssl.on_demand]
            \(onDemand)
            """
    }

    /// Who says which names may be had: those that begin with "c".
    private func allowing() throws -> Upstream {
        try Upstream.answering { message in
            let isAllowed = message.start.hasPrefix("GET /check?domain=c")
            return "HTTP/1.1 \(isAllowed ? "200 OK" : "403 Forbidden")\r\nContent-Length: 0\r\n\r\n"
        }
    }

    private func pebble(_ environment: [String: String] = [:]) async throws -> Pebble {
        try await Pebble(
            http: managed.http, tls: managed.tls, names: ["own.test", "c1.test", "c2.test", "c3.test", "x.test"],
            environment: environment, in: managed.directory)
    }

    private func orders(_ pebble: Pebble) -> Int { pebble.process.output.all.count { $0.contains("Added order") } }

    @Test("comes while its client waits and others are served, for names that may be had alone, and is there at the next start")
    func asked() async throws {
        let asked = try allowing()
        let pebble = try await pebble(["PEBBLE_VA_NOSLEEP": "", "PEBBLE_VA_SLEEPTIME": "3"])
        let root = try await pebble.root(in: managed.directory)
        let toml = toml(pebble, "ask = \"http://127.0.0.1:\(asked.port)/check\"")
        let file = try managed.directory.write("check.toml", toml)
        let checked = try await Command.run(Place.gatehouse, ["check", file])
        #expect(checked.code == 0 && checked.text.contains("on demand: names that 127.0.0.1:\(asked.port) allows"), "\(checked)")
        try await Gatehouse.serving(toml) { gatehouse in
            let first = try await managed.get("c1.test", trusting: root)
            #expect(first.text == "here\n", "\(first)")
            // The site's own name needs nobody's permission.
            let own = try await managed.get("own.test", trusting: root)
            #expect(own.text == "here\n", "\(own)")
            // While one waits others of the same worker are served: its validation takes up to three seconds.
            let second = Task { try await managed.get("c2.test", trusting: root) }
            _ = try await gatehouse.log.first("c2") { $0.contains("asking for a certificate") && $0.contains("c2.test") }
            let between = try await managed.get("c1.test", trusting: root)
            #expect(between.text == "here\n", "\(between)")
            let isThere = gatehouse.log.all.contains { $0.contains("is in use") && $0.contains("c2.test") }
            #expect(!isThere, "the certificate was there before the others were served")
            #expect(try await second.value.text == "here\n")
            for name in ["x.test", "c.under_score.test", "c"] {
                let refused = try await managed.get(name, trusting: root)
                #expect(refused.code == 35, "\(name): \(refused)")
            }
            _ = try await gatehouse.log.line("on_demand.ask does not allow it")
            let failure = try await gatehouse.log.first("x.test") { $0.contains("handshake failed") && $0.contains("x.test") }
            #expect(failure.contains("could not be got on demand"), "\(failure)")
            // An address has no name to ask about.
            let nameless = try await Command.sClient(managed.tls, ["-noservername"])
            #expect((nameless.text + nameless.errors).contains("unrecognized name"), "\(nameless)")
        }
        #expect(orders(pebble) == 3)
        #expect(asked.requests.all.map(\.start).filter { $0.contains("x.test") }.count == 1)
        #expect(!asked.requests.all.contains { $0.start.contains("own.test") })
        let questions = asked.requests.all.count
        try await Gatehouse.serving(toml) { _ in
            let again = try await managed.get("c2.test", trusting: root)
            #expect(again.text == "here\n", "\(again)")
        }
        #expect(orders(pebble) == 3 && asked.requests.all.count == questions)
    }

    @Test("is proved in the authority's own handshake where nothing plain is served, while its client's waits (RFC 8737)")
    func byHandshake() async throws {
        let pebble = try await pebble()
        let root = try await pebble.root(in: managed.directory)
        let toml = toml(pebble, "names = [\"c*.test\"]", isPlainThere: false)
        let checked = try await Command.run(Place.gatehouse, ["check", try managed.directory.write("check.toml", toml)])
        #expect(checked.code == 0, "\(checked)")
        #expect(checked.errors.contains("before they issue a certificate for names on demand of own.test"), "\(checked)")
        try await Gatehouse.serving(toml, workers: 2) { gatehouse in
            for name in ["c1.test", "c2.test"] {
                let served = try await managed.get(name, trusting: root)
                #expect(served.text == "here\n", "\(served)")
                _ = try await gatehouse.log.first(name) {
                    $0.hasSuffix("a name can be proved by=tls-alpn-01 name=\(name)")
                }
            }
            // A name that nobody may have proves nothing either.
            let other = try await Command.sClient(managed.tls, ["-servername", "x.test", "-alpn", "acme-tls/1"])
            #expect((other.text + other.errors).contains("no application protocol"), "\(other)")
        }
    }

    @Test("is bounded: by names, by how many in a minute, and by what the authority makes of it")
    func bounded() async throws {
        let pebble = try await pebble()
        let root = try await pebble.root(in: managed.directory)
        try await Gatehouse.serving(toml(pebble, "names = [\"c*.test\"]\nper_minute = 2")) {
            gatehouse in
            let other = try await managed.get("x.test", trusting: root)
            #expect(other.code == 35, "\(other)")
            let first = try await managed.get("c1.test", trusting: root)
            #expect(first.text == "here\n", "\(first)")
            // The authority cannot find this one: the client is told at once, and the next try has its time.
            let lost = try await managed.get("cannot-be-found.test", trusting: root)
            #expect(lost.code == 35, "\(lost)")
            let failed = try await gatehouse.log.line("no certificate authority")
            #expect(failed.contains("cannot-be-found.test"), "\(failed)")
            let over = try await managed.get("c2.test", trusting: root)
            #expect(over.code == 35, "\(over)")
            _ = try await gatehouse.log.line("per_minute certificates were asked for")
            #expect(orders(pebble) == 2)
        }
    }

    @Test("is waited for no longer than the configuration says, and serves those who come later")
    func limit() async throws {
        let pebble = try await pebble(["PEBBLE_VA_NOSLEEP": "", "PEBBLE_VA_SLEEPTIME": "4"])
        let root = try await pebble.root(in: managed.directory)
        let limits = "names = [\"c*.test\"]\nwait = \"10ms\"\nmax_waiting = 1"
        try await Gatehouse.serving(toml(pebble, limits)) { gatehouse in
            let early = try await managed.get("c1.test", trusting: root)
            #expect(early.code == 35, "\(early)")
            _ = try await gatehouse.log.line("a new certificate is in use")
            let late = try await managed.get("c1.test", trusting: root)
            #expect(late.text == "here\n", "\(late)")
        }
    }

    @Test("is renewed, and a resumed session needs none")
    func renewed() async throws {
        let pebble = try await Pebble(
            http: managed.http, tls: managed.tls, names: ["c1.test"], lifetime: 4, in: managed.directory)
        let root = try await pebble.root(in: managed.directory)
        try await Gatehouse.serving(toml(pebble, "names = [\"c*.test\"]")) { gatehouse in
            let first = try await managed.get("c1.test", trusting: root)
            #expect(first.text == "here\n", "\(first)")
            _ = try await gatehouse.log.first("a renewal") { [log = gatehouse.log] _ in
                log.all.count { $0.contains("is in use") } == 3
            }
        }
    }

    @Test(
        "is an error of the configuration where anybody could ask for any, or nobody can answer the authority",
        arguments: [
            ("auto_cert = true\non_demand = {}", "sites[0].ssl.on_demand.ask"),
            ("auto_cert = true\non_demand = { names = [\"*\"] }", "is no pattern of host names"),
            ("auto_cert = true\non_demand = { ask = \"http://allow.example/\" }", "neither an address nor localhost"),
            ("auto_cert = true\non_demand = { ask = \"ftp://127.0.0.1/\" }", "not a server's address"),
        ])
    func wrong(ssl: String, words: String) async throws {
        let toml = """
            [server]
            state_dir = "\(managed.state)"
            [[sites]]
            hostname = "own.example"
            port = 443
            static_dir = "\(managed.directory.path)/www"
            [sites.ssl]
            \(ssl)
            """
        let outcome = try await Command.run(Place.gatehouse, ["check", try managed.directory.write("wrong.toml", toml)])
        #expect(outcome.code == 1 && outcome.errors.contains(words), "\(outcome)")
    }
}
