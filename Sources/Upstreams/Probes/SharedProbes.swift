import Synchronization

/// Where the prober and who speaks with the fleet meet: which servers are probed here, and what others say of the rest.
///
/// Others' words count until a given moment, and for the very set of servers that they are about. Else everybody probes for
/// himself. No request asks it: what it comes to is part of a server's health.
package final class SharedProbes: Sendable {
    /// What one member tells.
    package struct Word: Sendable, Equatable {
        /// The digest of the set of servers that the word is about.
        package var digest: String
        /// What was found last of those of its servers that are unhealthy, by their indices in the set.
        package var unhealthy: [Int: String]

        package init(digest: String, unhealthy: [Int: String]) { (self.digest, self.unhealthy) = (digest, unhealthy) }
    }

    /// What another member says of a server.
    struct Verdict: Equatable {
        var isHealthy: Bool
        var finding: String
        var member: String
    }

    /// Who probes a server.
    enum Duty: Equatable {
        case own
        /// Another member, whose word counts until then (monotonic nanoseconds).
        case other(Verdict, until: UInt64)
    }

    private struct State {
        var set: ProbeSet?
        /// What probes have found here last of those that are unhealthy in our eyes.
        var unhealthy: [Int: String] = [:]
        var sharing = Sharing()
        var until: UInt64 = 0
        var notifyProber: (@Sendable ([Int]) -> Void)?
        var notifyFleet: (@Sendable () -> Void)?
    }

    /// Who shares a set of servers, and how.
    private struct Sharing {
        /// Nobody does if it is empty.
        var digest = ""
        /// The members' names, in order.
        var members: [String] = []
        var own = 0
        /// For each server of the set, the index of the member that probes it.
        var owners: [Int] = []
        /// What those who probe them have found of unhealthy servers, by their indices.
        var unhealthy: [Int: String] = [:]

        func isOwn(_ server: Int) -> Bool { owners[server] == own }
    }

    private let state = Mutex(State())

    package init() {}

    // MARK: Of who probes

    /// These servers are probed from now on.
    /// - Parameter tell: is called on any thread with the indices of those whose duty may be another one.
    package func adopt(_ set: ProbeSet, _ tell: @escaping @Sendable ([Int]) -> Void) {
        let notifyFleet = state.withLock { state in
            state.notifyProber = tell
            let isOther = state.set?.digest ?? "" != set.digest
            state.set = set
            guard isOther else { return nil as (@Sendable () -> Void)? }
            (state.unhealthy, state.sharing) = ([:], Sharing())
            return state.notifyFleet
        }
        notifyFleet?()
    }

    /// - Parameters:
    ///   - server: its index in the set.
    ///   - now: monotonic nanoseconds.
    func duty(_ server: Int, in set: ProbeSet, now: UInt64) -> Duty {
        state.withLock { state in
            let sharing = state.sharing
            guard state.set === set, now < state.until, !sharing.digest.isEmpty, !sharing.isOwn(server) else { return .own }
            let finding = sharing.unhealthy[server]
            let verdict = Verdict(
                isHealthy: finding == nil, finding: finding ?? "", member: sharing.members[sharing.owners[server]])
            return .other(verdict, until: state.until)
        }
    }

    /// What this gateway has found, or takes another's word for.
    func note(_ server: Int, in set: ProbeSet, isHealthy: Bool, finding: String) {
        let tell = state.withLock { state in
            guard state.set === set, (state.unhealthy[server] == nil) != isHealthy else { return nil as (@Sendable () -> Void)? }
            state.unhealthy[server] = isHealthy ? nil : finding
            return state.sharing.digest.isEmpty || state.sharing.isOwn(server) ? state.notifyFleet : nil
        }
        tell?()
    }

    // MARK: Of who speaks with the fleet

    /// - Parameter tell: is called on any thread when `word` is another one; nil: nobody wants it.
    package func onWordChange(_ tell: (@Sendable () -> Void)?) { state.withLock { $0.notifyFleet = tell } }

    /// What the others are to know; nil: nothing is shared out here.
    package var word: Word? {
        state.withLock { state in
            guard let set = state.set, set.count > 0 else { return nil }
            let sharing = state.sharing
            // Whoever is not counted yet may be asked about any of them.
            let told = sharing.digest.isEmpty ? state.unhealthy : state.unhealthy.filter { sharing.isOwn($0.key) }
            return Word(digest: set.digest, unhealthy: told)
        }
    }

    /// How many servers are probed here, and how many by others.
    /// - Parameter now: monotonic nanoseconds.
    package func counts(now: UInt64) -> (own: Int, others: Int) {
        state.withLock { state in
            let count = state.set?.count ?? 0
            guard now < state.until, !state.sharing.digest.isEmpty else { return (count, 0) }
            let own = state.sharing.owners.count { $0 == state.sharing.own }
            return (own, count - own)
        }
    }

    /// Takes up what members tell, this one too: who has not been heard does not share yet.
    /// - Parameters:
    ///   - words: of all members, by their names.
    ///   - name: of this one.
    ///   - until: monotonic nanoseconds for which it holds; 0: not at all.
    package func use(_ words: [String: Word], as name: String, until: UInt64) {
        let (set, known) = state.withLock { ($0.set, $0.sharing) }
        guard let set else { return }
        let next = Self.sharing(set, words, as: name, known)
        let (notifyProber, notifyFleet) = state.withLock { state in
            let nobody = (nil as (() -> Void)?, nil as (@Sendable () -> Void)?)
            // Another set has come meanwhile: these words are of none that counts.
            guard state.set?.digest == set.digest else { return nobody }
            let last = state.sharing
            (state.sharing, state.until) = (next, until)
            let changed = Self.changes(from: last, to: next, of: set)
            guard !changed.isEmpty else { return nobody }
            return (state.notifyProber.map { tell in { tell(changed) } }, last.owners == next.owners ? nil : state.notifyFleet)
        }
        notifyProber?()
        notifyFleet?()
    }

    /// Ends the sharing: this gateway probes all servers itself.
    package func standAlone() {
        let tell = state.withLock { state in
            let count = state.sharing.owners.count
            (state.sharing, state.until, state.notifyFleet) = (Sharing(), 0, nil)
            return state.notifyProber.map { tell in { tell(Array(0..<count)) } }
        }
        tell?()
    }

    private static func sharing(_ set: ProbeSet, _ words: [String: Word], as name: String, _ known: Sharing) -> Sharing {
        let alike = words.filter { $0.value.digest == set.digest }
        let members = alike.keys.sorted()
        guard set.count > 0, let own = members.firstIndex(of: name) else { return Sharing() }
        var next = Sharing(digest: set.digest, members: members, own: own)
        let isSame = known.digest == set.digest && known.members == members
        next.owners = isSame ? known.owners : set.owners(among: members)
        for (index, member) in members.enumerated() where index != own {
            for (server, finding) in alike[member]?.unhealthy ?? [:]
            where next.owners.indices.contains(server) && next.owners[server] == index {
                next.unhealthy[server] = finding
            }
        }
        return next
    }

    private static func changes(from last: Sharing, to next: Sharing, of set: ProbeSet) -> [Int] {
        guard last.digest == next.digest, last.members == next.members else { return Array(0..<set.count) }
        return Set(last.unhealthy.keys).symmetricDifference(next.unhealthy.keys).sorted()
    }
}
