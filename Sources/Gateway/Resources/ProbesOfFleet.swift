import EventLoop
import Upstreams

/// Probes of upstream servers, as they are shared out among a fleet; see `SharedProbes`.
extension Gateway {
    /// What a member tells: of which set of servers, and which of them are unhealthy, by their indices, with what was found.
    package typealias ProbeWord = (digest: String, unhealthy: [Int: String])

    private var sharedProbes: SharedProbes { currentPlan.carried.sharedProbes }

    /// What the others are to know; nil: nothing is shared out.
    package var probeWord: ProbeWord? { sharedProbes.word.map { ($0.digest, $0.unhealthy) } }

    /// How many servers this gateway probes for all, and how many others probe for it.
    package var probeCounts: (own: Int, others: Int) { sharedProbes.counts(now: monotonicNanoseconds()) }

    /// - Parameter tell: is called on any thread when `probeWord` is another one.
    package func onProbeWordChange(_ tell: @escaping @Sendable () -> Void) { sharedProbes.onWordChange(tell) }

    /// Goes by what members say.
    /// - Parameters:
    ///   - words: by the members' names.
    ///   - member: this one's.
    ///   - until: monotonic nanoseconds; 0: not at all.
    package func use(probeWords words: [String: ProbeWord], as member: String, until: UInt64) {
        sharedProbes.use(
            words.mapValues { SharedProbes.Word(digest: $0.digest, unhealthy: $0.unhealthy) }, as: member, until: until)
    }

    /// All servers are probed here.
    package func probeAlone() { sharedProbes.standAlone() }
}
