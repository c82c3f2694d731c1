import ArgumentParser
import FoundationEssentials
import HTTP

/// `gatehouse status`
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "What a running gateway is, and which configurations it has in use.")

    @OptionGroup var admin: AdminOptions

    @Flag(help: "As JSON.")
    var json = false

    func run() async throws {
        let status: AdminStatus = try await admin.ask { try await $0.ask(.get, "/status") }
        guard !json else { return Console.say(try AdminClient.text(status)) }
        Console.say(
            """
            \(status.name) \(status.version), process \(status.pid), since \(status.started)
            configuration  \(status.configuration)
            listens on     \(status.addresses.joined(separator: " "))
            workers        \(status.workers)
            connections    \(status.connections)
            requests       \(status.requests) under way
            tunnels        \(status.tunnels)
            TLS handshakes \(Self.words(status.handshakes))
            generations    \(status.generations.map(Self.text).joined(separator: ", "))
            """)
        for certificate in status.certificates {
            guard let problem = certificate.problem else { continue }
            Console.say("certificate    of \(certificate.site) was replaced and is not used: \(problem)")
        }
        let holders = status.generations.flatMap { generation in generation.holders.map { (generation.number, $0) } }
        guard !holders.isEmpty else { return }
        let rows = holders.map { ["\($0)", $1.client, $1.request, "\($1.milliseconds) ms", "\($1.worker)"] }
        Console.say("\n" + Table.text([["generation", "held by", "request", "for", "worker"]] + rows))
    }

    /// "12 (3 resumed), 2 failed: timeout 1, no_shared_version 1"
    private static func words(_ handshakes: AdminStatus.Handshakes) -> String {
        let failed = handshakes.failed.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let sum = failed.reduce(0) { $0 + $1.value }
        let list = sum == 0 ? "" : ": " + failed.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        return "\(handshakes.completed) (\(handshakes.resumed) resumed), \(sum) failed\(list)"
    }

    private static func text(_ generation: AdminStatus.Generation) -> String {
        generation.isCurrent ? "\(generation.number) in use" : "\(generation.number) until its last exchange ends"
    }
}
