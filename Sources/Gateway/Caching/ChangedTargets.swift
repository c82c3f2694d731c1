import HTTP
import Protection

/// Of which of a site's targets requests have changed something (RFC 9111 §4.4), for all workers: each has stored answers of its
/// own, and none may send what was made old through another one.
///
/// Whoever stores an answer remembers how often its target had been changed when it was asked for. Targets share counters, so a
/// change now and then makes another target's answer old, too: it is asked for anew then.
final class ChangedTargets: Sendable {
    /// How often a target had been changed at some moment.
    struct Mark: Equatable, Sendable {
        fileprivate let index: Int
        fileprivate let count: UInt64
    }

    private static let size = 1 << 15
    private let counts = AtomicWords(count: ChangedTargets.size)

    /// - Parameter key: of a target by any route.
    func mark(of key: CacheKey) -> Mark {
        let index = CacheKey(route: 0, target: key.target).hashValue & (Self.size - 1)
        return Mark(index: index, count: counts.load(index))
    }

    /// Has the target not been changed since?
    func isCurrent(_ mark: Mark) -> Bool { counts.load(mark.index) == mark.count }

    /// The target is changed now.
    func note(_ key: CacheKey) {
        var last = mark(of: key)
        while !counts.replace(last.count, by: last.count &+ 1, at: last.index) { last = mark(of: key) }
    }
}
