import Synchronization

/// What all workers know of one server now. On a request's way it is atomics; the lock is for changes of health alone.
///
/// It outlives a plan: a new plan's server of the same identity takes it over, so that a reload forgets nothing.
package final class ServerRecord: Sendable {
    /// What keeps a server from its full share; empty for nearly every server at nearly every time.
    struct Standing: OptionSet {
        let rawValue: UInt32

        /// Probes say that it is unhealthy.
        static let unhealthy = Standing(rawValue: 1)
        static let ejected = Standing(rawValue: 2)
        /// Its circuit is open, or half-open.
        static let open = Standing(rawValue: 4)
        /// It has just come back: slow start.
        static let warming = Standing(rawValue: 8)
        /// It takes no new work but from those who are stuck to it.
        static let draining = Standing(rawValue: 16)
        /// Nor from those.
        static let disabled = Standing(rawValue: 32)
        /// A weight was ordered, its own or another's of its group: the group's schedule does not hold.
        static let reweighted = Standing(rawValue: 64)
        /// It has asked for calm: others are asked first.
        static let resting = Standing(rawValue: 128)
        /// What is ordered, and no matter of health.
        static let ordered: Standing = [.draining, .disabled, .reweighted]
        /// What a change of health leaves as it is.
        static let kept: Standing = ordered.union(.resting)
    }

    private let standing = Atomic<UInt32>(0)
    private let orders = Mutex(Orders())
    private let openUntil = Atomic<UInt64>(0)
    private let ejectedUntil = Atomic<UInt64>(0)
    private let warmFrom = Atomic<UInt64>(0)
    private let restUntil = Atomic<UInt64>(0)
    private let inFlight = Atomic<Int>(0)
    private let begun = Atomic<Int>(0)
    private let lastBegun = Atomic<UInt64>(0)
    private let latency = Atomic<UInt64>(PeakEWMA().word)
    /// A success would change the health: only then it takes the lock.
    private let wantsSuccess = Atomic<Bool>(false)
    private let hasChanges = Atomic<Bool>(false)
    private let isUnresolved = Atomic<Bool>(false)
    private let addressTurns = Atomic<Int>(0)
    /// Below 0: none.
    private let weightOrder = Atomic<Int>(-1)
    private let cold = Mutex(Cold())
    private let signal: HealthSignal

    /// What decides whether it takes new work, besides its health.
    private struct Orders {
        var order = ServerOrder.none
        /// As the configuration in use says.
        var isDrained = false
        /// Has a server of its group a weight that was ordered?
        var isReweighted = false
    }

    private struct Cold {
        var health = ServerHealth()
        var changes: [ServerHealth.Change] = []
        /// Why its name has no new addresses.
        var unresolved: String?
    }

    /// Changes that nobody has fetched yet; more are dropped.
    private static let mostChanges = 64

    /// - Parameter signal: is told of each change.
    package init(_ signal: HealthSignal = HealthSignal()) { self.signal = signal }

    // MARK: Counting

    /// Exchanges and tunnels under way, over all workers.
    package var load: Int { inFlight.load(ordering: .relaxed) }

    /// All that it was ever sent.
    package var total: Int { begun.load(ordering: .relaxed) }

    /// Takes room for one more.
    /// - Parameters:
    ///   - limit: how many may be under way; 0: any number.
    ///   - now: monotonic nanoseconds.
    func begin(atMost limit: Int, now: UInt64) -> Bool {
        guard inFlight.wrappingAdd(1, ordering: .relaxed).newValue <= limit || limit == 0 else {
            inFlight.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
        begun.wrappingAdd(1, ordering: .relaxed)
        lastBegun.store(now, ordering: .relaxed)
        return true
    }

    func end() { inFlight.wrappingSubtract(1, ordering: .relaxed) }

    /// Where a worker begins to use the addresses of the server's name: each elsewhere.
    func takeAddressTurn() -> Int { addressTurns.wrappingAdd(1, ordering: .relaxed).oldValue }

    // MARK: Answer times

    /// Microseconds; 0 before the first answer.
    var averageLatency: Float { PeakEWMA(word: latency.load(ordering: .relaxed)).average }

    func add(latency duration: UInt64, now: UInt64) {
        var old = latency.load(ordering: .relaxed)
        // A worker that loses twice to others leaves its sample out: an average does not miss it.
        for _ in 0..<2 {
            let (exchanged, seen) = latency.compareExchange(
                expected: old, desired: PeakEWMA(word: old).adding(duration, now: now).word, ordering: .relaxed)
            if exchanged { return }
            old = seen
        }
    }

    /// Has it been sent something since then that it has not answered, and has it answered nothing well since?
    /// - Parameter time: monotonic nanoseconds.
    func owesAnswer(since time: UInt64) -> Bool {
        guard load > 0, lastBegun.load(ordering: .relaxed) >= time,
            standing.load(ordering: .relaxed) & Standing.ejected.rawValue == 0
        else { return false }
        return !PeakEWMA(word: latency.load(ordering: .relaxed)).hasAnswered(since: time)
    }

    // MARK: Standing

    /// Is there nothing to be said against it? One load.
    var isPlain: Bool { standing.load(ordering: .relaxed) == 0 }

    /// Its standing now; ends what has run out.
    func standing(now: UInt64, _ settings: ServerHealth.Settings) -> Standing {
        let found = Standing(rawValue: standing.load(ordering: .relaxed))
        if found.isEmpty { return found }
        if found.contains(.resting), now >= restUntil.load(ordering: .relaxed) {
            standing.bitwiseAnd(~Standing.resting.rawValue, ordering: .relaxed)
            return standing(now: now, settings)
        }
        let isBack = found.contains(.ejected) && now >= ejectedUntil.load(ordering: .relaxed)
        let isWarm = found.contains(.warming) && now &- warmFrom.load(ordering: .relaxed) >= settings.slowStart
        guard isBack || isWarm else { return found }
        change(now, settings) { $0.review(now: now, settings) }
        return Standing(rawValue: standing.load(ordering: .relaxed))
    }

    /// Until then it gets only what no other server can take.
    /// - Parameter time: monotonic nanoseconds.
    func rest(until time: UInt64) {
        restUntil.store(time, ordering: .relaxed)
        standing.bitwiseOr(Standing.resting.rawValue, ordering: .releasing)
    }

    /// When a trial may be made; only while the circuit is open.
    var trialTime: UInt64 { openUntil.load(ordering: .relaxed) }

    /// Makes the caller's request the trial of an open circuit, if its time has come and nobody else was faster.
    func claimTrial(now: UInt64, _ settings: ServerHealth.Settings) -> Bool {
        let due = openUntil.load(ordering: .relaxed)
        let end = now &+ settings.breaker.trialTime
        guard now >= due, openUntil.compareExchange(expected: due, desired: end, ordering: .relaxed).exchanged else {
            return false
        }
        cold.withLock { $0.health.beganTrial(until: end) }
        return true
    }

    /// The share of its weight that a server in slow start gets, in thousandths: from a tenth on, in a straight line.
    func warmth(now: UInt64, _ settings: ServerHealth.Settings) -> Int {
        guard settings.slowStart > 0 else { return 1000 }
        let elapsed = min(now &- warmFrom.load(ordering: .relaxed), settings.slowStart)
        return 100 + Int(elapsed * 900 / settings.slowStart)
    }

    /// From now on it takes no new work, or does again.
    func setDraining(_ isDraining: Bool) { change { $0.isDrained = isDraining } }

    /// From now on an operator's order holds.
    package func obey(_ order: ServerOrder) { change { $0.order = order } }

    /// From now on it has this weight, whatever the configuration says.
    /// - Parameter weight: nil: as the configuration says. It holds when the group is told: `UpstreamServer.obeyWeights`.
    package func obey(weight: Int?) { weightOrder.store(weight ?? -1, ordering: .relaxed) }

    /// The weight that was ordered; nil: as the configuration says.
    var orderedWeight: Int? {
        let weight = weightOrder.load(ordering: .relaxed)
        return weight < 0 ? nil : weight
    }

    func setReweighted(_ isReweighted: Bool) { change { $0.isReweighted = isReweighted } }

    /// Does its group's schedule not hold?
    var isReweighted: Bool { standing.load(ordering: .relaxed) & Standing.reweighted.rawValue != 0 }

    /// What was ordered last.
    package var order: ServerOrder { orders.withLock { $0.order } }

    /// Does it take no new work, or only from those who are stuck to it?
    package var isDraining: Bool { standing.load(ordering: .relaxed) & Standing.draining.rawValue != 0 }
    package var isDisabled: Bool { standing.load(ordering: .relaxed) & Standing.disabled.rawValue != 0 }

    private func change(_ body: (inout Orders) -> Void) {
        orders.withLock { orders in
            body(&orders)
            var bits: Standing =
                switch orders.order {
                case .none: orders.isDrained ? .draining : []
                case .enabled: []
                case .draining: .draining
                case .disabled: [.draining, .disabled]
                }
            if orders.isReweighted { bits.insert(.reweighted) }
            standing.bitwiseAnd(~Standing.ordered.rawValue | bits.rawValue, ordering: .relaxed)
            standing.bitwiseOr(bits.rawValue, ordering: .relaxed)
        }
    }

    // MARK: Health

    func failed(
        _ fault: ServerHealth.Fault, reason: String, began: UInt64?, now: UInt64, kind: String, mayEject: Bool,
        _ settings: ServerHealth.Settings
    ) {
        let total = total
        change(now, settings) {
            $0.failed(
                fault, reason: reason, requests: total, began: began, now: now, kind: kind, mayEject: mayEject, settings)
        }
    }

    func succeeded(now: UInt64, _ settings: ServerHealth.Settings) {
        guard wantsSuccess.load(ordering: .relaxed) else { return }
        change(now, settings) { $0.succeeded(now: now) }
    }

    func probed(_ probe: ProbeHistory.Last, now: UInt64, _ settings: ServerHealth.Settings) {
        change(now, settings) { $0.probed(probe, now: now, settings) }
    }

    func confirmed(_ probe: ProbeHistory.Last, now: UInt64, _ settings: ServerHealth.Settings) {
        change(now, settings) { $0.probed(probe, isConfirmed: true, now: now, settings) }
    }

    /// What its probes say; one load.
    var isHealthyByProbes: Bool { standing.load(ordering: .relaxed) & Standing.unhealthy.rawValue == 0 }

    /// What became of looking its name up.
    /// - Parameter failure: in words; nil if it has addresses.
    func named(failure: String?) {
        guard failure != nil || isUnresolved.load(ordering: .relaxed) else { return }
        cold.withLock { cold in
            guard cold.unresolved != failure else { return }
            cold.unresolved = failure
            isUnresolved.store(failure != nil, ordering: .relaxed)
            guard cold.changes.count < Self.mostChanges else { return }
            cold.changes.append(failure.map { .unresolved(reason: $0) } ?? .resolved)
            hasChanges.store(true, ordering: .relaxed)
            signal.raise()
        }
    }

    /// Why its name could not be looked up the last time, for reports; nil if it could.
    package var unresolved: String? { cold.withLock { $0.unresolved } }

    /// A copy of the whole health, for reports.
    package var health: ServerHealth { cold.withLock { $0.health } }

    /// The changes since the last call, for the log.
    package func takeChanges() -> [ServerHealth.Change] {
        guard hasChanges.load(ordering: .relaxed) else { return [] }
        return cold.withLock { cold in
            defer { cold.changes.removeAll() }
            hasChanges.store(false, ordering: .relaxed)
            return cold.changes
        }
    }

    private func change(
        _ now: UInt64, _ settings: ServerHealth.Settings, _ body: (inout ServerHealth) -> [ServerHealth.Change]
    ) {
        cold.withLock { cold in
            let changes = body(&cold.health)
            publish(cold.health, now, settings)
            guard !changes.isEmpty else { return }
            cold.changes += changes.prefix(Self.mostChanges - cold.changes.count)
            hasChanges.store(true, ordering: .relaxed)
            signal.raise()
        }
    }

    /// Makes the health visible to requests. Times go first, so that a flag is never seen with an older time that has run out.
    private func publish(_ health: ServerHealth, _ now: UInt64, _ settings: ServerHealth.Settings) {
        openUntil.store(health.breaker.blockedUntil ?? 0, ordering: .relaxed)
        ejectedUntil.store(health.ejection.until ?? 0, ordering: .relaxed)
        warmFrom.store(health.recoveredAt, ordering: .relaxed)
        wantsSuccess.store(!health.isUntouched, ordering: .relaxed)
        var bits: Standing = []
        if !health.probes.isHealthy { bits.insert(.unhealthy) }
        if health.ejection.until != nil { bits.insert(.ejected) }
        if health.breaker.blockedUntil != nil { bits.insert(.open) }
        if health.recoveredAt > 0, now &- health.recoveredAt < settings.slowStart { bits.insert(.warming) }
        // In one step each, so that what is ordered in between stays.
        standing.bitwiseAnd(bits.rawValue | Standing.kept.rawValue, ordering: .relaxed)
        standing.bitwiseOr(bits.rawValue, ordering: .releasing)
    }
}
