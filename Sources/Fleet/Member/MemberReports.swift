import EventLoop

/// What members say of one thing: each has a document of it, which ends with its lease.
final class MemberReports<Report: Codable & Equatable & Sendable> {
    /// That their documents are in.
    let folder: String
    /// By their keys in etcd; nil if it cannot be read.
    var reports: [String: Report?] = [:]
    /// The revision up to which they are known.
    var seen: Int64 = 0
    /// What this member has published, when, and when it is to do so again: monotonic nanoseconds.
    var published: Report?
    var time: UInt64 = 0
    var due: UInt64?

    init(_ folder: String) { self.folder = folder }

    /// By the names of the members; those that can be read.
    var byMember: [String: Report] {
        let read = reports.compactMap { key, report in report.map { (String(key.dropFirst(folder.count)), $0) } }
        return Dictionary(read, uniquingKeysWith: { first, _ in first })
    }

    /// All is read anew.
    func forget() { (seen, reports, published) = (0, [:], nil) }
}

extension FleetMember {
    /// Between two documents of this member, in nanoseconds: each of them wakes all others.
    private static let reportPause: UInt64 = 1_000_000_000

    /// - Parameters:
    ///   - entries: of members, those since the last look.
    ///   - count: how many there are.
    ///   - revision: that they were read at.
    ///   - isRight: is it in the limits?
    func follow<Report>(
        _ state: MemberReports<Report>, _ entries: [EtcdEntry], count: Int, revision: Int64,
        isRight: (Report) -> Bool = { _ in true }
    ) async throws(EtcdError) {
        func take(_ entry: EtcdEntry) {
            let found = opened(entry) { bytes in EtcdMessage.decode(Report.self, bytes).flatMap { isRight($0) ? $0 : nil } }
            state.reports.updateValue(found, forKey: entry.key)
        }
        for entry in entries { take(entry) }
        state.seen = revision
        guard state.reports.count != min(count, Self.maxMembers) else { return }
        // Somebody has gone.
        let all = try await client.read([.prefix(state.folder, most: Self.maxMembers)])
        let present = Set(all.found[0].map(\.key))
        for key in state.reports.keys where !present.contains(key) {
            state.reports[key] = nil
            complaints.note(nil, of: key)
        }
        for entry in all.found[0] { take(entry) }
        state.seen = all.revision
    }

    /// May this member tell others something, and go by what they tell?
    func isSharing(_ count: Int) -> Bool { presence.nameHolder == nil && presence.revision != 0 && count <= Self.maxMembers }

    /// Puts this member's report in the place of its last one, or waits until that is due.
    /// - Parameter report: nil: there is none.
    func publish<Report>(_ report: Report?, by state: MemberReports<Report>) async throws(EtcdError) {
        let key = state.folder + settings.member
        let isThere = (state.reports[key] ?? nil) == report
        guard report != state.published || !isThere else { return state.due = nil }
        let due = state.time &+ Self.reportPause
        guard state.time == 0 || due <= loop.now else { return state.due = due }
        var change = EtcdChange.delete(key)
        if let report {
            guard let text = EtcdMessage.encode(report), let sealed = SealedDocument.seal(text, at: key, with: settings.secret)
            else { return }
            change = .put(key, sealed, lease: presence.lease)
        }
        let outcome = try await client.transact(
            if: [.wasMade(settings.members + settings.member, revision: presence.revision)], [change])
        // Else the name is another member's by now, which the next look tells.
        (state.published, state.time, state.due) = (outcome.isDone ? report : nil, loop.now, nil)
        lookSoon()
    }
}
