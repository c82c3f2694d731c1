import Synchronization

/// What each client has used of a rate limit, over all workers: exact, and bounded whatever clients there are.
///
/// A client that is known costs no lock. One that is not takes a lock that it shares with every 256th of the others, so that two
/// workers do not both make it known. Slots are taken from three levels, each larger than the one before, and memory is only
/// taken for what is used: a table with a hundred clients is small. When every slot that a client may have is taken by somebody
/// who has something to wait for, the one of them that waits least is forgotten: it has used least.
package final class RateTable: Sendable {
    private let levels: [RateLevel]
    private let arrivals: [256 of Mutex<Void>]

    /// - Parameter clients: how many are remembered at least, at the same time; the slots are twice as many.
    package init(clients: Int) {
        var counts = [16, 512].filter { $0 * RateLevel.slots < clients }
        var last = 16
        while last * RateLevel.slots < 2 * clients { last *= 2 }
        counts.append(last)
        levels = counts.map { RateLevel(regions: $0) }
        arrivals = .init { _ in Mutex(()) }
    }

    /// Decides about a request of a client.
    /// - Parameters:
    ///   - key: evenly spread over all 64 bits, and by whom nobody outside knows; two clients of one key share one allowance.
    ///   - now: monotonic nanoseconds.
    package func admit(_ key: UInt64, under limit: RateLimit, now: UInt64) -> RateLimit.Verdict {
        let key = max(key, 1)
        if let verdict = update(key, whole: false, { limit.decide(due: $0, now: now) }) { return verdict }
        return arrivals[Int(key &>> 48) % 256].withLock { _ in
            // It may have arrived by another worker meanwhile.
            if let verdict = update(key, whole: true, { limit.decide(due: $0, now: now) }) { return verdict }
            let (due, verdict) = limit.decide(due: 0, now: now)
            if let due { insert(key, due: due, now: now) }
            return verdict
        }
    }

    /// Takes back what `admit` has counted for one request, as if it had not come.
    package func forgive(_ key: UInt64, under limit: RateLimit) {
        _ = update(max(key, 1), whole: false) { due in
            (due > limit.interval && due & RateLimit.blockedBit == 0 ? due - limit.interval : nil, ())
        }
    }

    /// Makes a client wait at least as long as others say.
    /// - Parameters:
    ///   - due: its due time by what they know, as `RateLimit.decide` gives it.
    ///   - now: monotonic nanoseconds.
    package func raise(_ key: UInt64, to due: UInt64, now: UInt64) {
        let key = max(key, 1)
        func raised(_ present: UInt64) -> (UInt64?, Void) { (present | 1 < due | 1 ? due : nil, ()) }
        if update(key, whole: false, raised) != nil || due <= now { return }
        arrivals[Int(key &>> 48) % 256].withLock { _ in
            if update(key, whole: true, raised) == nil { insert(key, due: due, now: now) }
        }
    }

    /// The due time of a client; 0 if it is not known.
    package func due(of key: UInt64) -> UInt64 { update(max(key, 1), whole: false) { (nil, $0) } ?? 0 }

    @inline(__always)
    private func update<Result>(_ key: UInt64, whole: Bool, _ change: (UInt64) -> (due: UInt64?, Result)) -> Result? {
        for level in levels {
            switch level.find(key, whole: whole) {
            case .slot(let slot): if let result = level.update(slot, of: key, change) { return result }
            case .nowhere: return nil
            case .notHere: continue
            }
        }
        return nil
    }

    private func insert(_ key: UInt64, due: UInt64, now: UInt64) {
        for level in levels where level.insert(key, due: due, now: now) { return }
        levels.last?.replace(with: key, due: due)
    }
}
