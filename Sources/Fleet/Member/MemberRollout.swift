import EventLoop
import Logging

/// A configuration that comes into use in stages. Nobody directs it: whichever member sees that a step is due makes it, on the
/// condition that nobody else has. How long a stage is watched is told by a lease of etcd.
extension FleetMember {
    /// Of all members about so many look at the others at a time, in a large fleet.
    private static let watchers = 8

    /// Is this look to see all members, since a roll-out is under way?
    func looksAtRollout() -> Bool {
        guard let rollout, rollout.isRunning else { return false }
        let count = max(1, board.status?.members ?? 1)
        return count <= Self.watchers || Int.random(in: 0..<count) < Self.watchers
    }

    /// - Parameters:
    ///   - entry: the document; nil: there is none.
    ///   - isHeld: whether the present phase has time left.
    ///   - members: nil: they were not looked at.
    func follow(rollout entry: EtcdEntry?, isHeld: Bool, members: [EtcdEntry]?) async throws(EtcdError) {
        guard let entry, let found = opened(entry, as: { EtcdMessage.decode(FleetRollout.self, $0) }) else {
            rollout = nil
            return
        }
        if found != rollout { try await handle(found) }
        guard found.isRunning else { return }
        let store = RolloutStore(settings: settings, client: client)
        let present = RolloutStore.Present(rollout: found, revision: entry.revision)
        if found.members.contains(settings.member), let reason = configurations.badAnswers, configurations.inUse == found.number {
            // If somebody else makes a step first, or etcd does not answer, it is said again with the next look.
            let undo = RolloutStep.undo(reason: "the member \(settings.member) says: \(reason)")
            if try await make(undo, of: present, in: store) { configurations.badAnswers = nil }
            return
        }
        guard let members else { return }
        let records = members.compactMap { entry in
            (try? SealedDocument.open(entry.value, at: entry.key, with: settings.secret))
                .flatMap { EtcdMessage.decode(MemberRecord.self, $0) }
        }
        // Something that cannot be read is no reason to say that its member has gone.
        guard records.count == members.count else { return }
        _ = try await make(RolloutStep(found, records, isHeld: isHeld), of: present, in: store)
    }

    /// - Returns: false: somebody else was faster.
    private func make(
        _ step: RolloutStep, of present: RolloutStore.Present, in store: RolloutStore
    ) async throws(EtcdError) -> Bool {
        guard step != .wait else { return true }
        let isDone = try await store.make(step, of: present)
        if isDone, case .undo(let reason) = step {
            log.error(
                "the roll-out is undone",
                metadata: ["fleet": "\(settings.name)", "number": "\(present.rollout.number)", "reason": "\(reason)"])
        }
        lookSoon()
        return isDone
    }

    /// It is another stage, or another roll-out.
    private func handle(_ found: FleetRollout) async throws(EtcdError) {
        let isOurs = found.isRunning && found.members.contains(settings.member)
        // First of all: what fails here is heard with the next look.
        let candidate = isOurs && found.number > configurations.last ? try await candidate(found.number) : nil
        if found.number != rollout?.number || found.phase != rollout?.phase || found.stage != rollout?.stage {
            log.notice("the fleet's roll-out", metadata: ["fleet": "\(settings.name)", "state": "\(found.summary)"])
        }
        rollout = found
        lookSoon()
        guard found.isRunning else {
            configurations.badAnswers = nil
            return await deployment.endWatch()
        }
        guard isOurs else { return }
        if let candidate {
            take(candidate)
        } else if configurations.inUse == found.number, configurations.watched != found.number {
            // It was started again meanwhile.
            configurations.watched = found.number
            await deployment.watch(found.terms.rule) { [weak self] reason in await self?.note(badAnswers: reason) }
        }
    }

    /// The configuration that a roll-out is of; nil if it cannot be read.
    private func candidate(_ number: Int) async throws(EtcdError) -> FleetConfiguration? {
        guard let entry = try await client.read([.key(settings.history(number))]).found[0].first,
            let found = opened(entry, as: { EtcdMessage.decode(FleetConfiguration.self, $0) }), found.number == number
        else { return nil }
        return found
    }

    /// Answers have become worse since the configuration came into use.
    func note(badAnswers reason: String) {
        configurations.badAnswers = reason
        lookSoon()
    }

    /// The gateway has gone back to what was in use before by a rule of its own.
    /// - Parameter hash: of what was in use.
    package func rolledBack(from hash: String, _ reason: String) {
        guard configurations.inUse > 0, hash == configurations.hashInUse else { return }
        configurations.refused = (configurations.inUse, "admin.rollback_on has undone it: \(reason)")
        configurations.inUse = configurations.former
        configurations.hashInUse = ""
        lookSoon()
    }
}
