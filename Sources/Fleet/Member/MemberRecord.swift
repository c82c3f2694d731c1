import EventLoop
import FoundationEssentials
import TLS

/// What a member tells of itself. What later versions tell more is optional: members of several versions are of one fleet while
/// they are brought up to date.
struct MemberRecord: Codable, Equatable, Sendable {
    var member: String
    /// Seconds since 1970.
    var started: Int64
    /// The number of the keys for session tickets that it uses; 0: none.
    var tickets: Int
    /// Does it take up certificates and proofs?
    var follows: Bool
    /// The revision of the proofs that it shows; 0: none.
    var proofs: Int64
    /// The number of the fleet's configuration that it uses; 0: its own file's.
    var configuration: Int
    /// The number of the one that it has refused, and why; 0 and nil: none.
    var refused: Int
    var refusal: String?
    /// What it does not use, and why.
    var problems: [String]
    var instance: MemberInstance?
    var figures: MemberFigures?
    /// Would it lead, and get certificates for all? Nil: an earlier version does not say.
    var isCandidate: Bool?

    private enum CodingKeys: String, CodingKey {
        case member, started, tickets, follows, proofs, configuration, refused, refusal, problems, figures, isCandidate
        case instance = "seat"
    }
}

/// The process that runs as a member: what tells one that was started again from another one of the same name.
struct MemberInstance: Codable, Equatable, Sendable {
    var host: String
    var process: Int32
    /// Of the machine and the state directory, which only one gateway uses at a time (SHA-256, its beginning).
    var place: String

    init(_ settings: FleetMemberSettings) {
        (host, process) = (ProcessNames.host, ProcessNames.number)
        let machine = (try? FileAccess.read("/etc/machine-id", limit: 256)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let directory = settings.stateDirectory
        let path = directory.hasPrefix("/") ? directory : FileManager.default.currentDirectoryPath + "/" + directory
        place = String(ContentHash.hexadecimal(Array("\(machine) \(host) \(path)".utf8)).prefix(16))
    }
}

/// What a member has under way; told again when it has changed, and not at every moment.
package struct MemberFigures: Codable, Equatable, Sendable {
    /// Of clients, open.
    package var connections: Int
    /// WebSockets, open.
    package var tunnels: Int
    /// Of sites: how many there are, and with how many something is not as it should be.
    package var certificates: Int
    package var certificatesInTrouble: Int
    /// The beginning of the SHA-256 of the configuration in use.
    package var configuration: String
    /// Servers that it probes for all members; nil: an earlier version does not say.
    package var probes: Int?
    /// Names on demand that it wishes for; the member itself fills it in.
    package internal(set) var wishes: Int?

    package init(
        connections: Int, tunnels: Int, certificates: Int, certificatesInTrouble: Int, configuration: String, probes: Int? = nil
    ) {
        self.probes = probes
        (self.connections, self.tunnels) = (connections, tunnels)
        (self.certificates, self.certificatesInTrouble) = (certificates, certificatesInTrouble)
        self.configuration = configuration
    }
}

extension FleetMemberView {
    init(_ record: MemberRecord) {
        (name, started, tickets, configuration) = (record.member, record.started, record.tickets, record.configuration)
        refused = record.refusal.map { Refusal(number: record.refused, reason: $0) }
        (problems, host, figures) = (record.problems, record.instance?.host, record.figures)
    }
}
