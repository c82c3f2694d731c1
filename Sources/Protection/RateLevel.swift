/// One level of a `RateTable`: regions of 64 places, each place with a client's key and its due time (`RateLimit`). A client has
/// one region of a level, and any place in it.
///
/// While a place is given to another client its due time is marked as claimed, which no due time of a client is, and it comes out
/// later than it was. So whoever has seen a due time, then the key, and exchanges that due time for another has changed it for
/// this client and no other.
final class RateLevel: Sendable {
    /// Of a region.
    static let places = 64
    /// Of a due time: the place is being given to another client.
    private static let claimed: UInt64 = 1 << 63

    /// Of each region 64 keys, 0 where nobody has been yet and never 0 again, and then 64 due times.
    private let words: AtomicWords
    private let mask: UInt64

    /// - Parameter regions: a power of two.
    init(regions: Int) {
        words = AtomicWords(count: regions * 2 * Self.places)
        mask = UInt64(regions - 1)
    }

    /// What there is of a client.
    enum Finding {
        /// Its key's place.
        case place(Int)
        /// It is not here, and in no further level: here would be room for it.
        case nowhere
        case notHere
    }

    /// - Parameter whole: look at every place: behind one that nobody has had may be one that was filled while it was being.
    func find(_ key: UInt64, whole: Bool) -> Finding {
        let base = region(of: key)
        var hasRoom = false
        var place = Self.start(of: key)
        for _ in 0..<Self.places {
            let found = words.load(base + place)
            if found == key { return .place(base + place) }
            if found == 0 {
                if !whole { return .nowhere }
                hasRoom = hasRoom || words.load(base + place + Self.places) == 0
            }
            place = (place + 1) % Self.places
        }
        return hasRoom ? .nowhere : .notHere
    }

    /// Lets `change` say what becomes of a client's due time.
    /// - Returns: what it said; nil if the place is not the client's any more.
    @inline(__always)
    func update<Result>(_ place: Int, of key: UInt64, _ change: (UInt64) -> (due: UInt64?, Result)) -> Result? {
        while true {
            let due = words.load(place + Self.places)
            guard due & Self.claimed == 0, words.load(place) == key else { return nil }
            let (next, result) = change(due)
            guard let next else { return result }
            if words.replace(due, by: next, at: place + Self.places) { return result }
        }
    }

    /// Gives a place that is of no use to anybody to a client: its due time has passed, which is as if nothing were known.
    /// - Returns: false if there is none.
    func insert(_ key: UInt64, due: UInt64, now: UInt64) -> Bool {
        let base = region(of: key)
        for step in 0..<Self.places {
            let place = base + (Self.start(of: key) + step) % Self.places
            let seen = words.load(place + Self.places)
            if seen <= now, give(place, seen, to: key, due: due) { return true }
        }
        return false
    }

    /// Gives the place of the client that is the first to have nothing left to wait for, so that least is forgotten.
    func replace(with key: UInt64, due: UInt64) {
        let base = region(of: key)
        while true {
            var (first, place) = (UInt64.max, base)
            for candidate in base..<base + Self.places {
                let due = words.load(candidate + Self.places)
                // One that is claimed is above all others.
                if due < first { (first, place) = (due, candidate) }
            }
            if first & Self.claimed == 0, give(place, first, to: key, due: due) { return }
        }
    }

    private func give(_ place: Int, _ seen: UInt64, to key: UInt64, due: UInt64) -> Bool {
        guard words.replace(seen, by: seen | Self.claimed, at: place + Self.places) else { return false }
        words.store(key, at: place)
        words.store(due, at: place + Self.places)
        return true
    }

    private func region(of key: UInt64) -> Int { Int(key & mask) * 2 * Self.places }

    private static func start(of key: UInt64) -> Int { Int(key &>> 40) % places }
}
