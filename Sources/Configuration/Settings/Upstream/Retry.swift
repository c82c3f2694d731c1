/// `[sites.proxy.retry]`.
package struct Retry: Sendable, Equatable {
    /// The words of `retry_on`.
    package enum Condition: String, Sendable, CaseIterable {
        case connect, closed, timeout
        case status500 = "500"
        case status502 = "502"
        case status503 = "503"
        case status504 = "504"
    }

    /// Further attempts after the first.
    package var retries = 2
    package var conditions: [Condition] = [.connect, .closed]
    /// Bytes of a body that are kept for another attempt.
    package var replayLimit = 64 << 10
    /// Retries for every 100 requests of a pool.
    package var budgetPercent = 20

    package init() {}
}
