package import ACME
import EventLoop
import Logging

/// Certificates: one member at a time leads. It asks authorities, and all have what it gets.
extension FleetMember: RenewalSharing {
    /// This member's part in leading.
    struct Leadership {
        /// Does somebody here get certificates, and hear what others have got?
        var isCandidate = false
        /// The revision that our term began with, which fences what is written in it; nil: we do not lead.
        var term: Int64?
        /// Has all been read here that others did before our term?
        var isCurrent = false
        /// Until when others are given the chance to lead: monotonic nanoseconds.
        var pause: UInt64 = 0

        /// May authorities be asked, as far as is known here?
        var isReady: Bool { term != nil && isCurrent }
    }

    /// - Parameter body: is called with what others have done; see `RenewalSharing`.
    package func onEvent(_ body: (@Sendable (RenewalEvent) async -> Void)?) {
        eventHandler = body
        // What has come before is handed on anew.
        sharedFiles.takeAllAgain()
        proofsInUse = nil
        forgetDemands()
        leadership.isCandidate = leadership.isCandidate && body != nil
        lookSoon()
    }

    /// Whether this member leads; see `RenewalSharing`.
    package func isLeader() -> Bool {
        if !leadership.isCandidate {
            leadership.isCandidate = true
            lookSoon()
        }
        return leadership.isReady && loop.now < presence.leaseEnd
    }

    /// The revision that our term began with.
    /// - Throws: `.storage`: another member leads.
    func requireTerm() throws(ACMEError) -> Int64 {
        guard let term = leadership.term else { throw .storage("another member is the leader, which gets certificates") }
        return term
    }

    /// Writes something if our term goes on.
    /// - Returns: the revision that the changes are of.
    @discardableResult
    func commit(_ changes: [EtcdChange], in term: Int64) async throws(ACMEError) -> Int64 {
        let outcome: EtcdOutcome
        do {
            outcome = try await withTaskExecutorPreference(loop) {
                try await sharingClient.transact(if: [.wasMade(settings.leader, revision: term)], changes)
            }
        } catch {
            throw .storage("the fleet's certificates cannot be kept: \(error)")
        }
        guard outcome.isDone else {
            endTerm()
            throw .storage("another member is the leader by now, which gets certificates")
        }
        if !changes.isEmpty {
            log.debug("written as the leader", metadata: ["revision": "\(outcome.revision)", "term": "\(term)"])
        }
        return outcome.revision
    }

    // MARK: Looking

    /// Becomes the leader if there is none, or notes that somebody else is.
    func follow(leader found: EtcdEntry?) async throws(EtcdError) {
        if let found {
            guard found.created == leadership.term else {
                endTerm()
                // Etcd's answer has not reached us, who have made it: nobody else's hangs on our lease.
                return isOnOurLease(found) ? beginTerm(found.created) : ()
            }
            guard !leadership.isCandidate else { return }
            // Nobody here gets certificates any more: others need not wait for our end.
            _ = try await client.transact(if: [.wasMade(settings.leader, revision: found.created)], [.delete(settings.leader)])
            return endTerm()
        }
        endTerm()
        guard leadership.isCandidate, presence.lease != 0, eventHandler != nil, presence.nameHolder == nil,
            leadership.pause <= loop.now
        else { return }
        let outcome = try await client.transact(
            if: [.wasMade(settings.leader, revision: 0)],
            [.put(settings.leader, Array(settings.member.utf8), lease: presence.lease)])
        guard outcome.isDone else { return lookSoon() }
        beginTerm(outcome.revision)
    }

    private func beginTerm(_ revision: Int64) {
        leadership.term = revision
        // All that others have got is here before anybody is asked for anything.
        leadership.isCurrent = false
        log.notice(
            "this member is the leader: it gets the fleet's certificates",
            metadata: ["fleet": "\(settings.name)", "member": "\(settings.member)"])
        lookSoon()
    }

    func endTerm() {
        guard leadership.term != nil else { return }
        leadership.term = nil
        leadership.isCurrent = false
        sharedFiles.forgetOurs()
        log.notice("this member is the leader no more", metadata: ["fleet": "\(settings.name)"])
    }

    // MARK: Resigning

    /// So long, in nanoseconds, who has resigned leaves it to others.
    private static let pauseAfterTerm: UInt64 = 60_000_000_000

    /// Lets another member lead, if there is one that would and whose disk takes what others have got. See `RenewalSharing`.
    package func resign(_ reason: String) async {
        guard let term = leadership.term else { return }
        do {
            let heir = try await withTaskExecutorPreference(loop) { try await resign(from: term) }
            guard let heir else { return }
            leadership.pause = loop.now &+ Self.pauseAfterTerm
            endTerm()
            log.warning(
                "the leader resigns: it cannot keep certificates",
                metadata: ["fleet": "\(settings.name)", "reason": "\(reason)", "heir": "\(heir)", "key": "server.state_dir"])
        } catch {
            log.debug("the leader could not resign", metadata: ["reason": "\(error)"])
        }
    }

    /// - Returns: who could lead; nil: nobody, and this member goes on.
    private func resign(from term: Int64) async throws(EtcdError) -> String? {
        let found = try await sharingClient.read([.prefix(settings.members, most: Self.maxMembers)]).found[0]
        let heir = records(of: found).first { record in
            record.member != settings.member && record.follows && record.isCandidate == true
                && !record.problems.contains { $0.hasPrefix("\(Self.disk): ") }
        }
        guard let heir else { return nil }
        // If another one leads by now, that is as good.
        _ = try await sharingClient.transact(if: [.wasMade(settings.leader, revision: term)], [.delete(settings.leader)])
        return heir.member
    }
}
