import Foundation

/// The one thread that starts programs. A program's parent-death signal (prctl(2)) comes when the thread that started it ends, so
/// that thread must live as long as the tests.
final class SpawnThread: Sendable {
    static let shared = SpawnThread()

    private let jobs = Guarded<[@Sendable () -> Void]>([])
    private let available = DispatchSemaphore(value: 0)

    private init() {
        let (jobs, available) = (jobs, available)
        detachThread {
            while true {
                available.wait()
                jobs.withLock { $0.removeFirst() }()
            }
        }
    }

    /// Runs short work there and waits for it.
    func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) throws -> Result {
        let done = DispatchSemaphore(value: 0)
        let result = Guarded<Swift::Result<Result, any Error>?>(nil)
        jobs.withLock {
            $0.append {
                let outcome = Swift::Result { try work() }
                result.withLock { $0 = outcome }
                done.signal()
            }
        }
        available.signal()
        done.wait()
        return try result.withLock { $0! }.get()
    }
}
