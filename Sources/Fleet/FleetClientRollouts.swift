import EventLoop

/// Roll-outs in stages, as an operator begins, follows and undoes them.
extension FleetClient {
    /// The last one; nil: there was none.
    package func rollout() async throws(Failure) -> FleetRollout? { try await presentRollout()?.rollout }

    /// Makes one member use this configuration, and the others after it, as long as all goes well; see `FleetRollout`.
    /// - Parameter time: now, in seconds since 1970.
    /// - Returns: the roll-out that has begun.
    /// - Throws: why it cannot begin: the text is wrong, nothing was pushed yet, or somebody else was faster.
    package func rollOut(
        _ text: String, terms: FleetRollout.Terms, author: String, time: Int64
    ) async throws(Failure) -> FleetRollout {
        try check(text)
        let prepared = try await prepare(text, author: author, time: time)
        guard let base = prepared.base else {
            throw Failure(
                description: "nothing was pushed yet, so that there is nothing to go back to: push once without --staged")
        }
        // A member that is as the others are comes first.
        let members = try await members()
        let first = members.filter { $0.configuration == base && $0.problems.isEmpty && $0.refused == nil }.first ?? members.first
        guard let first else { throw Failure(description: "the fleet has no member at the moment") }
        let rollout = FleetRollout(
            number: prepared.next.number, base: base, members: [first.name], terms: terms, author: author)
        let (store, more) = (store, (Array(prepared.conditions.prefix(1)), prepared.changes))
        let isDone = try await asking { _ throws(EtcdError) in
            try await store.write(rollout, over: prepared.rollout, holding: FleetRollout.answerTime, more)
        }
        guard isDone else { throw Failure(description: "somebody else has pushed a configuration just now") }
        return rollout
    }

    /// Ends a roll-out that is under way: what was in use before is in use again.
    /// - Returns: nil if none is.
    package func undoRollout(author: String) async throws(Failure) -> FleetRollout? {
        // A member may make a step at the same moment.
        for _ in 0..<5 {
            guard let present = try await presentRollout(), present.rollout.isRunning else { return nil }
            let (store, step) = (store, RolloutStep.undo(reason: "by \(author)"))
            let isDone = try await asking { _ throws(EtcdError) in try await store.make(step, of: present) }
            if isDone { return try await rollout() }
        }
        throw Failure(description: "the roll-out changes all the time: try again")
    }

    /// Waits until a roll-out is in another state.
    /// - Parameter known: the state that is known.
    package func nextState(of known: FleetRollout) async throws(Failure) -> FleetRollout {
        while true {
            guard let found = try await rollout(), found.number == known.number else {
                throw Failure(description: "the roll-out of configuration \(known.number) is not in etcd any more")
            }
            if found != known { return found }
            _ = await waiter.wait(timeout: 250_000_000)
        }
    }

    private var store: RolloutStore { RolloutStore(settings: settings, client: client) }

    private func presentRollout() async throws(Failure) -> RolloutStore.Present? {
        try await read(.key(settings.rollout)).first.map { entry throws(Failure) in
            RolloutStore.Present(rollout: try open(entry, as: FleetRollout.self), revision: entry.revision)
        }
    }
}
