import Synchronization

/// Requests that are under way, of all and of each client, over all workers. Of clients only those are known that have one.
package final class RequestCounts: Sendable {
    private let all = Atomic<Int>(0)
    /// The counts in stripes by the key's highest bits, so that workers seldom meet.
    private let clients: [64 of Mutex<[UInt64: Int]>]

    package init() {
        clients = .init { _ in Mutex([:]) }
    }

    /// Which limit is reached.
    package enum Refusal: Sendable {
        case all
        case client
    }

    /// Counts a request in, unless there are too many.
    /// - Parameters:
    ///   - maxRequests: of all; 0: no limit.
    ///   - client: whose it is; nil: clients are not counted.
    ///   - maxPerClient: at least 1.
    package func enter(maxRequests: Int, client: UInt64?, maxPerClient: Int) -> Refusal? {
        let count = all.wrappingAdd(1, ordering: .relaxed).newValue
        guard maxRequests == 0 || count <= maxRequests else {
            all.wrappingSubtract(1, ordering: .relaxed)
            return .all
        }
        guard let client else { return nil }
        let isIn = clients[Int(client &>> 58)].withLock { counts in
            let count = counts[client] ?? 0
            guard count < maxPerClient else { return false }
            counts[client] = count + 1
            return true
        }
        if isIn { return nil }
        all.wrappingSubtract(1, ordering: .relaxed)
        return .client
    }

    /// Counts out what `enter` has counted in.
    package func leave(_ client: UInt64?) {
        all.wrappingSubtract(1, ordering: .relaxed)
        guard let client else { return }
        clients[Int(client &>> 58)].withLock { counts in
            let left = (counts[client] ?? 1) - 1
            counts[client] = left > 0 ? left : nil
        }
    }
}
