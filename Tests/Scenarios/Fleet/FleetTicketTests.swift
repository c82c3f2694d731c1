import Foundation
import TestSupport
import Testing

/// Session tickets of several gateways, which agree on their keys in a real etcd.
@Suite("Session tickets of a fleet", .enabled(if: Etcd.isThere, "etcd is not installed"))
struct FleetTicketTests {
    private static let tickets = "/gatehouse/test/documents/tickets"

    @Test("a session of one gateway is resumed by the others, and by them without etcd, also after a start")
    func shared() async throws {
        var fleet = try await FleetGateways()
        let etcd = try await Etcd(members: 3, in: fleet.directory)
        for name in ["a", "b", "c"] { try await fleet.start(name, etcd) }
        for gateway in fleet.all { try await gateway.usesTickets(1) }
        for version in ["-tls1_2", "-tls1_3"] {
            try await fleet.begin(fleet.all[0].tls, version, version)
            for gateway in fleet.all { #expect(try await fleet.isResumed(gateway.tls, version, by: version)) }
        }
        let kept = try #require(try await etcd.value(of: Self.tickets))
        let text = String(decoding: try #require(Data(base64Encoded: kept.value)).prefix(18), as: UTF8.self)
        #expect(text == "gatehouse-fleet 1 ")
        for number in 0..<3 { try await etcd.fail(number) }
        _ = try await fleet.all[1].log.line("the fleet has lost etcd: what is known goes on")
        #expect(try await fleet.isResumed(fleet.all[1].tls, "-tls1_3", by: "-tls1_3"))
        #expect(try await FleetGateways.stop(fleet.all[1]) == .code(0))
        let again = try await fleet.start("b", etcd, tls: fleet.all[1].tls)
        #expect(try await fleet.isResumed(again.tls, "-tls1_3", by: "-tls1_3"))
    }

    @Test("one makes the next key, all take it up, and old tickets stay good")
    func rotated() async throws {
        var fleet = try await FleetGateways()
        let etcd = try await Etcd(in: fleet.directory)
        for name in ["a", "b", "c"] { try await fleet.start(name, etcd, more: "ticket_rotation = 2") }
        for gateway in fleet.all { try await gateway.usesTickets(1) }
        try await fleet.begin(fleet.all[0].tls, "-tls1_3", "old")
        for gateway in fleet.all { try await gateway.usesTickets(3) }
        for gateway in fleet.all { #expect(try await fleet.isResumed(gateway.tls, "-tls1_3", by: "old")) }
        // As many documents as numbers: nobody has made the same key twice.
        let lines = fleet.all.flatMap(\.log.all).filter { $0.contains("the fleet's keys of session tickets are in use") }
        #expect(lines.count >= 9)
    }

    @Test("a killed gateway and a killed member of etcd keep nobody from the next key")
    func survived() async throws {
        var fleet = try await FleetGateways()
        let etcd = try await Etcd(members: 3, in: fleet.directory)
        for name in ["a", "b"] { try await fleet.start(name, etcd, more: "ticket_rotation = 2") }
        for gateway in fleet.all { try await gateway.usesTickets(1) }
        try await etcd.fail(0)
        fleet.all[0].process.kill()
        let number = 4
        try await fleet.all[1].usesTickets(number)
    }

    @Test("documents that are not the fleet's are refused by name, and what was known goes on")
    func refused() async throws {
        var fleet = try await FleetGateways()
        let etcd = try await Etcd(in: fleet.directory)
        let gateway = try await fleet.start("a", etcd)
        try await gateway.usesTickets(1)
        let good = try #require(try await etcd.value(of: Self.tickets))
        try await fleet.begin(gateway.tls, "-tls1_3", "t")
        func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
        for (value, words) in [
            (base64("hello"), "it is no document of a fleet"),
            (base64("gatehouse-fleet 9 x\n"), "it is of version 9, and this program knows 1"),
            (base64("gatehouse-fleet 1 01234567\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), "encrypted with the key 01234567"),
        ] {
            try await etcd.put(Self.tickets, base64: value)
            let line = try await gateway.log.line(words)
            #expect(line.contains("a document of the fleet is not used") && line.contains("key=fleet.secret_file"))
        }
        #expect(try await fleet.isResumed(gateway.tls, "-tls1_3", by: "t"))
        // Another fleet's secret: told by the key's name.
        let secret = try fleet.directory.write("other.key", String(repeating: "f", count: 64))
        try await etcd.put(Self.tickets, base64: good.value)
        let stranger = try await fleet.start("b", etcd, more: "secret_file = \"\(secret)\"")
        _ = try await stranger.log.line("which is not in fleet.secret_file")
        #expect(try await !fleet.isResumed(stranger.tls, "-tls1_3", by: "t"))
        // Forgotten ones are put back by who knows them.
        try await etcd.delete(Self.tickets)
        try await fleet.begin(gateway.tls, "-tls1_3", "u")
        #expect(try await fleet.isResumed(gateway.tls, "-tls1_3", by: "t"))
    }

    @Test("etcd that asks who comes is told by a password, and a wrong one is told as it is")
    func known() async throws {
        var fleet = try await FleetGateways()
        let etcd = try await Etcd(in: fleet.directory)
        try await etcd.protect(user: "gatehouse", password: "right")
        let right = try fleet.directory.write("right", "right\n")
        let wrong = try fleet.directory.write("wrong", "wrong\n")
        let member = try await fleet.start("a", etcd, more: "user = \"gatehouse\"\npassword_file = \"\(right)\"")
        try await member.usesTickets(1)
        let stranger = try await fleet.start("b", etcd, more: "user = \"gatehouse\"\npassword_file = \"\(wrong)\"")
        let line = try await stranger.log.line("the fleet has lost etcd")
        #expect(line.contains("invalid user ID or password"), "\(line)")
        let nobody = try await fleet.start("c", etcd)
        #expect(try await nobody.log.line("the fleet has lost etcd").contains("user name is empty"))
    }

    @Test("etcd is spoken to over TLS with a certificate of ours, and is not believed without one that is right")
    func secured() async throws {
        var fleet = try await FleetGateways()
        let directory = fleet.directory
        // etcd's JSON gateway shows the server's certificate to etcd itself: it is for both uses.
        let root = try await MadeCertificate.make(
            "etcd-root", in: directory, extensions: ["basicConstraints = critical,CA:TRUE", "keyUsage = critical,keyCertSign"])
        let server = try await MadeCertificate.make("etcd-server", in: directory, names: ["IP:127.0.0.1"], issuer: root)
        let client = try await MadeCertificate.make("etcd-client", in: directory, issuer: root)
        let etcd = try await Etcd(tls: (server.file, server.keyFile, root.file), in: directory)
        let shown = "cert_file = \"\(client.file)\"\nkey_file = \"\(client.keyFile)\""
        let right = try await fleet.start("a", etcd, more: "ca_file = \"\(root.file)\"\n\(shown)")
        try await right.usesTickets(1)
        let wrong = try await fleet.start("b", etcd, more: "ca_file = \"\(fleet.certificates.authority)\"\n\(shown)")
        let line = try await wrong.log.line("the fleet has lost etcd")
        #expect(line.contains("self-signed certificate") || line.contains("unable to get"), "\(line)")
        let nameless = try await fleet.start("c", etcd, more: "ca_file = \"\(root.file)\"")
        #expect(try await nameless.log.line("the fleet has lost etcd").contains("certificate"))
    }
}
