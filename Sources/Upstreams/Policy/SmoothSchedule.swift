/// Smooth weighted round robin, worked out once: with weights 3 and 1 every four consecutive turns are 3:1, and no server has
/// its turns in a row if it can be helped.
enum SmoothSchedule {
    /// Above this many turns weights are scaled down: the order is kept in memory.
    private static let maxTurns = 4096

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
        guard total > maxTurns else { return reduced }
        return reduced.map { $0 == 0 ? 0 : max(1, $0 * maxTurns / total) }
    }

    private static func greatestCommonDivisor(_ left: Int, _ right: Int) -> Int {
        right == 0 ? left : greatestCommonDivisor(right, left % right)
    }
}
