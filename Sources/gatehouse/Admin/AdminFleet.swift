import EventLoop
import Fleet
import Gateway
import Messages

/// How a gateway stands to its fleet, for operators.
struct AdminFleet: Codable, Sendable {
    /// Another member, or this one.
    struct Member: Codable, Sendable {
        var name: String
        /// RFC 3339.
        var started: String
        var host: String?
        /// Numbers; 0: none, and its own file's.
        var tickets: Int
        var configuration: Int
        /// What it refuses or does not use.
        var problems: [String]
        var connections: Int?
        var tunnels: Int?
        var certificates: Int?
        var certificatesInTrouble: Int?
        /// Names on demand that it wishes for.
        var wishes: Int?
        /// The beginning of the SHA-256 of the configuration in use.
        var hash: String?
        /// Servers that it probes for all.
        var probes: Int?

        init(_ view: FleetMemberView) {
            (name, started, host) = (view.name, Timestamp.text(seconds: view.started), view.host)
            (tickets, configuration) = (view.tickets, view.configuration)
            problems = (view.refused.map { ["refuses configuration \($0.number): \($0.reason)"] } ?? []) + view.problems
            (connections, tunnels) = (view.figures?.connections, view.figures?.tunnels)
            (certificates, certificatesInTrouble) = (view.figures?.certificates, view.figures?.certificatesInTrouble)
            (hash, probes, wishes) = (view.figures?.configuration, view.figures?.probes, view.figures?.wishes)
        }
    }

    /// Who counts rate limits for all.
    struct Redis: Codable, Sendable {
        /// `ok`, or `away`: then each member counts alone.
        var status: String
        /// The seconds for which it has been so.
        var seconds: Double
        /// Since it has answered; nil: it has not yet.
        var lastAnswerSeconds: Double?
        /// How long the last question took.
        var roundTripMilliseconds: Double
        /// How often contact was lost, or not made.
        var failures: UInt64
        /// Members whose limits count together, as far as this one knows.
        var members: UInt64
        /// Requests that a shared limit has let in, of which the others were told, and of which they were not.
        var told: UInt64
        var untold: UInt64

        /// - Returns: nil without `[fleet.redis]`.
        init?(_ gateway: Gateway) {
            guard let rates = gateway.sharedRateStatus else { return nil }
            func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds / 1_000_000) / 1000 }
            status = rates.isInTouch ? "ok" : "away"
            self.seconds = seconds(rates.duration)
            lastAnswerSeconds = rates.silence.map { seconds($0) }
            roundTripMilliseconds = Double(rates.roundTrip / 1000) / 1000
            (failures, members) = (rates.failures, rates.members)
            (told, untold) = (rates.told, rates.untold)
        }

        /// On one line.
        var summary: String {
            let time = "for \(Int(seconds)) s"
            let counts = "\(told) admissions told, \(untold) not"
            guard status == "ok" else { return "away \(time): rate limits count on this member alone; \(counts)" }
            return
                "counts rate limits of \(members) members \(time), the last question took \(roundTripMilliseconds) ms; \(counts)"
        }
    }

    var fleet: String
    var member: String
    /// `ok`, or `degraded`.
    var status: String
    /// Why it is degraded.
    var trouble: String?
    /// Seconds since etcd answered last; nil: it has not since the start.
    var lastContactSeconds: Double?
    var lagSeconds: Double
    /// How many there are.
    var members: Int
    var configuration: Int
    var newestConfiguration: Int
    /// Does it get certificates for all?
    var isLeader: Bool
    /// Names on demand that it wishes the leader to get.
    var wishes: Int
    /// Nil without `[fleet.redis]`.
    var redis: Redis?
    /// The first of them; empty until somebody has asked.
    var first: [Member]

    /// - Parameter most: of the members so many are shown.
    init(_ reported: FleetStatus, of gateway: Gateway, most: Int) {
        redis = Redis(gateway)
        let now = monotonicNanoseconds()
        func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds / 1_000_000) / 1000 }
        (fleet, member) = (reported.fleet, reported.member)
        trouble = reported.trouble(now: now)
        status = trouble == nil ? "ok" : "degraded"
        lastContactSeconds = reported.lastContact.map { seconds(now - min(now, $0)) }
        lagSeconds = seconds(reported.lag(now: now))
        (members, isLeader, wishes) = (reported.members, reported.isLeader, reported.wishes)
        (configuration, newestConfiguration) = (reported.configuration, reported.newestConfiguration)
        first = reported.others.prefix(most).map { Member($0) }
    }

    /// On one line.
    var summary: String {
        let contact = lastContactSeconds.map { "etcd answered \(Int($0)) s ago" } ?? "etcd has not answered yet"
        let used = configuration == 0 ? "its own configuration" : "configuration \(configuration)"
        let newer = newestConfiguration > configuration ? " (\(newestConfiguration) is the newest)" : ""
        return "\(member) of \(fleet), \(members) members; \(used)\(newer); \(contact)" + (trouble.map { "; \($0)" } ?? "")
    }
}

extension AdminResources {
    /// How it stands to its fleet; of the members, what was seen of them last.
    func fleetStanding() -> ServiceAnswer {
        guard let status = fleet.board.status else {
            return .problem(409, "This gateway is of no fleet: its configuration has no table [fleet].")
        }
        fleet.board.wantOthers()
        return .json(AdminFleet(status, of: gateway, most: FleetMembership.maxShown))
    }
}
