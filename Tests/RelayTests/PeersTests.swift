import Foundation
import Testing

/// The built program between real clients and real upstreams: each case is a coroutine in `Peers/`, and fails by its exception.
@Suite struct PeersTests {
    @Test("Handshakes", arguments: Peers.handshakes) func handshakes(_ name: String) async throws { try await Peers.run(name) }
    @Test("Messages", arguments: Peers.messages) func messages(_ name: String) async throws { try await Peers.run(name) }
    @Test("Endings", arguments: Peers.endings) func endings(_ name: String) async throws { try await Peers.run(name) }
    @Test("Limits", arguments: Peers.limits) func limits(_ name: String) async throws { try await Peers.run(name) }
    @Test("Balancing", arguments: Peers.balancing) func balancing(_ name: String) async throws { try await Peers.run(name) }
    @Test("Over HTTP/2", arguments: Peers.overHTTP2) func overHTTP2(_ name: String) async throws { try await Peers.run(name) }
    @Test("The same over HTTP/2", arguments: Peers.bridged)
    func bridged(_ name: String) async throws { try await Peers.run(name, isBridged: true) }
    @Test("Crowds", arguments: Peers.crowds) func crowds(_ name: String) async throws { try await Peers.run(name) }

    @Test(
        "Crowds of a script, with few tunnels",
        arguments: [["--exchange", "60", "--idle", "0"], ["--exchange", "0", "--idle", "100"]])
    func crowdsOfScript(_ arguments: [String]) async throws { try await Peers.crowd(arguments) }

    @Test func `every case is run`() async throws {
        let known = try await Peers.output("--list").split(separator: "\n").map(String.init)
        #expect(Set(known) == Set(Peers.all))
    }
}
