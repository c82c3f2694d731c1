import Foundation

/// Runs blocking work on a thread of its own: the few threads of Swift's pool are for what never blocks.
/// It stays within the caller's task, so that an expectation in it is the calling test's.
package func onThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withTaskExecutorPreference(FreshThreads()) { try work() }
}

/// Runs each job on a new thread.
private final class FreshThreads: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        Thread.detachNewThread {
            // The runtime hands each job over once, and this is where it runs.
            unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }
}

/// Starts blocking work that nobody waits for.
package func detachThread(_ work: @escaping @Sendable () -> Void) {
    Thread.detachNewThread(work)
}

/// Holds a thread until another says go: a scripted peer that must wait for the test.
package final class Signal: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    package init() {}

    package func fire() { semaphore.signal() }

    /// Waits for one `fire`; gives up after `Place.patience`, when the test has failed elsewhere.
    package func wait() { _ = semaphore.wait(timeout: .now() + .seconds(Place.patience)) }
}
