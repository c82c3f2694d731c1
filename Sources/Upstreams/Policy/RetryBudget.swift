import Synchronization

/// Keeps retries to a share of a group's requests, so that a group in trouble is not given twice its load: a storm ends itself.
///
/// Every request pays in its share of a retry, every retry takes one out. Shared by all workers without a lock.
package final class RetryBudget: Sendable {
    /// A retry costs a hundred, a request pays in the percentage.
    private static let price = 100
    /// Retries that may be saved up.
    private static let maxRetries = 1000

    /// What has been saved up. It outlives a plan: budgets of the same servers share it.
    package final class Account: Sendable {
        fileprivate let balance: Atomic<Int>

        /// - Parameter reserve: retries to begin with, so that the first requests of all may be retried too.
        package init(reserve: Int = 20) {
            balance = Atomic(reserve * RetryBudget.price)
        }
    }

    private let percent: Int
    private let account: Account

    /// - Parameter percent: retries for every 100 requests; 0: none.
    package init(percent: Int, account: Account = Account()) {
        self.percent = percent
        self.account = account
    }

    /// Adds a request's share to the budget.
    func deposit() {
        // Usually it is full, and nothing is written.
        guard percent > 0, account.balance.load(ordering: .relaxed) < Self.maxRetries * Self.price else { return }
        account.balance.wrappingAdd(percent, ordering: .relaxed)
    }

    /// Takes one retry.
    /// - Returns: was there one?
    package func withdraw() -> Bool {
        guard percent > 0 else { return false }
        guard account.balance.wrappingSubtract(Self.price, ordering: .relaxed).newValue >= 0 else {
            account.balance.wrappingAdd(Self.price, ordering: .relaxed)
            return false
        }
        return true
    }
}
