package import ACME
import EventLoop

/// Certificates on demand: a member says which names it wishes for, and the leader gets them. What `ask` has said, what was
/// ordered and what was refused is told likewise.
extension FleetMember {
    /// What members say of certificates on demand, besides their reports.
    struct Demands {
        /// What the others are to be told of from here; nil: nothing.
        var provide: (@Sendable () async -> SharedDemands)?
        /// Names that this member wishes for.
        var ownWishes = 0
        /// By their keys in etcd, the others' reports that were handed on here, and whether we led then.
        var received: [String: SharedDemands] = [:]
        var wasLeader = false
    }

    /// - Parameter demands: what the others are to know; see `RenewalSharing`.
    package func provideDemands(_ demands: (@Sendable () async -> SharedDemands)?) {
        self.demands.provide = demands
        lookSoon()
    }

    /// See `RenewalSharing`.
    package func demandsHaveChanged() { lookSoon() }

    /// See `RenewalSharing`.
    package var obstacle: String? {
        if failures > 0 { return "etcd does not answer, and the member that gets certificates is told by it" }
        return presence.nameHolder.map { "another member of the fleet has this one's name: \($0)" }
    }

    /// - Parameters:
    ///   - entries: of members, those since the last look.
    ///   - count: how many there are.
    ///   - revision: that they were read at.
    func follow(demands entries: [EtcdEntry], count: Int, revision: Int64) async throws(EtcdError) {
        try await follow(demandReports, entries, count: count, revision: revision) { $0.isBounded }
        await receiveDemands()
        guard isSharing(count) else { return }
        let report = await demands.provide?() ?? SharedDemands()
        demands.ownWishes = report.wishes.count
        try await publish(report.isEmpty ? nil : report, by: demandReports)
    }

    /// Hands on what is new in others' reports.
    private func receiveDemands() async {
        guard let eventHandler else { return }
        let isLeader = leadership.isReady
        // Whoever has just begun to lead takes all wishes, also those that are known.
        let wantsAllWishes = isLeader && !demands.wasLeader
        demands.wasLeader = isLeader
        let ours = demandReports.folder + settings.member
        for key in demands.received.keys where demandReports.reports[key] == nil { demands.received[key] = nil }
        for (key, report) in demandReports.reports where key != ours {
            guard let report, wantsAllWishes || demands.received[key] != report else { continue }
            var new = report.since(demands.received[key] ?? SharedDemands())
            if wantsAllWishes { new.wishes = report.wishes }
            if !isLeader { new.wishes = [] }
            demands.received[key] = report
            if !new.isEmpty { await eventHandler(.demands(new)) }
        }
    }

    /// All reports are read anew.
    func forgetDemands() {
        demandReports.forget()
        (demands.received, demands.wasLeader) = ([:], false)
    }
}
