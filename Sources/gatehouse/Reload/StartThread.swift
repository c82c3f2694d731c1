import Configuration
import EventLoop
import Gateway

/// Another thread for a part of the configuration, while the program starts.
struct StartThread: ReadingThread {
    let minSites = 200

    func start<Value: Sendable>(_ body: @escaping @Sendable () -> Value) -> (() -> Value)? {
        // With a single core two threads take longer than one.
        guard Processors.count > 1, let result = try? ThreadResult(name: "start", body) else { return nil }
        return { result.get() }
    }
}
