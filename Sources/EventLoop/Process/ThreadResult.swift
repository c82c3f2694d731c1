import Synchronization

/// What a thread of its own works out while whoever has started it does something else: for a start, which has the cores to
/// itself.
package final class ThreadResult<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let wakeup: Wakeup

    /// Starts the thread, which ends with `body`.
    /// - Parameter name: what top(1) shows, of at most 15 bytes.
    /// - Throws: the failed system call.
    package init(name: String, _ body: @escaping @Sendable () -> Value) throws(SystemError) {
        wakeup = try Wakeup()
        try NamedThread.start(name: name) { [self] in
            let result = body()
            value.withLock { $0 = result }
            wakeup.ring()
        }
    }

    /// Waits for it, and blocks the calling thread: nothing for a loop.
    package func get() -> Value {
        while true {
            if let value = value.withLock({ $0 }) { return value }
            wakeup.wait(milliseconds: nil)
        }
    }
}
