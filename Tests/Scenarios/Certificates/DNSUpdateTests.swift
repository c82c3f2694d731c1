import Foundation
import Glibc
import TestSupport
import Testing

@Suite(
    "A name is proved by an update of DNS (RFC 2136)",
    .enabled("pebble or knot is not installed") { Managed.isThere && Knot.isThere })
struct DNSUpdateTests {
    private let managed: Managed

    init() throws { managed = try Managed() }

    private func toml(_ pebble: Pebble, _ update: String, names: [String] = ["a.test", "*.a.test"]) -> String {
        """
        [server]
        state_dir = "\(managed.state)"
        [[sites]]
        hostnames = [\(names.map { "\"\($0)\"" }.joined(separator: ", "))]
        listen = "127.0.0.1"
        port = \(managed.tls)
        static_dir = "\(managed.directory.path)/www"
        \(pebble.ssl)
        \(update)
        """
    }

    private func pebble(_ knot: Knot) async throws -> Pebble {
        try await Pebble(
            http: managed.http, tls: managed.tls, names: [], nameServer: "127.0.0.1:\(knot.port)", in: managed.directory)
    }

    @Test("for an asterisk and for the name itself, and nothing is left of it")
    func wildcard() async throws {
        let knot = try await Knot(zone: "a.test", in: managed.directory)
        let pebble = try await pebble(knot)
        let root = try await pebble.root(in: managed.directory)
        try await Gatehouse.serving(toml(pebble, knot.update(zone: "a.test"))) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
            for name in ["a.test", "x.a.test"] {
                let served = try await managed.get(name, trusting: root)
                #expect(served.text == "here\n", "\(served)")
            }
            #expect(gatehouse.log.all.count { $0.contains("a name can be proved") && $0.contains("by=dns-01") } == 2)
        }
        #expect(!gatehouseLeft(try await lookUp(knot)))
        // Four updates: two records in, two out.
        #expect(knot.process.output.all.count { $0.contains("DDNS, processing") } == 4, "\(knot.process.output.all)")
    }

    /// What the server says of the record, by a client of its own making.
    private func lookUp(_ knot: Knot) async throws -> String {
        let script = """
            import dns.query, dns.message
            query = dns.message.make_query("_acme-challenge.a.test", "TXT")
            print(dns.query.tcp(query, "127.0.0.1", port=\(knot.port), timeout=10))
            """
        return try await Command.run(Place.pythonWithLibraries, ["-c", script]).text
    }

    private func gatehouseLeft(_ text: String) -> Bool { text.contains(" IN TXT \"") }

    @Test(
        "not by a key that the server does not know, has another secret for, or allows less, and each is told",
        arguments: [
            ("nobody", Knot.key, "TXT", "BADKEY"), ("gatehouse", "c2VjcmV0", "TXT", "BADSIG"),
            ("other", Knot.key, "TXT", "BADKEY"),
            ("gatehouse", Knot.key, "A", "BADKEY"),
        ])
    func refused(key: String, secret: String, types: String, words: String) async throws {
        let knot = try await Knot(zone: "a.test", types: types, in: managed.directory)
        let pebble = try await pebble(knot)
        try await Gatehouse.serving(toml(pebble, knot.update(zone: "a.test", key: key, secret: secret))) { gatehouse in
            let line = try await gatehouse.log.line("no certificate ")
            #expect(line.contains("no record could be put into DNS") && line.contains(words), "\(line)")
        }
    }

    @Test("not by a server that answers nothing, and not by an answer that anybody could have given")
    func unsigned() async throws {
        // It says that all is well, and signs nothing.
        let liar = try Upstream { _, wire in
            let length = try wire.read(2)
            let message = try wire.read(Int(length[0]) << 8 | Int(length[1]))
            var answer: [UInt8] = [0, 12] + message[..<2]
            answer += [0xA8, 0, 0, 0, 0, 0, 0, 0, 0, 0]
            try wire.write(answer)
        }
        let knot = try await Knot(zone: "a.test", in: managed.directory)
        let pebble = try await pebble(knot)
        let update = knot.update(zone: "a.test").replacing(":\(knot.port)\"", with: ":\(liar.port)\"")
        try await Gatehouse.serving(toml(pebble, update)) { gatehouse in
            let line = try await gatehouse.log.line("no certificate ")
            #expect(line.contains("its answer is not signed"), "\(line)")
        }
    }

    @Test(
        "is an error of the configuration where it cannot be",
        arguments: [
            ("server = \"dns.example\"", "dns_update.server: \"dns.example\" is no address"),
            ("key_secret = \"?\"", "dns_update.key_secret: is no base64"),
            ("zone = \"b.test\"", "it is not of the zone b.test"), ("", "sites[0].ssl.acme.dns_update.server"),
        ])
    func wrong(line: String, words: String) async throws {
        let key = line.split(separator: " ").first.map(String.init) ?? "server"
        var lines = [
            "server = \"127.0.0.1:53\"", "zone = \"a.test\"", "key_name = \"k\"", "key_secret = \"\(Knot.key)\"",
        ].filter { !$0.hasPrefix(key + " ") }
        if !line.isEmpty { lines.append(line) }
        let toml = """
            [server]
            state_dir = "\(managed.state)"
            [[sites]]
            hostname = "a.test"
            port = 443
            static_dir = "\(managed.directory.path)/www"
            [sites.ssl]
            auto_cert = true
            issuer = "acme"
            [sites.ssl.acme]
            directory = "https://localhost/dir"
            [sites.ssl.acme.dns_update]
            \(lines.joined(separator: "\n"))
            """
        let outcome = try await Command.run(Place.gatehouse, ["check", try managed.directory.write("wrong.toml", toml)])
        #expect(outcome.code == 1 && outcome.errors.contains(words), "\(outcome)")
    }
}
