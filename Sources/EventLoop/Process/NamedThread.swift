import CLinux
import Glibc

/// Starts a thread. The entry closure is formed here, in a nonisolated function: formed in main-actor code it would inherit the
/// main actor and trap at run time.
package enum NamedThread {
    /// Lets others of its core go before the calling thread from now on, as with nice(1): a tenth of their share (sched(7)), and
    /// who wakes up need not wait for the end of its slice. Programs and threads that it starts inherit that.
    package static func lowerPriority() {
        // Linux 6.12 or later: a thread whose slice is shorter goes before it at once, and all others' are. Before Linux 6.6 one
        // that is nicer is no obstacle anyway. Where neither is so, who wakes up waits for some milliseconds at most.
        gh_take_long_slices()
        // Linux keeps it for each thread (setpriority(2), "C library/kernel differences"). Whoever may not is none the worse.
        let thread = __priority_which_t(PRIO_PROCESS.rawValue)
        _ = setpriority(thread, 0, min(19, getpriority(thread, 0) + 10))
    }

    /// - Parameters:
    ///   - name: what top(1) shows, of at most 15 bytes.
    ///   - body: runs on the thread, which ends with it.
    /// - Throws: the failed system call.
    package static func start(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        var thread = pthread_t()
        let argument = unsafe Unmanaged.passRetained(ThreadEntry(name: name, body: body)).toOpaque()
        let result = unsafe pthread_create(
            &thread, nil,
            { argument in
                // The reference was retained for this thread alone, by the call above.
                guard let argument = unsafe argument else { return nil }
                let entry = unsafe Unmanaged<ThreadEntry>.fromOpaque(argument).takeRetainedValue()
                unsafe entry.name.withCString { unsafe gh_name_thread($0) }
                entry.body()
                return nil
            }, argument)
        guard result == 0 else {
            unsafe Unmanaged<ThreadEntry>.fromOpaque(argument).release()
            throw SystemError("pthread_create", code: result)
        }
        pthread_detach(thread)
    }
}

private final class ThreadEntry {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
