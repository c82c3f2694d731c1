/// One level of a `RateTable`: regions of 64 slots, each with a client's key and its due time (`RateLimit`). A client has
/// one region of a level, and any slot in it.
///
/// While a slot is given to another client its due time is marked as claimed, which no due time of a client is, and it comes out
/// later than it was. So whoever has seen a due time, then the key, and exchanges that due time for another has changed it for
/// this client and no other.
final class RateLevel: Sendable {
    /// How many clients a region holds.
    static let slots = 64
    /// The bit of a due time that says: the slot is being given to another client.
    private static let claimed: UInt64 = 1 << 63

    /// Of each region 64 keys, 0 where nobody has been yet and never 0 again, and then 64 due times.
    private let words: AtomicWords
    private let mask: UInt64

    /// - Parameter regions: a power of two.
    init(regions: Int) {
        words = AtomicWords(count: regions * 2 * Self.slots)
        mask = UInt64(regions - 1)
    }

    /// What there is of a client.
    enum Finding {
        /// Its key's slot.
        case slot(Int)
        /// It is not here, and in no further level: here would be room for it.
        case nowhere
        case notHere
    }

    /// - Parameter whole: look at every slot: behind one that nobody has had may be one that was filled while it was being.
    func find(_ key: UInt64, whole: Bool) -> Finding {
        let base = region(of: key)
        var hasRoom = false
        var slot = Self.start(of: key)
        for _ in 0..<Self.slots {
            let found = words.load(base + slot)
            if found == key { return .slot(base + slot) }
            if found == 0 {
                if !whole { return .nowhere }
                hasRoom = hasRoom || words.load(base + slot + Self.slots) == 0
            }
            slot = (slot + 1) % Self.slots
        }
        return hasRoom ? .nowhere : .notHere
    }

    /// Lets `change` say what becomes of a client's due time.
    /// - Returns: what it said; nil if the slot is not the client's any more.
    @inline(__always)
    func update<Result>(_ slot: Int, of key: UInt64, _ change: (UInt64) -> (due: UInt64?, Result)) -> Result? {
        while true {
            let due = words.load(slot + Self.slots)
            guard due & Self.claimed == 0, words.load(slot) == key else { return nil }
            let (next, result) = change(due)
            guard let next else { return result }
            if words.replace(due, by: next, at: slot + Self.slots) { return result }
        }
    }

    /// Gives a slot that is of no use to anybody to a client: its due time has passed, which is as if nothing were known.
    /// - Returns: false if there is none.
    func insert(_ key: UInt64, due: UInt64, now: UInt64) -> Bool {
        let base = region(of: key)
        for step in 0..<Self.slots {
            let slot = base + (Self.start(of: key) + step) % Self.slots
            let seen = words.load(slot + Self.slots)
            if seen <= now, give(slot, seen, to: key, due: due) { return true }
        }
        return false
    }

    /// Gives the slot of the client that is the first to have nothing left to wait for, so that least is forgotten.
    func replace(with key: UInt64, due: UInt64) {
        let base = region(of: key)
        while true {
            var (first, slot) = (UInt64.max, base)
            for candidate in base..<base + Self.slots {
                let due = words.load(candidate + Self.slots)
                // One that is claimed is above all others.
                if due < first { (first, slot) = (due, candidate) }
            }
            if first & Self.claimed == 0, give(slot, first, to: key, due: due) { return }
        }
    }

    private func give(_ slot: Int, _ seen: UInt64, to key: UInt64, due: UInt64) -> Bool {
        guard words.replace(seen, by: seen | Self.claimed, at: slot + Self.slots) else { return false }
        words.store(key, at: slot)
        words.store(due, at: slot + Self.slots)
        return true
    }

    private func region(of key: UInt64) -> Int { Int(key & mask) * 2 * Self.slots }

    private static func start(of key: UInt64) -> Int { Int(key &>> 40) % slots }
}
