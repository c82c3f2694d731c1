/// How this gateway stands to its fleet, for metrics.
package struct FleetFigures: Sendable {
    /// When etcd answered last, in seconds since 1970; 0: it has not since the start.
    package var lastContact: UInt64
    /// Nanoseconds for which something that the fleet agrees on may have been missed, or was not used.
    package var lag: UInt64
    package var members: UInt64
    /// Numbers of the fleet's configuration: in use here, and the newest one that is known.
    package var configuration: UInt64
    package var newestConfiguration: UInt64
    /// Does this gateway lead, and get certificates for all?
    package var isLeader: Bool
    /// Has another gateway the name of this one?
    package var isNameTaken: Bool
    /// Names on demand that this gateway and others wish the leader to get.
    package var wishes: (own: UInt64, others: UInt64)

    package init(
        lastContact: UInt64, lag: UInt64, members: UInt64, configuration: UInt64, newestConfiguration: UInt64, isLeader: Bool,
        isNameTaken: Bool, wishes: (own: UInt64, others: UInt64)
    ) {
        self.wishes = wishes
        (self.lastContact, self.lag, self.members) = (lastContact, lag, members)
        (self.configuration, self.newestConfiguration) = (configuration, newestConfiguration)
        (self.isLeader, self.isNameTaken) = (isLeader, isNameTaken)
    }
}

extension MetricsText {
    mutating func append(_ fleet: FleetFigures, probes: (own: Int, others: Int)) {
        family("gatehouse_fleet_last_contact_seconds", .gauge, "When etcd answered last: seconds since 1970; 0: not yet.")
        sample(fleet.lastContact)
        family(
            "gatehouse_fleet_lag_seconds", .gauge,
            "For how long something that the fleet agrees on may have been missed here, or was not used.")
        sample(nanoseconds: fleet.lag)
        family("gatehouse_fleet_members", .gauge, "Members of the fleet that etcd knows.")
        sample(fleet.members)
        family("gatehouse_fleet_configuration", .gauge, "Numbers of the fleet's configuration; 0: the file's own.")
        sample(nil, ("is", "in_use"), fleet.configuration)
        sample(nil, ("is", "newest"), fleet.newestConfiguration)
        family("gatehouse_fleet_leader", .gauge, "1 on the member that leads, and gets certificates for all.")
        sample(fleet.isLeader ? 1 : 0)
        family(
            "gatehouse_fleet_probes", .gauge,
            "Upstream servers whose probes the fleet shares out, by whether this member or another one probes them.")
        sample(nil, ("by", "this"), UInt64(probes.own))
        sample(nil, ("by", "others"), UInt64(probes.others))
        family(
            "gatehouse_fleet_wishes", .gauge,
            "Names on demand that the leader is to get, by whether this member or another one wishes for them.")
        sample(nil, ("by", "this"), fleet.wishes.own)
        sample(nil, ("by", "others"), fleet.wishes.others)
        family("gatehouse_fleet_name_taken", .gauge, "1 where another member of the fleet has the name of this one.")
        sample(fleet.isNameTaken ? 1 : 0)
    }
}
