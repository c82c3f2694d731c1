import Configuration
import EventLoop
import Fleet
import Gateway
import Glibc
import Messages
import Transport

/// What runs.
struct AdminStatus: Codable, Sendable {
    /// A generation and who holds it.
    struct Generation: Codable, Sendable {
        var number: Int
        var isCurrent: Bool
        /// Workers that have it still.
        var workers: [Int]
        /// The requests that keep an older generation, at most a hundred of each worker.
        var holders: [Holder]
    }

    /// A request that keeps an older generation in use.
    struct Holder: Codable, Sendable {
        var worker: Int
        var client: String
        /// Method and path.
        var request: String
        var milliseconds: Int

        init(_ holder: ActivityReport.Holder) {
            worker = holder.worker
            client = holder.client
            request = holder.request
            milliseconds = holder.milliseconds
        }
    }

    /// Clients' TLS handshakes since the start.
    struct Handshakes: Codable, Sendable {
        var completed: Int
        /// How many of `completed` resumed a session.
        var resumed: Int
        /// How many failed, by reason: docs/tls.md lists the words.
        var failed: [String: Int]

        init(_ counts: HandshakeCounts) {
            completed = counts.completed
            resumed = counts.resumed
            failed = counts.failedByWord
        }
    }

    /// The memory of the process, in bytes.
    struct Memory: Codable, Sendable {
        /// What the kernel counts, with pages of files and libraries.
        var resident = ProcessReading.residentMemory
        /// What the program has of the allocator.
        var allocated = ProcessMemory.allocated
    }

    /// What a site lacks, so that it is not served whole.
    struct Fault: Codable, Sendable {
        var site: String
        /// The configuration key that names what is lacking.
        var key: String
        var problem: String
    }

    /// A site's certificate.
    struct Certificate: Codable, Sendable {
        var site: String
        var file: String
        /// The time of ``expires`` in seconds since 1970; not encoded.
        var expiry: Int64?
        /// The first of its chain to do so, in RFC 3339.
        var expires: String?
        /// Why what is in the file is not what is in use.
        var problem: String?
        /// "good", or why somebody ought to look at it: see `CertificateHealth`.
        var health: String

        private enum CodingKeys: String, CodingKey {
            case site, file, expires, problem, health
        }
    }

    var name: String
    var version: String
    var pid: Int32
    /// The file that a reload reads.
    var configuration: String
    /// SHA-256 of the one in use, in hexadecimal, as the history has it; nil if there is no file.
    var configurationHash: String?
    /// Why the one in use is not what the file said when it was read last; nil if it is.
    var configurationDeviation: String?
    /// RFC 3339.
    var started: String
    var workers: Int
    var addresses: [String]
    /// Client connections that are open now.
    var connections: Int
    /// Under way.
    var requests: Int
    /// WebSockets.
    var tunnels: Int
    var handshakes: Handshakes
    var memory: Memory
    /// The newest first.
    var generations: [Generation]
    var certificates: [Certificate]
    /// The faults of sites that are not served whole; nil: the gateway is older than the command.
    var degraded: [Fault]?
    /// Nil: it is of none.
    var fleet: AdminFleet?
    /// The process that has taken its place; nil while this one serves.
    var successor: Int32?
}

extension AdminResources {
    func status() async -> ServiceAnswer {
        let generations = await gateway.generations
        let activity = await gateway.activity()
        let numbers = Set(generations.joined())
        let current = numbers.max()
        return .json(
            AdminStatus(
                name: name, version: version, pid: getpid(),
                configuration: reloader?.source.path ?? "", configurationHash: await reloader?.hashInUse,
                configurationDeviation: await reloader?.deviation, started: started, workers: generations.count,
                addresses: gateway.addresses.map(\.description), connections: activity.total.connections,
                requests: activity.total.requests, tunnels: activity.total.tunnels,
                handshakes: AdminStatus.Handshakes(await gateway.handshakes), memory: AdminStatus.Memory(),
                generations: numbers.sorted(by: >).map { number in
                    AdminStatus.Generation(
                        number: number, isCurrent: number == current,
                        workers: generations.indices.filter { generations[$0].contains(number) },
                        holders: activity.holders.filter { $0.generation == number }.map { AdminStatus.Holder($0) })
                },
                certificates: certificateList, degraded: faults,
                fleet: fleet.board.status.map { AdminFleet($0, of: gateway, most: 0) }, successor: await upgrader?.successor))
    }

    /// What sites lack.
    private var faults: [AdminStatus.Fault] {
        gateway.currentPlan.faults.flatMap { fault in
            fault.problems.map { AdminStatus.Fault(site: fault.name, key: $0.keyPath, problem: $0.message) }
        }
    }
}
