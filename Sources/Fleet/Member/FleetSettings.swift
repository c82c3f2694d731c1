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
    /// There as long as somebody has the turn to get certificates; it ends with the lease of who has it.
    var turn: String { documents + "turn" }
    /// What authorities are to find.
    var proofs: String { documents + "proofs" }
    /// Files of the state directory are below it.
    var files: String { documents + "files/" }
    var configuration: String { documents + "configuration" }
    /// Those that were pushed, by their numbers: nobody is told of these.
    var history: String { "/gatehouse/\(name)/history/" }
    var members: String { "/gatehouse/\(name)/members/" }
    /// Of the tickets, in the state directory.
    var ticketsFile: String { "fleet/\(name)/tickets" }
    var configurationFile: String { "fleet/\(name)/configuration" }
}

/// Who uses what the fleet agrees on.
package protocol FleetDeployment: Sendable {
    /// Has listeners go on with these keys for session tickets: the first makes new ones, all open old ones.
    func use(ticketKeys: [UInt8]) async
    /// Brings a configuration into use, whole or not at all.
    /// - Returns: why it was refused; nil if it is in use.
    func use(configuration: FleetConfiguration) async -> String?
    /// What there is of it at the moment, for who looks at the fleet.
    var figures: MemberFigures { get async }
}
