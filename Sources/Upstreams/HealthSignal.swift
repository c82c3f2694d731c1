import Synchronization

/// Whether there is anything to be fetched from any of many records: whoever writes the log need not look at each.
package final class HealthSignal: Sendable {
    private let isThere = Atomic<Bool>(false)

    package init() {}

    /// A server has changes that can be fetched already.
    func raise() { isThere.store(true, ordering: .releasing) }

    /// - Returns: whether one has raised it since the last call.
    package func take() -> Bool {
        isThere.load(ordering: .relaxed) && isThere.exchange(false, ordering: .acquiringAndReleasing)
    }
}
