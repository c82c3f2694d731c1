import CLinux
import Glibc

/// Wakes a waiter after a time that is short beside the deadlines' tick, and from any thread: a timerfd_create(2). Whoever sets
/// it again moves it.
package final class Alarm: Sendable {
    private let descriptor: Int32

    /// - Throws: the failed system call.
    package init() throws(SystemError) {
        descriptor = gh_open_timer()
        guard descriptor >= 0 else { throw SystemError("timerfd_create") }
    }

    deinit {
        close(descriptor)
    }

    /// Makes the alarm go off once.
    /// - Parameter nanoseconds: from now on; 0: at once.
    package func set(after nanoseconds: UInt64) {
        // It fails for a wrong value only.
        _ = gh_set_timer(descriptor, max(1, nanoseconds))
    }

    /// What a waiter can wait for: it becomes readable each time that the alarm goes off, also if nobody has read from it.
    /// - Throws: the failed system call.
    package func socket(on loop: EventLoop) throws(SystemError) -> Socket {
        // A descriptor of the socket's own, so that whoever still sets the alarm sets no other's.
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw SystemError("fcntl") }
        return try Socket(adopting: copy, on: loop)
    }
}
