/// What a member of a fleet has to know.
package struct FleetMemberSettings: Sendable, Equatable {
    /// Of the fleet: letters, digits, dots, dashes and underscores.
    package var name: String
    /// What this gateway is called in it.
    package var member: String
    package var etcd: EtcdSettings
    package var secret: FleetSecret
    /// Where the last known state is kept for the next start.
    package var stateDirectory: String
    /// Seconds after which there is another key for session tickets.
    package var ticketRotation: Int
    /// Nanoseconds of lag after which the health of the gateway is degraded.
    package var degradedAfter: UInt64
    /// How many files one look reads.
    var filesLimit = FilesLimit()

    package init(
        name: String, member: String, etcd: EtcdSettings, secret: FleetSecret, stateDirectory: String, ticketRotation: Int,
        degradedAfter: UInt64 = 60_000_000_000
    ) {
        self.name = name
        self.member = member
        self.etcd = etcd
        self.secret = secret
        self.stateDirectory = stateDirectory
        self.ticketRotation = ticketRotation
        self.degradedAfter = degradedAfter
    }

    /// Keys in etcd. All that members follow is below one of them; what they tell of themselves is not, so that nobody is told of
    /// that.
    var documents: String { "/gatehouse/\(name)/documents/" }
    var tickets: String { documents + "tickets" }
    /// There as long as the present ticket key is not to be replaced: its lease is etcd's clock, which all have in common.
    var ticketsHold: String { documents + "tickets-hold" }
    /// Who leads, and gets certificates; it ends with the lease of whoever that is.
    var leader: String { documents + "leader" }
    /// What authorities are to find.
    var proofs: String { documents + "proofs" }
    /// Files of the state directory are below it.
    var files: String { documents + "files/" }
    /// Which of them have changed lately.
    var recentChanges: String { documents + "files-news" }
    var configuration: String { documents + "configuration" }
    /// Those that were pushed, by their numbers: nobody is told of these.
    var history: String { "/gatehouse/\(name)/history/" }
    /// Where the configuration of a number is, in the order of their numbers.
    func history(_ number: Int) -> String { history + Self.digits(number) }

    /// So that the order of the texts is that of the numbers.
    private static func digits(_ number: Int) -> String {
        let digits = String(max(0, number))
        return String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }

    var rollout: String { documents + "rollout" }
    /// There as long as the present phase of a roll-out has time left, by etcd's clock.
    var rolloutHold: String { documents + "rollout-hold" }
    var members: String { "/gatehouse/\(name)/members/" }
    /// What members say of the servers that they probe; it ends with their leases.
    var probes: String { documents + "probes/" }
    /// What members say of certificates on demand; it ends with their leases.
    var demands: String { documents + "demands/" }
    /// What is ordered about servers.
    var orders: String { documents + "orders" }
    /// How many purges there were.
    var purgeCount: String { documents + "purges" }
    /// Those that are kept, by their numbers.
    var purges: String { "/gatehouse/\(name)/purges/" }
    func purge(_ number: Int) -> String { purges + Self.digits(number) }
    var ordersFile: String { "fleet/\(name)/orders" }
    var purgesFile: String { "fleet/\(name)/purges" }
    /// Of the tickets, in the state directory.
    var ticketsFile: String { "fleet/\(name)/tickets" }
    var configurationFile: String { "fleet/\(name)/configuration" }
}

/// Who uses what the fleet agrees on.
package protocol FleetDeployment: Sendable {
    /// Gives listeners these keys for session tickets: the first makes new ones, all open old ones.
    func use(ticketKeys: [UInt8]) async
    /// Brings a configuration into use, whole or not at all.
    /// - Returns: why it was refused; nil if it is in use.
    func use(configuration: FleetConfiguration) async -> String?
    /// Watches answers from the next configuration on, or from now on if it is in use already, until `endWatch()`.
    /// - Parameters:
    ///   - rule: as `admin.rollback_on` has it; one that cannot be read is none.
    ///   - onRegression: is called once, when they have become so bad.
    func watch(_ rule: String, _ onRegression: @escaping @Sendable (_ reason: String) async -> Void) async
    func endWatch() async
    /// Makes upstream servers follow orders, each after those before it.
    func carryOut(_ orders: [FleetOrder]) async
    /// Forgets stored answers.
    func purge(_ purge: FleetPurge) async
    /// What the others are to know of the servers that are probed here; nil: nothing is shared out.
    var probes: FleetProbes? { get async }
    /// Goes by what members say of the servers that they probe.
    /// - Parameters:
    ///   - probes: by the members' names, this one's too.
    ///   - member: this one.
    ///   - until: monotonic nanoseconds for which it counts; 0: not at all.
    func use(_ probes: [String: FleetProbes], as member: String, until: UInt64) async
    /// What there is of it at the moment, for who looks at the fleet.
    var figures: MemberFigures { get async }
}
