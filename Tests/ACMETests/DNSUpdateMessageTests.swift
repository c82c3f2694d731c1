import TestSupport
import Testing

@testable import ACME

@Suite("An update of DNS")
struct DNSUpdateMessageTests {
    private static let key = DNSUpdate.Key(name: "k.example", secret: Array("a secret of thirty-two bytes ...".utf8))

    private func update(_ change: DNSUpdateMessage.Change = .add) throws -> DNSUpdateMessage {
        try DNSUpdateMessage(
            change, "_acme-challenge.a.example", "value", zone: "a.example", key: Self.key, now: 1_700_000_000, identifier: 0x1234
        )
    }

    @Test("is what another implementation reads, and its signature what that one makes", arguments: ["add", "remove"])
    func read(change: String) async throws {
        let bytes = try update(change == "add" ? .add : .remove).bytes
        let script = """
            import sys, dns.message, dns.tsig, dns.name, dns.update, time
            time.time = lambda: 1700000000
            key = dns.tsig.Key("k.example", b"a secret of thirty-two bytes ...", "hmac-sha256")
            message = dns.message.from_wire(bytes(\(bytes)), keyring={key.name: key})
            print(message.had_tsig, dns.opcode.to_text(message.opcode()), message.id)
            print(*[f"{r.name} {r.rdclass.name} {r.rdtype.name}" for r in message.zone])
            for record in message.update:
                print(record.name, record.deleting, record.ttl, *record)
            """
        let outcome = try await Command.run(Place.pythonWithLibraries, ["-c", script])
        let lines = outcome.text.split(separator: "\n").map(String.init)
        #expect(lines.first == "True UPDATE 4660", "\(outcome)")
        #expect(lines.dropFirst().first == "a.example. IN SOA")
        #expect(
            lines.last
                == "_acme-challenge.a.example. "
                + (change == "add" ? "None 60 \"value\"" : "254 0 \"value\""), "\(outcome)")
    }

    /// An answer that is signed as a server signs it, by the other implementation.
    private func answer(_ result: Int = 0, secret: String = "a secret of thirty-two bytes ...") async throws -> [UInt8] {
        let bytes = try update().bytes
        let script = """
            import dns.message, dns.tsig, dns.rcode, time
            time.time = lambda: 1700000000
            key = dns.tsig.Key("k.example", b"a secret of thirty-two bytes ...", "hmac-sha256")
            query = dns.message.from_wire(bytes(\(bytes)), keyring={key.name: key})
            answer = dns.message.make_response(query)
            answer.set_rcode(\(result))
            answer.use_tsig(dns.tsig.Key("k.example", b"\(secret)", "hmac-sha256"))
            print(*answer.to_wire())
            """
        let outcome = try await Command.run(Place.pythonWithLibraries, ["-c", script])
        return outcome.text.split(separator: " ").compactMap { UInt8($0.filter(\.isNumber)) }
    }

    @Test("is done when the answer is signed and says so; every other answer is none, wherever it is cut or changed")
    func answers() async throws {
        let message = try update()
        let right = try await answer()
        try message.take(right, now: 1_700_000_000)
        for end in right.indices {
            #expect(throws: ACMEError.self) { try message.take(Array(right[..<end]), now: 1_700_000_000) }
        }
        for place in right.indices {
            var changed = right
            changed[place] ^= 0x40
            // The letters of the key's name may be of another case, which is the same name.
            if (try? message.take(changed, now: 1_700_000_000)) != nil { Issue.record("byte \(place) may be anything") }
        }
        #expect(throws: ACMEError.self) { try message.take(right, now: 1_700_001_000) }
    }

    @Test("is not done when the signature is counted among other records than the additional ones", arguments: [7, 9])
    func signatureElsewhere(count: Int) async throws {
        var answer = try await self.answer()
        (answer[count], answer[11]) = (1, 0)
        let error = #expect(throws: ACMEError.self) { try update().take(answer, now: 1_700_000_000) }
        #expect(error?.description.contains("not signed") == true)
    }

    @Test("is not done when the server refuses, or somebody else answers")
    func refusals() async throws {
        let message = try update()
        let refused = try await answer(5)
        let error = #expect(throws: ACMEError.self) { try message.take(refused, now: 1_700_000_000) }
        #expect(error?.description.contains("REFUSED") == true)
        let forged = try await answer(0, secret: "another secret of thirty-two ...")
        #expect(throws: ACMEError.self) { try message.take(forged, now: 1_700_000_000) }
    }

    @Test("has names of DNS alone", arguments: [String(repeating: "a", count: 64), String(repeating: "a.", count: 130)])
    func names(name: String) {
        #expect(throws: ACMEError.self) {
            try DNSUpdateMessage(.add, name, "v", zone: "a.example", key: Self.key, now: 0, identifier: 1)
        }
    }
}
