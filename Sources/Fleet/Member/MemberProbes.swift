import EventLoop

/// Probes of upstream servers: each server has one member that probes it for all that have the same servers. Which one follows
/// from who is there, so that nobody has to be asked; what a member says ends with its lease.
extension FleetMember {
    /// - Parameters:
    ///   - entries: of members, those since the last look.
    ///   - count: how many there are.
    ///   - revision: that they were read at.
    func follow(probes entries: [EtcdEntry], count: Int, revision: Int64) async throws(EtcdError) {
        try await follow(probeReports, entries, count: count, revision: revision)
        let isSharing = isSharing(count)
        await deployment.use(probeReports.byMember, as: settings.member, until: isSharing ? presence.leaseEnd : 0)
        if isSharing { try await publish(await deployment.probes, by: probeReports) }
    }
}
