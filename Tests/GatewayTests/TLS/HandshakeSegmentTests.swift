import TestSupport
import Testing

/// What the gateway says at the end of a handshake, and of a connection, leaves with what it says besides: each segment costs
/// both ends more than its bytes.
@Suite("Segments of a handshake", .serialized)
struct HandshakeSegmentTests {
    @Test("a ticket leaves with the answer to a request that came with Finished, and so does the connection's end")
    func early() async throws {
        #expect(try await said("early", .own) == "3 close_notify end ticket small\n")
    }

    @Test("a ticket is not kept waiting for a request that has not come")
    func late() async throws {
        #expect(try await said("late", .own) == "1 ticket 2 close_notify end ticket small\n")
    }

    @Test("OpenSSL's records bring the same", arguments: ["early", "late"])
    func openssl(when: String) async throws {
        let said = try await said(when, .openssl)
        #expect(said.contains("ticket") && said.contains("close_notify") && said.hasSuffix("end ticket small\n"), "\(said)")
    }

    private func said(_ when: String, _ mode: RecordMode) async throws -> String {
        var said = ""
        try await RecordSite.serving(mode, bytes: 1) { site in
            let client = [Place.peer("handshake_segments.py"), "\(site.port)", site.certificates.authority, when]
            let outcome = try await Command.run(Place.python, client)
            #expect(outcome.code == 0, "\(outcome)")
            said = outcome.text
        }
        return said
    }
}
