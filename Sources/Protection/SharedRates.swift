import Synchronization

/// Where workers, which decide about requests, and who shares limits with a fleet meet: no request waits for another thread.
package final class SharedRates: Sendable {
    /// How it stands with who counts for all.
    package enum Contact: UInt8, Sendable {
        /// There is nobody to count for all.
        case none
        case made, lost
    }

    /// What is counted since the start.
    package struct Figures: Sendable, Equatable {
        package var contact: Contact
        /// Requests let in of which the others were told.
        package var shared: UInt64
        /// Requests let in of which they were not.
        package var local: UInt64
        /// Questions that were answered.
        package var batches: UInt64
        /// Times that contact was lost, or not made.
        package var failures: UInt64
        /// How long the last question took, in nanoseconds.
        package var roundTrip: UInt64
        /// Members that share limits, this one too, as far as it is known.
        package var members: UInt64
        /// Since when contact is what it is, and when an answer came last; monotonic nanoseconds, 0: never.
        package var since: UInt64
        package var lastAnswer: UInt64
    }

    private struct Known {
        var next: UInt32 = 1
        var limits: [UInt32: SharedLimit] = [:]
        var rings: [SpendingRing] = []
    }

    private let known = Mutex(Known())
    private let wake = Mutex<(@Sendable (UInt64) -> Void)?>(nil)
    private let isReaderAsleep = Atomic<Bool>(false)
    /// Monotonic nanoseconds, before which a reader that sleeps is not to be woken.
    private let earliest = Atomic<UInt64>(0)
    private let divisor = Atomic<UInt64>(1)
    private let contact = Atomic<UInt8>(0)
    private let sharedCount = Atomic<UInt64>(0)
    private let localCount = Atomic<UInt64>(0)
    private let batchCount = Atomic<UInt64>(0)
    private let failureCount = Atomic<UInt64>(0)
    private let lastRoundTrip = Atomic<UInt64>(0)
    private let memberCount = Atomic<UInt64>(1)
    private let contactTime = Atomic<UInt64>(0)
    private let answerTime = Atomic<UInt64>(0)
    /// The digests of clients that are known by a field or a cookie.
    let digests = KnownDigests()

    package init() {}

    // MARK: Of plans and workers

    /// - Parameter name: of the limit, the same with all members.
    package func limit(_ name: String, _ limit: RateLimit, table: RateTable, seeds: ClientSeeds) -> SharedLimit {
        known.withLock { known in
            let number = known.next
            known.next += 1
            let made = SharedLimit(
                number: number, name: Self.hash(name), limit: limit, table: table, seeds: seeds, rates: self)
            known.limits[number] = made
            return made
        }
    }

    /// Forgets the limits that no plan holds any more.
    package func forgetUnused() {
        known.withLock { known in
            for number in Array(known.limits.keys) where isKnownUniquelyReferenced(&known.limits[number]) {
                known.limits[number] = nil
            }
        }
    }

    /// A worker's own.
    package func ring() -> SpendingRing {
        let ring = SpendingRing()
        known.withLock { $0.rings.append(ring) }
        return ring
    }

    /// How many parts a limit is divided into, of which this member may use one.
    @inline(__always)
    var parts: UInt64 { divisor.load(ordering: .relaxed) }

    /// After each `put`.
    @inline(__always)
    func wakeReader(now: UInt64) {
        guard isReaderAsleep.load(ordering: .sequentiallyConsistent) else { return }
        wakeSleeper(now: now)
    }

    @inline(never)
    private func wakeSleeper(now: UInt64) {
        guard isReaderAsleep.exchange(false, ordering: .sequentiallyConsistent) else { return }
        let due = earliest.load(ordering: .relaxed)
        wake.withLock { $0?(due > now ? due - now : 0) }
    }

    // MARK: Of who shares them

    /// - Returns: nil if no plan has it any more.
    package func limit(numbered number: UInt32) -> SharedLimit? { known.withLock { $0.limits[number] } }

    /// Takes what workers have told.
    package func takeAll(_ body: (Spending) -> Void) {
        for ring in known.withLock({ $0.rings }) { ring.takeAll(body) }
    }

    /// Whoever puts something from now on wakes the reader, once. The reader must look once more before it waits.
    /// - Parameter earliest: monotonic nanoseconds.
    package func fallAsleep(until earliest: UInt64) {
        self.earliest.store(earliest, ordering: .relaxed)
        isReaderAsleep.store(true, ordering: .sequentiallyConsistent)
    }

    /// Nobody wakes the reader any more: it is about to look.
    package func stayAwake() { isReaderAsleep.store(false, ordering: .sequentiallyConsistent) }

    /// - Parameter wake: gets the nanoseconds after which the reader is to be woken, on any thread; nil: there is none.
    package func whenWoken(_ wake: (@Sendable (UInt64) -> Void)?) { self.wake.withLock { $0 = wake } }

    /// - Parameters:
    ///   - parts: of how many parts of each limit this member may use one from now on.
    ///   - now: monotonic nanoseconds.
    package func set(_ contact: Contact, parts: Int = 1, at now: UInt64) {
        if contact == .lost { failureCount.wrappingAdd(1, ordering: .relaxed) }
        let before = self.contact.exchange(contact.rawValue, ordering: .relaxed)
        if before != contact.rawValue { contactTime.store(now, ordering: .relaxed) }
        divisor.store(UInt64(max(1, parts)), ordering: .relaxed)
    }

    /// - Parameters:
    ///   - members: that share limits, this one too, as an answer says.
    ///   - now: monotonic nanoseconds.
    package func set(members: Int, at now: UInt64) {
        memberCount.store(UInt64(max(1, members)), ordering: .relaxed)
        answerTime.store(now, ordering: .relaxed)
    }

    /// - Parameters:
    ///   - shared: requests let in of which the others were told.
    ///   - local: those of which they were not.
    package func count(shared: Int = 0, local: Int = 0) {
        sharedCount.wrappingAdd(UInt64(shared), ordering: .relaxed)
        localCount.wrappingAdd(UInt64(local), ordering: .relaxed)
    }

    /// - Parameters:
    ///   - roundTrip: nanoseconds that a question took.
    ///   - now: monotonic nanoseconds.
    package func countBatch(roundTrip: UInt64, at now: UInt64) {
        answerTime.store(now, ordering: .relaxed)
        batchCount.wrappingAdd(1, ordering: .relaxed)
        lastRoundTrip.store(roundTrip, ordering: .relaxed)
    }

    /// The figures as they stand; no worker is asked.
    package var figures: Figures {
        let missing = known.withLock { $0.rings.reduce(0) { $0 &+ $1.missing } }
        return Figures(
            contact: Contact(rawValue: contact.load(ordering: .relaxed)) ?? .none,
            shared: sharedCount.load(ordering: .relaxed), local: localCount.load(ordering: .relaxed) &+ missing,
            batches: batchCount.load(ordering: .relaxed), failures: failureCount.load(ordering: .relaxed),
            roundTrip: lastRoundTrip.load(ordering: .relaxed), members: memberCount.load(ordering: .relaxed),
            since: contactTime.load(ordering: .relaxed), lastAnswer: answerTime.load(ordering: .relaxed))
    }

    /// FNV-1a: limits of a configuration are few, and nobody outside names them.
    private static func hash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
