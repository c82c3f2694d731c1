import Synchronization

/// The clients of one part of a `RateTable`: 64 places, each with a client's key and its due time (`RateLimit`).
///
/// A place's due time only grows, but for the moment in which the place is given to another client: then it is marked as claimed,
/// which no due time of a client is. So whoever has seen a due time, then the key, and exchanges that due time for another has
/// changed it for this client and no other.
final class RateRegion: Sendable {
    static let places = 64
    /// Of a due time: the place is being given to another client.
    static let claimed: UInt64 = 1 << 63

    /// 0 where nobody has been yet; never 0 again.
    private let keys: [64 of Atomic<UInt64>]
    private let dues: [64 of Atomic<UInt64>]

    init() {
        keys = .init { _ in Atomic(0) }
        dues = .init { _ in Atomic(0) }
    }

    /// The place of a client.
    /// - Parameter whole: look at every place: behind one that nobody has had may be one that was filled while it was being.
    func place(of key: UInt64, whole: Bool) -> Int? {
        let start = Self.start(of: key)
        for step in 0..<Self.places {
            let place = (start + step) % Self.places
            let found = keys[place].load(ordering: .acquiring)
            if found == key { return place }
            if found == 0, !whole { return nil }
        }
        return nil
    }

    /// Lets `change` say what becomes of a client's due time.
    /// - Returns: what it said; nil if the place is not the client's any more.
    func update<Result>(_ place: Int, of key: UInt64, _ change: (UInt64) -> (due: UInt64?, Result)) -> Result? {
        while true {
            let due = dues[place].load(ordering: .acquiring)
            guard due & Self.claimed == 0, keys[place].load(ordering: .acquiring) == key else { return nil }
            let (next, result) = change(due)
            guard let next else { return result }
            if dues[place].compareExchange(expected: due, desired: next, ordering: .acquiringAndReleasing).exchanged {
                return result
            }
        }
    }

    /// Gives a place that is of no use to anybody to a client: its due time has passed, which is as if nothing were known.
    /// - Returns: false if there is none.
    func insert(_ key: UInt64, due: UInt64, now: UInt64) -> Bool {
        let start = Self.start(of: key)
        for step in 0..<Self.places {
            let place = (start + step) % Self.places
            let seen = dues[place].load(ordering: .acquiring)
            if seen <= now, give(place, seen, to: key, due: due) { return true }
        }
        return false
    }

    /// Gives the place of the client that is the first to have nothing left to wait for, so that least is forgotten.
    func replace(with key: UInt64, due: UInt64) {
        while true {
            var (first, place) = (UInt64.max, 0)
            for candidate in 0..<Self.places {
                let due = dues[candidate].load(ordering: .acquiring)
                // One that is claimed is above all others.
                if due < first { (first, place) = (due, candidate) }
            }
            if first & Self.claimed == 0, give(place, first, to: key, due: due) { return }
        }
    }

    private func give(_ place: Int, _ seen: UInt64, to key: UInt64, due: UInt64) -> Bool {
        let claimed = seen | Self.claimed
        guard dues[place].compareExchange(expected: seen, desired: claimed, ordering: .acquiringAndReleasing).exchanged else {
            return false
        }
        keys[place].store(key, ordering: .releasing)
        dues[place].store(due, ordering: .releasing)
        return true
    }

    private static func start(of key: UInt64) -> Int { Int(key &>> 40) % places }
}

/// The regions of a table's level, made when they are first needed.
final class RateLevel: Sendable {
    /// An object cannot be of any size, so there are several.
    private final class Page: Sendable {
        let regions: [256 of AtomicLazyReference<RateRegion>]
        init() { regions = .init { _ in AtomicLazyReference() } }
    }

    private let pages: [Page]
    private let mask: UInt64

    /// - Parameter regions: a power of two.
    init(regions: Int) {
        pages = (0..<(regions + 255) / 256).map { _ in Page() }
        mask = UInt64(regions - 1)
    }

    /// The region in which a client may be; nil if nobody has been there.
    func region(of key: UInt64) -> RateRegion? {
        let (page, index) = Int(key & mask).quotientAndRemainder(dividingBy: 256)
        return pages[page].regions[index].load()
    }

    /// The same, made if it is not there yet.
    func madeRegion(of key: UInt64) -> RateRegion {
        let (page, index) = Int(key & mask).quotientAndRemainder(dividingBy: 256)
        return pages[page].regions[index].load() ?? pages[page].regions[index].storeIfNil(RateRegion())
    }
}
