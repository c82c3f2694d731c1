import ACME
import EventLoop
import FoundationEssentials
import Logging

/// That this member is there, and what it tells of itself.
extension FleetMember {
    /// Seconds: who tells nothing of itself for so long is not shown as a member any more.
    private static let leaseTime: UInt64 = 20
    /// So long, in nanoseconds, figures are not told again, however they change.
    private static let figurePause: UInt64 = 15_000_000_000

    func keepLease() async throws(EtcdError) {
        let start = loop.now
        if lease != 0, try await !client.keepAlive(lease) {
            lease = 0
            loseTurn()
        }
        if lease == 0 {
            lease = try await client.grant(seconds: Int64(Self.leaseTime))
            (published, ourPlace) = (nil, 0)
            (probeReports.published, demandReports.published) = (nil, nil)
        }
        leaseEnd = start + Self.leaseTime * 1_000_000_000
    }

    /// Have we made it, in this life?
    func isOnOurLease(_ entry: EtcdEntry) -> Bool { lease != 0 && entry.lease == lease }

    /// - Parameter found: what stands in our place.
    func tellOfOurselves(_ found: EtcdEntry?) async throws(EtcdError) {
        if ourPlace == 0 || found?.created != ourPlace { published = nil }
        // Etcd's answer may not have reached us when it was made.
        if let found, isOnOurLease(found) { ourPlace = found.created }
        if figureTime <= loop.now {
            figures = await deployment.figures
            figures?.wishes = ownWishes
            figureTime = loop.now + Self.figurePause
        }
        let record = MemberRecord(
            member: settings.member, started: started, tickets: ring?.number ?? 0, follows: eventHandler != nil,
            proofs: proofsInUse ?? 0, configuration: configurationInUse, refused: refusedConfiguration?.number ?? 0,
            refusal: refusedConfiguration?.reason, problems: complaints.values.sorted(), instance: instance, figures: figures,
            wantsTurn: wantsTurn)
        guard record != published else { return }
        let place = settings.members + settings.member
        guard let text = EtcdMessage.encode(record), let sealed = SealedDocument.seal(text, at: place, with: settings.secret)
        else { return }
        // One that we have made may have gone with an earlier lease.
        let isOurs = found != nil && found?.created == ourPlace
        let outcome = try await client.transact(
            if: [.wasMade(place, revision: isOurs ? ourPlace : 0)], [.put(place, sealed, lease: lease)], otherwise: [.key(place)])
        if outcome.isDone {
            published = record
            if !isOurs { ourPlace = outcome.revision }
            noteHolder(nil)
        } else if let other = outcome.found[0].first {
            try await meet(other)
        } else {
            lookSoon()
        }
    }

    /// Somebody else has our name: what we were before we were started again, or another gateway.
    private func meet(_ entry: EtcdEntry) async throws(EtcdError) {
        ourPlace = 0
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
        defer { nameHolder = holder }
        guard holder != nameHolder else { return }
        if let holder {
            log.error(
                "another member of the fleet has this one's name: this one is not shown, and has no turn",
                metadata: [
                    "fleet": "\(settings.name)", "member": "\(settings.member)", "holder": "\(holder)", "key": "fleet.member",
                    "help": "give each member a name of its own",
                ])
            loseTurn()
        } else {
            log.notice(
                "the name in the fleet is this member's again",
                metadata: ["fleet": "\(settings.name)", "member": "\(settings.member)"])
        }
    }

    /// For who looks from other threads.
    /// - Parameter began: when what was looked at was asked for.
    func publishStatus(_ snapshot: FleetSnapshot, began: UInt64) {
        let isUpToDate = complaints.isEmpty && configurationInUse == lastConfiguration && nameHolder == nil
        let others = snapshot.members.map(views)
        let othersWishes = receivedDemands.values.reduce(0) { $0 + $1.wishes.count }
        board.say { status in
            status.lastContact = loop.now
            status.wasInUse = isUpToDate
            if isUpToDate { status.upToDate = began }
            status.members = snapshot.memberCount
            (status.configuration, status.newestConfiguration) = (configurationInUse, lastConfiguration)
            (status.wishes, status.othersWishes) = (ownWishes, othersWishes)
            (status.hasTurn, status.nameHolder) = (turn != nil, nameHolder)
            status.problems = complaints.values.sorted() + (refusedConfiguration.map { ["configuration \($0): \($1)"] } ?? [])
            status.others = others ?? []
        }
    }

    /// Those that can be read.
    private func views(of entries: [EtcdEntry]) -> [FleetMemberView] {
        records(of: entries).map { FleetMemberView($0) }
    }

    /// Others see at once that we are gone.
    func leave() async {
        guard lease != 0, failures == 0 else { return }
        let client = EtcdClient(settings.etcd, waiter, timeout: 1_000_000_000)
        try? await client.revoke(lease)
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
