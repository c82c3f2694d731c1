/// What a member sees at one moment: all of it in one transaction.
struct FleetSnapshot {
    let tickets: EtcdEntry?
    let ticketsHold: EtcdEntry?
    let leader: EtcdEntry?
    let rollout: EtcdEntry?
    let rolloutHold: EtcdEntry?
    let proofs: EtcdEntry?
    /// Nil, too, if it has not changed since it was seen.
    let recentChanges: EtcdEntry?
    /// Nil, too, if it has not changed since it was seen.
    let configuration: EtcdEntry?
    let orders: EtcdEntry?
    /// How many purges there were.
    let purges: EtcdEntry?
    /// What this member has told of itself, or another one of its name.
    let ourselves: EtcdEntry?
    /// Nil: they were not asked for.
    let members: [EtcdEntry]?
    let memberCount: Int
    /// What members say of servers, as far as it is new, and how many do.
    let probes: [EtcdEntry]
    let probeCount: Int
    /// The same of certificates on demand.
    let demands: [EtcdEntry]
    let demandCount: Int
    let revision: Int64

    /// The revisions up to which something is known, and need not be read again.
    struct Known {
        var configuration: Int64
        /// Of the document that says which files have changed.
        var recentChanges: Int64
        /// Of members' reports on servers.
        var probes: Int64
        /// Of members' reports on certificates on demand.
        var demands: Int64
    }

    /// - Parameter hasMembers: whether all members are to be seen, and not only how many there are.
    static func ranges(_ settings: FleetMemberSettings, since known: Known, hasMembers: Bool) -> [EtcdRange] {
        [
            .key(settings.tickets), .key(settings.ticketsHold), .key(settings.leader), .key(settings.proofs),
            .key(settings.configuration, since: known.configuration + 1), .key(settings.members + settings.member),
            .key(settings.recentChanges, since: known.recentChanges + 1),
            hasMembers ? .prefix(settings.members, most: FleetMember.maxMembers) : .count(settings.members),
            .key(settings.rollout), .key(settings.rolloutHold), .key(settings.orders), .key(settings.purgeCount),
            .prefix(settings.probes, since: known.probes + 1, most: FleetMember.maxMembers),
            .prefix(settings.demands, since: known.demands + 1, most: FleetMember.maxMembers),
        ]
    }

    /// - Parameter outcome: of these ranges.
    init(_ outcome: EtcdOutcome, hasMembers: Bool) {
        let found = outcome.found
        (tickets, ticketsHold, leader, proofs) = (found[0].first, found[1].first, found[2].first, found[3].first)
        (configuration, ourselves, recentChanges) = (found[4].first, found[5].first, found[6].first)
        members = hasMembers ? found[7] : nil
        (rollout, rolloutHold) = (found[8].first, found[9].first)
        (orders, purges) = (found[10].first, found[11].first)
        memberCount = outcome.counts[7]
        (probes, probeCount) = (found[12], outcome.counts[12])
        (demands, demandCount) = (found[13], outcome.counts[13])
        revision = outcome.revision
    }
}
