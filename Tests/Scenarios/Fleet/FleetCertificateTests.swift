import Foundation
import TestSupport
import Testing

/// Certificates of several gateways, from a real authority, by a real etcd.
@Suite("Certificates of a fleet", .enabled("etcd or pebble is not installed") { Etcd.isThere && Managed.isThere })
struct FleetCertificateTests {
    /// Three members that all want a certificate of `a.test`, of an authority that is not there yet.
    private struct Waiting {
        var fleet: FleetGateways
        let etcd: Etcd
        /// Where the authority will be.
        let listener: FreePort

        /// - Parameter isPlain: has each a plain listener besides?
        init(isPlain: Bool) async throws {
            fleet = try await FleetGateways()
            etcd = try await Etcd(members: 3, in: fleet.directory)
            listener = try FreePort()
            for name in ["a", "b", "c"] { try await start(name, isPlain: isPlain) }
            _ = try await fleet.all[0].log.line("no certificate ")
        }

        mutating func start(_ name: String, isPlain: Bool, tls: FreePort? = nil, http: FreePort? = nil) async throws {
            let (tls, http) = (try tls ?? FreePort(), try http ?? FreePort())
            func site(_ port: FreePort, _ ssl: String) -> String {
                """
                [[sites]]
                hostname = "a.test"
                listen = "127.0.0.1"
                port = \(port)
                static_dir = "\(fleet.directory.path)/www"
                \(ssl)

                """
            }
            let ssl = """
                [sites.ssl]
                auto_cert = true
                [sites.ssl.acme]
                directory = "https://localhost:\(listener)/dir"
                ca_file = "\(fleet.certificates.authority)"
                """
            let sites = (isPlain ? site(http, "") : "") + site(tls, ssl)
            try await fleet.start(name, etcd, tls: tls, http: http, sites: sites)
            // The first one has the turn before there is another.
            if fleet.all.count == 1 { _ = try await fleet.all[0].log.line("it is this member's turn to get certificates") }
        }

        /// Has all members try again at once.
        func wish() throws {
            for gateway in fleet.all {
                let place = String(gateway.state.dropFirst(fleet.directory.path.count + 1))
                try fleet.directory.write(place + "/acme/renew/a.test", "")
            }
        }

        func expectServed(by gateway: FleetGateways.Gateway, trusting root: String) async throws {
            let served = try await Command.curl([
                "--cacert", root, "--resolve", "a.test:\(gateway.tls):127.0.0.1", "https://a.test:\(gateway.tls)/index.html",
            ])
            #expect(served.text == "here\n", "\(served)")
        }
    }

    @Test("one member asks, another answers the challenge, and all show the certificate", arguments: [true, false])
    func issuedOnce(isPlain: Bool) async throws {
        let waiting = try await Waiting(isPlain: isPlain)
        let gateways = waiting.fleet.all
        // The authority reaches the second member alone.
        let pebble = try await Pebble(
            http: gateways[1].http, tls: gateways[1].tls, names: ["a.test"], at: waiting.listener, in: waiting.fleet.directory)
        let root = try await pebble.root(in: waiting.fleet.directory)
        try waiting.wish()
        _ = try await gateways[0].log.line("a new certificate is in use")
        for gateway in gateways.dropFirst() { _ = try await gateway.log.line("the fleet's new certificate is in use") }
        for gateway in gateways { try await waiting.expectServed(by: gateway, trusting: root) }
        #expect(pebble.count("/order-plz") == 1)
        #expect(!pebble.process.output.all.contains { $0.contains("There are now 2 accounts") })
        if isPlain { _ = try await gateways[1].process.output.line("/.well-known/acme-challenge/") }
        let place = "/gatehouse/test/documents/files/acme/certificates/a.test/certificate.pem"
        let kept = try #require(try await waiting.etcd.value(of: place))
        let document = try #require(Data(base64Encoded: kept.value))
        #expect(!String(decoding: document, as: UTF8.self).contains("PRIVATE KEY"))
    }

    @Test("when the member that asks is killed, another has the turn and what it has got, and orders nothing again")
    func taken() async throws {
        var waiting = try await Waiting(isPlain: true)
        let gateways = waiting.fleet.all
        let pebble = try await Pebble(
            http: gateways[1].http, tls: gateways[1].tls, names: ["a.test"], at: waiting.listener, in: waiting.fleet.directory)
        let root = try await pebble.root(in: waiting.fleet.directory)
        try waiting.wish()
        for gateway in gateways.dropFirst() { _ = try await gateway.log.line("the fleet's new certificate is in use") }
        gateways[0].process.kill()
        let heirs = Journal<String>("heirs")
        for gateway in gateways.dropFirst() {
            Task { heirs.append(try await gateway.log.line("it is this member's turn to get certificates")) }
        }
        _ = try await heirs.first(1)
        try await waiting.start("a", isPlain: true, tls: gateways[0].tls, http: gateways[0].http)
        try await waiting.expectServed(by: waiting.fleet.all[3], trusting: root)
        #expect(pebble.count("/order-plz") == 1)
        #expect(!pebble.process.output.all.contains { $0.contains("There are now 2 accounts") })
    }
}
