import ACME
import EventLoop
import FoundationEssentials
import Logging

/// That this member is there, and what it tells of itself.
extension FleetMember {
    /// This member as etcd has it, and is to have it.
    struct Presence {
        /// What is published of this member ends with it; 0: there is none.
        var lease: Int64 = 0
        /// Until when that lasts for certain, in monotonic nanoseconds.
        var leaseEnd: UInt64 = 0
        /// What is published, and the revision that it was first published with; nil and 0: nothing is there.
        var published: MemberRecord?
        var revision: Int64 = 0
        /// What there is here, as it was looked at last, and when that is done again, in monotonic nanoseconds.
        var figures: MemberFigures?
        var figureTime: UInt64 = 0
        /// Who has our name; nil: it is ours, as far as we know.
        var nameHolder: String?
    }

    /// Seconds: who tells nothing of itself for so long is not shown as a member any more.
    private static let leaseTime: UInt64 = 20
    /// So long, in nanoseconds, figures are not told again, however they change.
    private static let figurePause: UInt64 = 15_000_000_000

    func keepLease() async throws(EtcdError) {
        let start = loop.now
        if presence.lease != 0, try await !client.keepAlive(presence.lease) {
            presence.lease = 0
            endTerm()
        }
        if presence.lease == 0 {
            presence.lease = try await client.grant(seconds: Int64(Self.leaseTime))
            (presence.published, presence.revision) = (nil, 0)
            (probeReports.published, demandReports.published) = (nil, nil)
        }
        presence.leaseEnd = start + Self.leaseTime * 1_000_000_000
    }

    /// Have we made it, in this life?
    func isOnOurLease(_ entry: EtcdEntry) -> Bool { presence.lease != 0 && entry.lease == presence.lease }

    /// - Parameter found: what stands in our place.
    func tellOfOurselves(_ found: EtcdEntry?) async throws(EtcdError) {
        if presence.revision == 0 || found?.created != presence.revision { presence.published = nil }
        // Etcd's answer may not have reached us when it was made.
        if let found, isOnOurLease(found) { presence.revision = found.created }
        if presence.figureTime <= loop.now {
            presence.figures = await deployment.figures
            presence.figures?.wishes = demands.ownWishes
            presence.figureTime = loop.now + Self.figurePause
        }
        let record = MemberRecord(
            member: settings.member, started: started, tickets: ring?.number ?? 0, follows: eventHandler != nil,
            proofs: proofsInUse ?? 0, configuration: configurations.inUse, refused: configurations.refused?.number ?? 0,
            refusal: configurations.refused?.reason, problems: complaints.all, instance: instance,
            figures: presence.figures, isCandidate: leadership.isCandidate)
        guard record != presence.published else { return }
        let key = settings.members + settings.member
        guard let text = EtcdMessage.encode(record), let sealed = SealedDocument.seal(text, at: key, with: settings.secret)
        else { return }
        // One that we have made may have gone with an earlier lease.
        let isOurs = found != nil && found?.created == presence.revision
        let outcome = try await client.transact(
            if: [.wasMade(key, revision: isOurs ? presence.revision : 0)], [.put(key, sealed, lease: presence.lease)],
            otherwise: [.key(key)])
        if outcome.isDone {
            presence.published = record
            if !isOurs { presence.revision = outcome.revision }
            noteHolder(nil)
        } else if let other = outcome.found[0].first {
            try await meet(other)
        } else {
            lookSoon()
        }
    }

    /// Somebody else has our name: what we were before we were started again, or another gateway.
    private func meet(_ entry: EtcdEntry) async throws(EtcdError) {
        presence.revision = 0
        guard let record = opened(entry, as: { EtcdMessage.decode(MemberRecord.self, $0) }) else { return }
        if let other = record.instance, other.place == instance.place, other != instance, record.started <= started {
            // It has been killed, or goes on with its last clients; there is nobody to ask.
            _ = try await client.transact(if: [.isOf(entry.key, revision: entry.revision)], [.delete(entry.key)])
            return lookSoon()
        }
        let since = "since \(FleetTime.text(record.started))"
        noteHolder(record.instance.map { "process \($0.process) on \($0.host), \(since)" } ?? "one that runs \(since)")
    }

    private func noteHolder(_ holder: String?) {
        defer { presence.nameHolder = holder }
        guard holder != presence.nameHolder else { return }
        if let holder {
            log.error(
                "another member of the fleet has this one's name: this one is not shown, and never leads",
                metadata: [
                    "fleet": "\(settings.name)", "member": "\(settings.member)", "holder": "\(holder)", "key": "fleet.member",
                    "help": "give each member a name of its own",
                ])
            endTerm()
        } else {
            log.notice(
                "the name in the fleet is this member's again",
                metadata: ["fleet": "\(settings.name)", "member": "\(settings.member)"])
        }
    }

    /// For who looks from other threads.
    /// - Parameter began: when what was looked at was asked for.
    func publishStatus(_ snapshot: FleetSnapshot, began: UInt64) {
        let isUpToDate = complaints.isEmpty && configurations.inUse == configurations.last && presence.nameHolder == nil
        let others = snapshot.members.map(views)
        let othersWishes = demands.received.values.reduce(0) { $0 + $1.wishes.count }
        board.update { status in
            status.lastContact = loop.now
            status.wasInUse = isUpToDate
            if isUpToDate { status.upToDate = began }
            status.members = snapshot.memberCount
            (status.configuration, status.newestConfiguration) = (configurations.inUse, configurations.last)
            (status.wishes, status.othersWishes) = (demands.ownWishes, othersWishes)
            (status.isLeader, status.nameHolder) = (leadership.term != nil, presence.nameHolder)
            status.problems = complaints.all + (configurations.refused.map { ["configuration \($0): \($1)"] } ?? [])
            status.others = others ?? []
        }
    }

    static let maxMembers = 1000

    /// Those that can be read.
    func records(of entries: [EtcdEntry]) -> [MemberRecord] {
        entries.compactMap { entry in
            (try? SealedDocument.open(entry.value, at: entry.key, with: settings.secret))
                .flatMap { EtcdMessage.decode(MemberRecord.self, $0) }
        }
    }

    /// Those that can be read.
    private func views(of entries: [EtcdEntry]) -> [FleetMemberView] {
        records(of: entries).map { FleetMemberView($0) }
    }

    /// Others see at once that we are gone.
    func leave() async {
        guard presence.lease != 0, failures == 0 else { return }
        let client = EtcdClient(settings.etcd, waiter, timeout: 1_000_000_000)
        try? await client.revoke(presence.lease)
        client.close()
    }
}

/// Moments in words.
enum FleetTime {
    /// RFC 3339, in UTC.
    /// - Parameter seconds: since 1970.
    static func text(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}
