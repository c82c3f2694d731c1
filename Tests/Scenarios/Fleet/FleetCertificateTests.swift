import Foundation
import Glibc
import TestSupport
import Testing

/// Certificates of several gateways, from a real authority, by a real etcd.
@Suite("Certificates of a fleet", .enabled("etcd or pebble is not installed") { Etcd.isThere && Managed.isThere })
struct FleetCertificateTests {
    private static let leader = "/gatehouse/test/documents/leader"

    /// Three members that all want a certificate of `a.test`, of an authority that reaches the second alone.
    private struct Three {
        var fleet: FleetGateways
        let etcd: Etcd
        let pebble: Pebble
        /// The authority's, as a file.
        let root: String

        /// - Parameter isPlain: has each a plain listener besides?
        init(isPlain: Bool) async throws {
            fleet = try await FleetGateways()
            etcd = try await Etcd(members: 3, in: fleet.directory)
            let ports = try (0..<3).map { _ in (http: try FreePort(), tls: try FreePort()) }
            pebble = try await Pebble(
                http: ports[1].http, tls: ports[1].tls, names: ["a.test"], environment: ["PEBBLE_WFE_NONCEREJECT": "0"],
                in: fleet.directory)
            root = try await pebble.root(in: fleet.directory)
            // None of them leads while somebody else does.
            try await etcd.put(FleetCertificateTests.leader, base64: "dGVzdA==")
            for (name, port) in zip(["a", "b", "c"], ports) {
                try await start(name, isPlain: isPlain, tls: port.tls, http: port.http)
            }
        }

        mutating func start(_ name: String, isPlain: Bool, tls: FreePort, http: FreePort) async throws {
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
            let sites = (isPlain ? site(http, "") : "") + site(tls, pebble.ssl)
            let gateway = try await fleet.start(name, etcd, tls: tls, http: http, sites: sites)
            _ = try await gateway.log.line(": a member of the fleet")
        }

        /// Has the first member get the certificate: the others stand still until it leads.
        func begin() async throws {
            for gateway in fleet.all.dropFirst() { gateway.process.signal(SIGSTOP) }
            try await etcd.delete(FleetCertificateTests.leader)
            _ = try await fleet.all[0].log.line("this member is the leader:")
            for gateway in fleet.all.dropFirst() { gateway.process.signal(SIGCONT) }
        }

        func expectServed(by gateway: FleetGateways.Gateway) async throws {
            let served = try await Command.curl([
                "--cacert", root, "--resolve", "a.test:\(gateway.tls):127.0.0.1", "https://a.test:\(gateway.tls)/index.html",
            ])
            #expect(served.text == "here\n", "\(served)")
        }
    }

    @Test("one member asks, another answers the challenge, and all show the certificate", arguments: [true, false])
    func issuedOnce(isPlain: Bool) async throws {
        let three = try await Three(isPlain: isPlain)
        let gateways = three.fleet.all
        try await three.begin()
        _ = try await gateways[0].log.line("a new certificate is in use")
        for gateway in gateways.dropFirst() { _ = try await gateway.log.line("the fleet's new certificate is in use") }
        for gateway in gateways { try await three.expectServed(by: gateway) }
        #expect(three.pebble.count("/order-plz") == 1)
        #expect(!three.pebble.process.output.all.contains { $0.contains("There are now 2 accounts") })
        if isPlain { _ = try await gateways[1].process.output.line("/.well-known/acme-challenge/") }
        let place = "/gatehouse/test/documents/files/acme/certificates/a.test/certificate.pem"
        let kept = try #require(try await three.etcd.value(of: place))
        let document = try #require(Data(base64Encoded: kept.value))
        #expect(!String(decoding: document, as: UTF8.self).contains("PRIVATE KEY"))
    }

    @Test("when the member that asks is killed, another leads, has what it has got, and orders nothing again")
    func taken() async throws {
        var three = try await Three(isPlain: true)
        let gateways = three.fleet.all
        try await three.begin()
        for gateway in gateways.dropFirst() { _ = try await gateway.log.line("the fleet's new certificate is in use") }
        gateways[0].process.kill()
        let heirs = Journal<String>("heirs")
        for gateway in gateways.dropFirst() {
            Task { heirs.append(try await gateway.log.line("this member is the leader:")) }
        }
        _ = try await heirs.first(1)
        try await three.start("a", isPlain: true, tls: gateways[0].tls, http: gateways[0].http)
        for gateway in three.fleet.all.dropFirst() { try await three.expectServed(by: gateway) }
        #expect(three.pebble.count("/order-plz") == 1)
        #expect(!three.pebble.process.output.all.contains { $0.contains("There are now 2 accounts") })
    }
}
