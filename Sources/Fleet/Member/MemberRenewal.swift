package import ACME
import EventLoop
import Logging
import TLS

/// Certificates: one member at a time asks authorities, and all have what it gets.
extension FleetMember: RenewalSharing {
    /// - Parameter body: is called with what others have done; see `RenewalSharing`.
    package func onEvent(_ body: (@Sendable (RenewalEvent) async -> Void)?) {
        eventHandler = body
        // What has come before is handed on anew.
        (sharedFiles.pulled, sharedFiles.takenChange) = (0, nil)
        proofsInUse = nil
        forgetDemands()
        wantsTurn = wantsTurn && body != nil
        lookSoon()
    }

    /// Whether it is this member's turn; see `RenewalSharing`.
    package func hasTurn() -> Bool {
        if !wantsTurn {
            wantsTurn = true
            lookSoon()
        }
        return turn != nil && loop.now < presence.leaseEnd && isCurrent
    }

    /// Has all others show these proofs; see `RenewalSharing`.
    package func show(_ proofs: SharedProofs) async throws(ACMEError) {
        guard let turn else { throw .storage("it is another member's turn to get certificates") }
        guard let text = EtcdMessage.encode(proofs),
            let sealed = SealedDocument.seal(text, at: settings.proofs, with: settings.secret)
        else { throw .storage("the proofs cannot be encrypted") }
        let isNone = proofs == SharedProofs()
        let change: EtcdChange = isNone ? .delete(settings.proofs) : .put(settings.proofs, sealed, lease: presence.lease)
        let revision = try await commit([change], turn)
        if !isNone { await waitForOthers(revision) }
    }

    /// So long, in nanoseconds, others may take to show proofs. Whoever is slower may be asked in vain, and authorities ask
    /// again.
    private static let proofTimeout: UInt64 = 3_000_000_000

    /// - Returns: the revision that the changes are of.
    @discardableResult
    func commit(_ changes: [EtcdChange], _ turn: Int64) async throws(ACMEError) -> Int64 {
        let outcome: EtcdOutcome
        do {
            outcome = try await withTaskExecutorPreference(loop) {
                try await sharingClient.transact(if: [.wasMade(settings.turn, revision: turn)], changes)
            }
        } catch {
            throw .storage("the fleet's certificates cannot be kept: \(error)")
        }
        guard outcome.isDone else {
            loseTurn()
            throw .storage("it is another member's turn to get certificates by now")
        }
        if !changes.isEmpty {
            log.debug("written in this member's turn", metadata: ["turn": "\(turn)", "revision": "\(outcome.revision)"])
        }
        return outcome.revision
    }

    /// Until all members show the proofs of a revision.
    private func waitForOthers(_ revision: Int64) async {
        let end = loop.now &+ Self.proofTimeout
        await withTaskExecutorPreference(loop) {
            while loop.now < end, !isStopped {
                guard let found = try? await sharingClient.read([.prefix(settings.members, most: Self.mostMembers)]).found[0]
                else { return }
                let others = records(of: found).filter { $0.member != settings.member && $0.follows }
                if others.allSatisfy({ $0.proofs >= revision }) { return }
                _ = await sharingWaiter.wait(timeout: 50_000_000)
            }
        }
    }

    static let mostMembers = 1000

    // MARK: Looking

    /// Takes the turn if nobody has it, or notes that it is somebody else's.
    func follow(turn found: EtcdEntry?) async throws(EtcdError) {
        if let found {
            guard found.created == turn else {
                loseTurn()
                // Etcd's answer has not reached us, who have made it: nobody else's hangs on our lease.
                return isOnOurLease(found) ? begin(turn: found.created) : ()
            }
            guard !wantsTurn else { return }
            // Nobody here gets certificates any more: others need not wait for our end.
            _ = try await client.transact(if: [.wasMade(settings.turn, revision: found.created)], [.delete(settings.turn)])
            return loseTurn()
        }
        loseTurn()
        guard wantsTurn, presence.lease != 0, eventHandler != nil, presence.nameHolder == nil, turnPause <= loop.now
        else { return }
        let outcome = try await client.transact(
            if: [.wasMade(settings.turn, revision: 0)], [.put(settings.turn, Array(settings.member.utf8), lease: presence.lease)])
        guard outcome.isDone else { return lookSoon() }
        begin(turn: outcome.revision)
    }

    /// Lets another member have it, if there is one that wants it and whose disk takes what others have got.
    /// See `RenewalSharing`.
    package func giveUpTurn(_ reason: String) async {
        guard let turn else { return }
        do {
            let heir = try await withTaskExecutorPreference(loop) { try await giveUp(turn) }
            guard let heir else { return }
            turnPause = loop.now &+ Self.turnRest
            loseTurn()
            log.warning(
                "the turn to get certificates is given up: this member cannot keep them",
                metadata: ["fleet": "\(settings.name)", "reason": "\(reason)", "heir": "\(heir)", "key": "server.state_dir"])
        } catch {
            log.debug("the turn could not be given up", metadata: ["reason": "\(error)"])
        }
    }

    /// So long, in nanoseconds, who has given it up leaves it to others.
    private static let turnRest: UInt64 = 60_000_000_000

    /// - Returns: who could have it; nil: nobody, and it is kept.
    private func giveUp(_ turn: Int64) async throws(EtcdError) -> String? {
        let found = try await sharingClient.read([.prefix(settings.members, most: Self.mostMembers)]).found[0]
        let heir = records(of: found).first { record in
            record.member != settings.member && record.follows && record.wantsTurn == true
                && !record.problems.contains { $0.hasPrefix("\(Self.disk): ") }
        }
        guard let heir else { return nil }
        // If it is another's by now, it is given up as well.
        _ = try await sharingClient.transact(if: [.wasMade(settings.turn, revision: turn)], [.delete(settings.turn)])
        return heir.member
    }

    /// Those that can be read.
    func records(of entries: [EtcdEntry]) -> [MemberRecord] {
        entries.compactMap { entry in
            (try? SealedDocument.open(entry.value, at: entry.key, with: settings.secret))
                .flatMap { EtcdMessage.decode(MemberRecord.self, $0) }
        }
    }

    private func begin(turn revision: Int64) {
        turn = revision
        // All that others have got is here before anybody is asked for anything.
        isCurrent = false
        log.notice(
            "it is this member's turn to get certificates",
            metadata: ["fleet": "\(settings.name)", "member": "\(settings.member)"])
        lookSoon()
    }

    func loseTurn() {
        guard turn != nil else { return }
        turn = nil
        isCurrent = false
        // What was written here meanwhile is not what counts.
        (sharedFiles.pulled, sharedFiles.takenChange) = (0, nil)
        sharedFiles.marks = [:]
        log.notice("it is another member's turn to get certificates", metadata: ["fleet": "\(settings.name)"])
    }

    /// Shows what others prove names with.
    func follow(proofs entry: EtcdEntry?) async {
        guard let eventHandler, turn == nil, entry?.revision != proofsInUse else { return }
        if let entry {
            guard let proofs = opened(entry, as: { EtcdMessage.decode(SharedProofs.self, $0) }) else { return }
            await eventHandler(.proofs(proofs))
        } else {
            await eventHandler(.proofs(SharedProofs()))
        }
        proofsInUse = entry?.revision
    }
}
