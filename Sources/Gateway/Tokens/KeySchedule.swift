/// When keys are fetched again. Pure: times in nanoseconds, chance as a number in 0..<1.
enum KeySchedule {
    private static let second: UInt64 = 1_000_000_000
    private static let maxRetryDelay: UInt64 = 300_000_000_000

    /// - Parameters:
    ///   - refresh: the most between two fetches that succeed. Up to a fifth less by chance, so that gateways that were started
    ///     together do not all ask at once.
    ///   - failures: in a row: a second, and twice as long each time, up to five minutes; up to half of it less by chance.
    static func pause(refresh: UInt64, failures: Int, chance: Double) -> UInt64 {
        if failures == 0 { return refresh - UInt64(Double(refresh) / 5 * chance) }
        let pause = min(second << UInt64(min(failures - 1, 16)), maxRetryDelay, max(refresh, second))
        return pause - UInt64(Double(pause) / 2 * chance)
    }
}
