import Synchronization

/// Keeps retries to a share of a group's requests, so that a group in trouble is not given twice its load: a storm ends itself.
///
/// Every request pays in its share of a retry, every retry takes one out. Shared by all workers without a lock.
package final class RetryBudget: Sendable {
    /// A retry costs a hundred, a request pays in the percentage.
    private static let price = 100
    /// Retries that may be saved up.
    private static let savings = 1000

    private let percent: Int
    private let balance: Atomic<Int>

    /// - Parameters:
    ///   - percent: retries for every 100 requests; 0: none.
    ///   - reserve: retries to begin with, so that the first requests of all may be retried too.
    package init(percent: Int, reserve: Int = 20) {
        self.percent = percent
        balance = Atomic(percent == 0 ? 0 : reserve * Self.price)
    }

    /// A request is made.
    func deposit() {
        // Usually it is full, and nothing is written.
        guard percent > 0, balance.load(ordering: .relaxed) < Self.savings * Self.price else { return }
        balance.wrappingAdd(percent, ordering: .relaxed)
    }

    /// Takes one retry.
    /// - Returns: was there one?
    package func withdraw() -> Bool {
        guard balance.wrappingSubtract(Self.price, ordering: .relaxed).newValue >= 0 else {
            balance.wrappingAdd(Self.price, ordering: .relaxed)
            return false
        }
        return true
    }
}
