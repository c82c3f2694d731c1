import Synchronization

/// The servers of one name, and how requests are spread over them. Shared by all workers without a lock.
package final class UpstreamGroup: Sendable {
    /// How requests are spread: in turn, in turn by weight, or to the server with the lowest load per weight.
    package enum Method: Sendable {
        case roundRobin
        case weighted
        case leastConnections
    }

    package let name: String
    package let servers: [UpstreamServer]
    private let method: Method
    /// The order in which servers take turns. Round robin: each once. Weighted: as often as its weight says, spread evenly.
    private let schedule: [Int]
    private let turn = Atomic<Int>(0)

    /// - Parameter servers: not empty; at least one has a weight above 0.
    package init(name: String, servers: [UpstreamServer], method: Method) {
        self.name = name
        self.servers = servers
        self.method = method
        let weights = servers.map(\.weight)
        schedule =
            method == .roundRobin
            ? weights.indices.filter { weights[$0] > 0 } : SmoothSchedule.order(of: weights)
    }

    /// Chooses a server for the next request. O(1) for the schedules, O(n) for least connections; allocates nothing.
    /// - Parameter excluded: the index in `servers` of one that has just failed; it is chosen only if there is no other.
    package func pick(excluding excluded: Int? = nil) -> Int {
        let first = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        guard method != .leastConnections else { return leastLoaded(from: first, excluding: excluded) }
        for offset in 0..<schedule.count {
            let choice = schedule[Int(UInt(bitPattern: first &+ offset) % UInt(schedule.count))]
            if choice != excluded { return choice }
        }
        return schedule[0]
    }

    /// The lowest load per weight. Ties go round, else the first server would take everything at low load.
    private func leastLoaded(from first: Int, excluding excluded: Int?) -> Int {
        var best: Int?
        var bestLoad = 0
        var bestWeight = 1
        for offset in servers.indices {
            let candidate = Int(UInt(bitPattern: first &+ offset) % UInt(servers.count))
            let weight = servers[candidate].weight
            guard weight > 0, candidate != excluded else { continue }
            let load = servers[candidate].load
            // load / weight < bestLoad / bestWeight, without division.
            if best == nil || load * bestWeight < bestLoad * weight {
                (best, bestLoad, bestWeight) = (candidate, load, weight)
            }
        }
        return best ?? excluded ?? 0
    }
}

/// Smooth weighted round robin, worked out once: with weights 3 and 1 every four consecutive turns are 3:1, and no server has
/// its turns in a row if it can be helped.
enum SmoothSchedule {
    /// Above this many turns weights are scaled down: the order is kept in memory.
    private static let longest = 4096

    static func order(of weights: [Int]) -> [Int] {
        let weights = reduced(weights)
        let total = weights.reduce(0, +)
        var current = weights.map { _ in 0 }
        var order: [Int] = []
        for _ in 0..<total {
            var best = 0
            for index in weights.indices {
                current[index] += weights[index]
                if current[index] > current[best] { best = index }
            }
            current[best] -= total
            order.append(best)
        }
        return order
    }

    private static func reduced(_ weights: [Int]) -> [Int] {
        let divisor = max(1, weights.reduce(0, greatestCommonDivisor))
        let reduced = weights.map { $0 / divisor }
        let total = reduced.reduce(0, +)
        guard total > longest else { return reduced }
        return reduced.map { $0 == 0 ? 0 : max(1, $0 * longest / total) }
    }

    private static func greatestCommonDivisor(_ left: Int, _ right: Int) -> Int {
        right == 0 ? left : greatestCommonDivisor(right, left % right)
    }
}
