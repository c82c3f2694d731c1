import Synchronization

/// The state of one server, which all workers share. On a request's way it is atomics; the lock is for changes of health alone.
///
/// It outlives a plan: a new plan's server of the same identity takes it over, so that a reload forgets nothing.
package final class ServerState: Sendable {
    /// What keeps a server from its full share of requests; nearly always nothing.
    struct Impairments: OptionSet {
        let rawValue: UInt32

        /// Probes say that it is unhealthy.
        static let unhealthy = Impairments(rawValue: 1)
        static let ejected = Impairments(rawValue: 2)
        /// Its circuit is open, or half-open.
        static let circuitOpen = Impairments(rawValue: 4)
        /// It has just come back, and gets a growing part of its share.
        static let slowStart = Impairments(rawValue: 8)
        /// It takes no new work but that of sticky sessions.
        static let draining = Impairments(rawValue: 16)
        /// It takes no new work at all, not even that of sticky sessions.
        static let disabled = Impairments(rawValue: 32)
        /// An operator has overridden a weight, its own or another's of its group: the group's schedule does not hold.
        static let reweighted = Impairments(rawValue: 64)
        /// It has asked for calm (ENHANCE_YOUR_CALM): others are asked first.
        static let backingOff = Impairments(rawValue: 128)
        /// What an operator or the configuration says, and is no matter of health.
        static let administrative: Impairments = [.draining, .disabled, .reweighted]
        /// What a change of health leaves as it is.
        static let kept: Impairments = administrative.union(.backingOff)
    }

    private let impairments = Atomic<UInt32>(0)
    private let administration = Mutex(Administration())
    private let openUntil = Atomic<UInt64>(0)
    private let ejectedUntil = Atomic<UInt64>(0)
    private let slowStartBegan = Atomic<UInt64>(0)
    private let backOffUntil = Atomic<UInt64>(0)
    private let inFlight = Atomic<Int>(0)
    private let begun = Atomic<Int>(0)
    private let lastBegun = Atomic<UInt64>(0)
    private let latency = Atomic<UInt64>(PeakEWMA().word)
    /// A success would change the health: only then it takes the lock.
    private let wantsSuccess = Atomic<Bool>(false)
    private let hasChanges = Atomic<Bool>(false)
    private let isUnresolved = Atomic<Bool>(false)
    private let addressTurns = Atomic<Int>(0)
    /// An operator's; below 0: none.
    private let overriddenWeight = Atomic<Int>(-1)
    private let cold = Mutex(Cold())
    private let signal: HealthSignal

    /// What decides whether it takes new work, besides its health.
    private struct Administration {
        var state = ServerAdminState.none
        /// Does the configuration in use drain it?
        var isDrained = false
        /// Has a server of its group a weight that an operator has overridden?
        var isReweighted = false
    }

    private struct Cold {
        var health = ServerHealth()
        var changes: [ServerHealth.Change] = []
        /// Why its name has no new addresses.
        var unresolved: String?
    }

    /// Changes that nobody has fetched yet; more are dropped.
    private static let maxChanges = 64

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
            impairments.load(ordering: .relaxed) & Impairments.ejected.rawValue == 0
        else { return false }
        return !PeakEWMA(word: latency.load(ordering: .relaxed)).hasAnswered(since: time)
    }

    // MARK: Impairments

    /// Does nothing keep it from its full share? One load.
    var isUnimpaired: Bool { impairments.load(ordering: .relaxed) == 0 }

    /// What impairs it now; ends what has run out.
    /// - Parameter now: monotonic nanoseconds.
    func impairments(now: UInt64, _ settings: ServerHealth.Settings) -> Impairments {
        let found = Impairments(rawValue: impairments.load(ordering: .relaxed))
        if found.isEmpty { return found }
        if found.contains(.backingOff), now >= backOffUntil.load(ordering: .relaxed) {
            impairments.bitwiseAnd(~Impairments.backingOff.rawValue, ordering: .relaxed)
            return impairments(now: now, settings)
        }
        let isBack = found.contains(.ejected) && now >= ejectedUntil.load(ordering: .relaxed)
        let isUpToSpeed = found.contains(.slowStart) && now &- slowStartBegan.load(ordering: .relaxed) >= settings.slowStart
        guard isBack || isUpToSpeed else { return found }
        change(now, settings) { $0.review(now: now, settings) }
        return Impairments(rawValue: impairments.load(ordering: .relaxed))
    }

    /// Has the server get only what no other server can take.
    /// - Parameter time: until when, in monotonic nanoseconds.
    func backOff(until time: UInt64) {
        backOffUntil.store(time, ordering: .relaxed)
        impairments.bitwiseOr(Impairments.backingOff.rawValue, ordering: .releasing)
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
    func slowStartShare(now: UInt64, _ settings: ServerHealth.Settings) -> Int {
        guard settings.slowStart > 0 else { return 1000 }
        let elapsed = min(now &- slowStartBegan.load(ordering: .relaxed), settings.slowStart)
        return 100 + Int(elapsed * 900 / settings.slowStart)
    }

    /// Makes the server take no new work, or take it again.
    func setDraining(_ isDraining: Bool) { change { $0.isDrained = isDraining } }

    /// What an operator says holds from now on.
    package func setAdminState(_ state: ServerAdminState) { change { $0.state = state } }

    /// Gives the server this weight, whatever the configuration says.
    /// - Parameter weight: nil: as the configuration says. It holds once `UpstreamServer.applyWeightOverrides` was called.
    package func overrideWeight(_ weight: Int?) { overriddenWeight.store(weight ?? -1, ordering: .relaxed) }

    /// The weight that an operator has given it; nil: as the configuration says.
    var weightOverride: Int? {
        let weight = overriddenWeight.load(ordering: .relaxed)
        return weight < 0 ? nil : weight
    }

    func setReweighted(_ isReweighted: Bool) { change { $0.isReweighted = isReweighted } }

    /// Does its group's schedule not hold?
    var isReweighted: Bool { impairments.load(ordering: .relaxed) & Impairments.reweighted.rawValue != 0 }

    /// What an operator has said last.
    package var adminState: ServerAdminState { administration.withLock { $0.state } }

    /// Does it take no new work, or only that of sticky sessions?
    package var isDraining: Bool { impairments.load(ordering: .relaxed) & Impairments.draining.rawValue != 0 }
    package var isDisabled: Bool { impairments.load(ordering: .relaxed) & Impairments.disabled.rawValue != 0 }

    private func change(_ body: (inout Administration) -> Void) {
        administration.withLock { administration in
            body(&administration)
            var bits: Impairments =
                switch administration.state {
                case .none: administration.isDrained ? .draining : []
                case .enabled: []
                case .draining: .draining
                case .disabled: [.draining, .disabled]
                }
            if administration.isReweighted { bits.insert(.reweighted) }
            impairments.bitwiseAnd(~Impairments.administrative.rawValue | bits.rawValue, ordering: .relaxed)
            impairments.bitwiseOr(bits.rawValue, ordering: .relaxed)
        }
    }

    // MARK: Health

    func failed(_ failure: ServerHealth.Failure, now: UInt64, _ settings: ServerHealth.Settings) {
        let total = total
        change(now, settings) { $0.failed(failure, requests: total, now: now, settings) }
    }

    func succeeded(now: UInt64, _ settings: ServerHealth.Settings) {
        guard wantsSuccess.load(ordering: .relaxed) else { return }
        change(now, settings) { $0.succeeded(now: now) }
    }

    func reached(now: UInt64, _ settings: ServerHealth.Settings) {
        guard wantsSuccess.load(ordering: .relaxed) else { return }
        change(now, settings) { $0.reached(now: now) }
    }

    func probed(_ probe: ProbeHistory.Last, now: UInt64, _ settings: ServerHealth.Settings) {
        change(now, settings) { $0.probed(probe, now: now, settings) }
    }

    func confirmed(_ probe: ProbeHistory.Last, now: UInt64, _ settings: ServerHealth.Settings) {
        change(now, settings) { $0.probed(probe, isConfirmed: true, now: now, settings) }
    }

    /// What its probes say; one load.
    var isHealthyByProbes: Bool { impairments.load(ordering: .relaxed) & Impairments.unhealthy.rawValue == 0 }

    /// What became of looking its name up.
    /// - Parameter failure: in words; nil if it has addresses.
    func named(failure: String?) {
        guard failure != nil || isUnresolved.load(ordering: .relaxed) else { return }
        cold.withLock { cold in
            guard cold.unresolved != failure else { return }
            cold.unresolved = failure
            isUnresolved.store(failure != nil, ordering: .relaxed)
            guard cold.changes.count < Self.maxChanges else { return }
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
            cold.changes += changes.prefix(Self.maxChanges - cold.changes.count)
            hasChanges.store(true, ordering: .relaxed)
            signal.raise()
        }
    }

    /// Makes the health visible to requests. Times go first, so that a flag is never seen with an older time that has run out.
    private func publish(_ health: ServerHealth, _ now: UInt64, _ settings: ServerHealth.Settings) {
        openUntil.store(health.breaker.blockedUntil ?? 0, ordering: .relaxed)
        ejectedUntil.store(health.ejection.until ?? 0, ordering: .relaxed)
        slowStartBegan.store(health.recoveredAt, ordering: .relaxed)
        wantsSuccess.store(!health.isUntouched, ordering: .relaxed)
        var bits: Impairments = []
        if !health.probes.isHealthy { bits.insert(.unhealthy) }
        if health.ejection.until != nil { bits.insert(.ejected) }
        if health.breaker.blockedUntil != nil { bits.insert(.circuitOpen) }
        if health.recoveredAt > 0, now &- health.recoveredAt < settings.slowStart { bits.insert(.slowStart) }
        // In one step each, so that what an operator says in between stays.
        impairments.bitwiseAnd(bits.rawValue | Impairments.kept.rawValue, ordering: .relaxed)
        impairments.bitwiseOr(bits.rawValue, ordering: .releasing)
    }
}
