import CLinux
import Glibc

/// Starts an `EventLoop`'s thread. The entry closure is formed here, in a nonisolated function: formed in main-actor code it
/// would inherit the main actor and trap at run time.
enum LoopThread {
    static func start(_ loop: EventLoop, name: String) throws(SystemError) {
        var thread = pthread_t()
        let argument = unsafe Unmanaged.passRetained(LoopEntry(loop: loop, name: name)).toOpaque()
        let result = unsafe pthread_create(
            &thread, nil,
            { argument in
                // The reference was retained for this thread alone, by the call above.
                guard let argument = unsafe argument else { return nil }
                let entry = unsafe Unmanaged<LoopEntry>.fromOpaque(argument).takeRetainedValue()
                unsafe entry.name.withCString { unsafe gh_name_thread($0) }
                entry.loop.run()
                return nil
            }, argument)
        guard result == 0 else {
            unsafe Unmanaged<LoopEntry>.fromOpaque(argument).release()
            throw SystemError("pthread_create", code: result)
        }
        pthread_detach(thread)
    }
}

private final class LoopEntry {
    let loop: EventLoop
    let name: String

    init(loop: EventLoop, name: String) {
        self.loop = loop
        self.name = name
    }
}
