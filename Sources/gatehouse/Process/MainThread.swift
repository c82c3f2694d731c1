import Dispatch
import Synchronization

/// The process's first thread: it waits for what only it can do.
///
/// An asynchronous `main` would leave it to Dispatch, which has it end without leaving (dispatch_main(3)). Then the C library
/// takes it for gone, and it would stay root's when all others become another user: it is the thread that ps(1) shows, whose user
/// kill(2) asks for, and a thread of root's inside a process that should have none.
final class MainThread: Sendable {
    static let shared = MainThread()

    private let work = Mutex<[@Sendable () -> Void]>([])
    private let count = DispatchSemaphore(value: 0)

    /// Does what it is asked to do, for ever.
    func serve() -> Never {
        while true {
            count.wait()
            let next = work.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            next?()
        }
    }

    /// Returns what the thread has made of it, when it has done it.
    func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            work.withLock { $0.append { continuation.resume(returning: body()) } }
            count.signal()
        }
    }
}
