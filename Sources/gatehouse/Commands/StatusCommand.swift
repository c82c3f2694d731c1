import ArgumentParser
import FoundationEssentials
import Gateway
import HTTP

/// `gatehouse status`
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "What a running gateway is, and which configurations it has in use.")

    @OptionGroup var admin: AdminOptions

    @Flag(help: "As JSON.")
    var json = false

    @Flag(help: "Exit code 1 if a site, its certificate, or the standing in the fleet is in trouble.")
    var health = false

    func run() async throws {
        let status: AdminStatus = try await admin.ask { try await $0.ask(.get, "/status") }
        if json { Console.say(try AdminClient.text(status)) } else { show(status) }
        let isDegraded = status.degraded?.isEmpty == false || status.fleet.map { $0.status != "ok" } ?? false
        if health, isDegraded || status.certificates.contains(where: { $0.health != "good" }) { throw ExitCode(1) }
    }

    private func show(_ status: AdminStatus) {
        // Neither is a part of the other: what is allocated need not be resident.
        let (resident, allocated) = (Self.mebibytes(status.memory.resident), Self.mebibytes(status.memory.allocated))
        Console.say(
            """
            \(status.name) \(status.version), process \(status.pid), since \(status.started)
            configuration  \(status.configuration.isEmpty ? "none" : status.configuration)
            listens on     \(status.addresses.joined(separator: " "))
            workers        \(status.workers)
            connections    \(status.connections)
            requests       \(status.requests) under way
            tunnels        \(status.tunnels)
            TLS handshakes \(Self.summary(status.handshakes))
            memory         \(resident) resident, \(allocated) allocated
            generation     \(status.generations.map(Self.text).joined(separator: ", "))
            """)
        if let hash = status.configurationHash, !hash.isEmpty {
            let deviation = status.configurationDeviation.map { ", not what the file said when it was read last: \($0)" } ?? ""
            Console.say("in use         \(hash.prefix(12))\(deviation)")
        }
        if let successor = status.successor {
            Console.say("successor      process \(successor) serves; this one ends with its last client")
        }
        if let fleet = status.fleet { Console.say("fleet          \(fleet.summary)") }
        if let redis = status.fleet?.redis { Console.say("Redis          \(redis.summary)") }
        for certificate in status.certificates where certificate.health != "good" { Console.say(Self.summary(certificate)) }
        for fault in status.degraded ?? [] {
            Console.say("degraded       \(fault.site) is not served whole: \(fault.problem) (\(fault.key))")
        }
        let holders = status.generations.flatMap { generation in generation.holders.map { (generation.number, $0) } }
        guard !holders.isEmpty else { return }
        let rows = holders.map { ["\($0)", $1.client, $1.request, "\($1.milliseconds) ms", "\($1.worker)"] }
        Console.say("\n" + Table.text([["generation", "held by", "request", "for", "worker"]] + rows))
    }

    /// "34.7 MiB"
    private static func mebibytes(_ bytes: UInt64) -> String {
        let tenths = (bytes * 10 + (1 << 19)) >> 20
        return "\(tenths / 10).\(tenths % 10) MiB"
    }

    private static func summary(_ certificate: AdminStatus.Certificate) -> String {
        let end = certificate.expires ?? "at a time that cannot be read"
        let trouble =
            switch CertificateHealth(rawValue: certificate.health) {
            case .missing: "is not there: handshakes are refused"
            case .expired: "has expired: \(end)"
            case .expiresSoon: "expires soon: \(end)"
            case .renewalFails: "is not renewed, the last try has failed: gatehouse certs says why; it expires \(end)"
            case .replacementRefused: "was replaced and is not used: \(certificate.problem ?? "")"
            case .good, nil: certificate.health
            }
        return "certificate    of \(certificate.site) \(trouble)"
    }

    /// "12 (3 resumed), 2 failed: timeout 1, no_shared_version 1"
    private static func summary(_ handshakes: AdminStatus.Handshakes) -> String {
        let failed = handshakes.failed.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let sum = failed.reduce(0) { $0 + $1.value }
        let list = sum == 0 ? "" : ": " + failed.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        return "\(handshakes.completed) (\(handshakes.resumed) resumed), \(sum) failed\(list)"
    }

    private static func text(_ generation: AdminStatus.Generation) -> String {
        generation.isCurrent ? "\(generation.number) (in use)" : "\(generation.number) (until its last exchange ends)"
    }
}
