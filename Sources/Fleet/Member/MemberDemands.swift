package import ACME
import EventLoop

/// Certificates on demand: a member without the turn says which names it wishes for, and who has the turn gets them. What `ask`
/// has said, what was ordered and what was refused is told likewise.
extension FleetMember {
    /// - Parameter demands: what the others are to know; see `RenewalSharing`.
    package func whenAsked(_ demands: (@Sendable () async -> SharedDemands)?) {
        self.demands = demands
        lookSoon()
    }

    /// See `RenewalSharing`.
    package func demandsHaveChanged() { lookSoon() }

    /// See `RenewalSharing`.
    package var obstacle: String? {
        if failures > 0 { return "etcd does not answer, and the member that gets certificates is told by it" }
        return nameHolder.map { "another member of the fleet has this one's name: \($0)" }
    }

    /// - Parameters:
    ///   - entries: of members, those since the last look.
    ///   - count: how many there are.
    ///   - revision: that they were read at.
    func follow(demands entries: [EtcdEntry], count: Int, revision: Int64) async throws(EtcdError) {
        try await follow(demandReports, entries, count: count, revision: revision) { $0.isBounded }
        await hearDemands()
        guard isSharing(count) else { return }
        let report = await demands?() ?? SharedDemands()
        ownWishes = report.wishes.count
        try await tell(report.isEmpty ? nil : report, by: demandReports)
    }

    /// Tells here what is new in others' reports.
    private func hearDemands() async {
        guard let tellNews else { return }
        let hasTurn = turn != nil && isCurrent
        // Who has just got the turn hears all wishes, also those that are known.
        let hearsAll = hasTurn && !heardInTurn
        heardInTurn = hasTurn
        let ours = demandReports.folder + settings.member
        for place in heardDemands.keys where demandReports.reports[place] == nil { heardDemands[place] = nil }
        for (place, report) in demandReports.reports where place != ours {
            guard let report, hearsAll || heardDemands[place] != report else { continue }
            var news = report.since(heardDemands[place] ?? SharedDemands())
            if hearsAll { news.wishes = report.wishes }
            if !hasTurn { news.wishes = [] }
            heardDemands[place] = report
            if !news.isEmpty { await tellNews(.demands(news)) }
        }
    }

    /// All is heard anew.
    func forgetDemands() {
        demandReports.forget()
        (heardDemands, heardInTurn) = ([:], false)
    }
}
