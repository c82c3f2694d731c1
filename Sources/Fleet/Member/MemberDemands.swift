package import ACME
import EventLoop

/// Certificates on demand: a member without the turn says which names it wishes for, and who has the turn gets them. What `ask`
/// has said, what was ordered and what was refused is told likewise.
extension FleetMember {
    /// - Parameter demands: what the others are to know; see `RenewalSharing`.
    package func provideDemands(_ demands: (@Sendable () async -> SharedDemands)?) {
        self.demands = demands
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
        let report = await demands?() ?? SharedDemands()
        ownWishes = report.wishes.count
        try await publish(report.isEmpty ? nil : report, by: demandReports)
    }

    /// Hands on what is new in others' reports.
    private func receiveDemands() async {
        guard let eventHandler else { return }
        let hasTurn = turn != nil && isCurrent
        // Whoever has just got the turn takes all wishes, also those that are known.
        let wantsAllWishes = hasTurn && !hadTurnAtDemands
        hadTurnAtDemands = hasTurn
        let ours = demandReports.folder + settings.member
        for place in receivedDemands.keys where demandReports.reports[place] == nil { receivedDemands[place] = nil }
        for (place, report) in demandReports.reports where place != ours {
            guard let report, wantsAllWishes || receivedDemands[place] != report else { continue }
            var new = report.since(receivedDemands[place] ?? SharedDemands())
            if wantsAllWishes { new.wishes = report.wishes }
            if !hasTurn { new.wishes = [] }
            receivedDemands[place] = report
            if !new.isEmpty { await eventHandler(.demands(new)) }
        }
    }

    /// All reports are read anew.
    func forgetDemands() {
        demandReports.forget()
        (receivedDemands, hadTurnAtDemands) = ([:], false)
    }
}
