import EventLoop
import TLS

/// Roll-outs as etcd keeps them. Each step is one transaction, which nothing comes of if anybody has changed anything since it
/// was looked at: so a member that was paused or cut off makes none, and it does not matter who makes one.
struct RolloutStore {
    let settings: FleetMemberSettings
    let client: EtcdClient

    /// A roll-out as it was read.
    struct Present {
        var rollout: FleetRollout
        /// The revision of the roll-out's document.
        var revision: Int64
    }

    /// Makes a step.
    /// - Returns: false: somebody else was faster.
    nonisolated(nonsending) func make(_ step: RolloutStep, of present: Present) async throws(EtcdError) -> Bool {
        var next = present.rollout
        switch step {
        case .wait: return true
        case .watch:
            next.phase = .watching
            return try await write(next, over: present, holding: Int64(next.terms.watch))
        case .advance(let stage, let members):
            (next.stage, next.phase, next.members) = (stage, .taking, members)
            let isLast = stage == FleetRollout.stages - 1
            let pushed = isLast ? try await publishing(next) : ([], [])
            return try await write(next, over: present, holding: FleetRollout.answerTime, pushed)
        case .finish:
            next.phase = .done
            return try await write(next, over: present, holding: nil)
        case .undo(let reason):
            (next.phase, next.reason) = (.undone, reason)
            return try await write(next, over: present, holding: nil, try await restoring(next))
        }
    }

    /// - Parameters:
    ///   - seconds: the phase has, nil: it has no end.
    ///   - more: further conditions and changes.
    nonisolated(nonsending) func write(
        _ next: FleetRollout, over present: Present?, holding seconds: Int64?,
        _ more: (conditions: [EtcdCondition], changes: [EtcdChange]) = ([], [])
    ) async throws(EtcdError) -> Bool {
        let document = try seal(next, at: settings.rollout)
        var changes = more.changes
        var lease: Int64 = 0
        if let seconds {
            lease = try await client.grant(seconds: seconds)
            changes.append(.put(settings.rolloutHold, [], lease: lease))
        } else {
            changes.append(.delete(settings.rolloutHold))
        }
        let isDone = try await client.put(
            document, at: settings.rollout, if: [.isOf(settings.rollout, revision: present?.revision ?? 0)] + more.conditions,
            with: changes)
        if !isDone, lease != 0 { try await client.revoke(lease) }
        return isDone
    }

    /// What makes the configuration of a roll-out that of all members.
    private nonisolated(nonsending) func publishing(
        _ rollout: FleetRollout
    ) async throws(EtcdError) -> ([EtcdCondition], [EtcdChange]) {
        let key = settings.history(rollout.number)
        let found = try await client.read([.key(key), .key(settings.configuration)]).found
        let candidate: FleetConfiguration = try open(found[0].first, at: key)
        let document = try seal(candidate, at: settings.configuration)
        return (
            [.isOf(settings.configuration, revision: found[1].first?.revision ?? 0)], [.put(settings.configuration, document)]
        )
    }

    /// What makes the configuration before it that of all members again, as a new number.
    private nonisolated(nonsending) func restoring(
        _ rollout: FleetRollout
    ) async throws(EtcdError) -> ([EtcdCondition], [EtcdChange]) {
        let key = settings.history(rollout.base)
        let found = try await client.read([.key(key), .key(settings.configuration)]).found
        var restored: FleetConfiguration = try open(found[0].first, at: key)
        restored.number = rollout.number + 1
        restored.author = "the roll-out of \(rollout.number)"
        restored.time = Int64(realtimeNanoseconds() / 1_000_000_000)
        restored.withdraws = rollout.number
        let copy = settings.history(restored.number)
        return (
            [.isOf(settings.configuration, revision: found[1].first?.revision ?? 0)],
            [
                .put(settings.configuration, try seal(restored, at: settings.configuration)),
                .put(copy, try seal(restored, at: copy)),
            ]
        )
    }

    private func seal(_ content: some Encodable, at key: String) throws(EtcdError) -> [UInt8] {
        guard let bytes = EtcdMessage.encode(content), let sealed = SealedDocument.seal(bytes, at: key, with: settings.secret)
        else { throw .malformed("\(key) cannot be encrypted") }
        return sealed
    }

    private func open<Content: Decodable>(_ entry: EtcdEntry?, at key: String) throws(EtcdError) -> Content {
        guard let entry else { throw .malformed("\(key) is not there") }
        do throws(DocumentFault) {
            let bytes = try SealedDocument.open(entry.value, at: key, with: settings.secret)
            guard let content = EtcdMessage.decode(Content.self, bytes) else { throw .malformed }
            return content
        } catch {
            throw .malformed("\(key): \(error)")
        }
    }
}
