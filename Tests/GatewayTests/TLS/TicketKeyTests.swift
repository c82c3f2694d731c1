import Foundation
import TestSupport
import Testing

/// `[tls] ticket_keys`: several gateways resume each other's sessions.
@Suite("Ticket keys of a file")
struct TicketKeyTests {
    private func toml(_ port: FreePort, _ certificates: Certificates, _ keys: String) -> String {
        Sites.proxy(
            port, to: "http://127.0.0.1:1", ssl: certificates.ssl(), top: "[tls]\nticket_keys = \"\(keys)\"")
    }

    private func isResumed(_ port: FreePort, _ version: String, by ticket: String) async throws -> Bool {
        try await Command.sClient(port, [version, "-servername", "localhost", "-sess_in", ticket]).text.contains("Reused, ")
    }

    /// A session of a client that has read its ticket.
    private func begin(_ port: FreePort, _ version: String, _ ticket: String) async throws {
        let command =
            "printf 'GET / HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' | openssl s_client -ign_eof "
            + "-connect 127.0.0.1:\(port) -servername localhost \(version) -sess_out \(ticket)"
        _ = try await Command.run("sh", ["-c", command])
    }

    @Test("a session of one gateway is resumed by another, and by none without the keys", arguments: ["-tls1_2", "-tls1_3"])
    func shared(version: String) async throws {
        let certificates = try await Certificates.ready()
        let (one, other, stranger, directory) = try (FreePort(), FreePort(), FreePort(), TemporaryDirectory())
        let keys = try directory.write("keys", (0..<160).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) })
        let others = try directory.write("others", (0..<80).map { UInt8(truncatingIfNeeded: $0 &* 29 &+ 5) })
        let ticket = directory.path + "/ticket"
        try await Gatehouse.serving(toml(one, certificates, keys)) { _ async throws in
            try await begin(one, version, ticket)
            #expect(try await isResumed(one, version, by: ticket))
        }
        try await Gatehouse.serving(toml(other, certificates, keys)) { _ async throws in
            #expect(try await isResumed(other, version, by: ticket))
        }
        try await Gatehouse.serving(toml(stranger, certificates, others)) { _ async throws in
            #expect(try await !isResumed(stranger, version, by: ticket))
        }
    }

    @Test("a file that is replaced is used without a reload: its first key for new tickets, all of them for old ones")
    func rotated() async throws {
        let certificates = try await Certificates.ready()
        let (port, directory) = try (FreePort(), TemporaryDirectory())
        let (old, new) = ([UInt8](repeating: 1, count: 80), [UInt8](repeating: 2, count: 80))
        let keys = try directory.write("keys", old)
        let (first, second) = (directory.path + "/first", directory.path + "/second")
        func replace(by content: [UInt8], _ gatehouse: Gatehouse, times: Int) async throws {
            try directory.write("next", content)
            try FileManager.default.removeItem(atPath: keys)
            try FileManager.default.moveItem(atPath: directory.path + "/next", toPath: keys)
            func told(_ lines: [String]) -> Int { lines.count { $0.contains("the keys of session tickets are replaced") } }
            while case let lines = gatehouse.log.all, told(lines) < times {
                _ = try await gatehouse.log.first(lines.count + 1)
            }
        }
        try await Gatehouse.serving(toml(port, certificates, keys)) { gatehouse in
            try await begin(port, "-tls1_3", first)
            try await replace(by: new + old, gatehouse, times: 1)
            #expect(try await isResumed(port, "-tls1_3", by: first))
            try await begin(port, "-tls1_3", second)
            try await replace(by: new, gatehouse, times: 2)
            #expect(try await isResumed(port, "-tls1_3", by: second))
            #expect(try await !isResumed(port, "-tls1_3", by: first))
        }
    }

    @Test("a file of another size is an error, and one that everybody can read a warning")
    func wrong() async throws {
        let certificates = try await Certificates.ready()
        let (port, directory) = try (FreePort(), TemporaryDirectory())
        let short = try directory.write("short", [UInt8](repeating: 1, count: 79))
        let file = try directory.write("gatehouse.toml", toml(port, certificates, short))
        let outcome = try await Command.run(Place.gatehouse, ["check", file])
        #expect(outcome.code == 1 && outcome.errors.contains("tls.ticket_keys: \(short) must hold one to 8 keys of 80 bytes"))
        let open = try directory.write("open", [UInt8](repeating: 1, count: 80))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: open)
        let warned = try await Command.run(
            Place.gatehouse, ["check", directory.write("gatehouse.toml", toml(port, certificates, open))])
        #expect(warned.errors.contains("everybody on this machine can read \(open)"), "\(warned)")
    }
}
