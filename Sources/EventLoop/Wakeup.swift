import CLinux
import Glibc

/// Wakes a thread that waits, from any other: an eventfd(2). A ring is kept until the next wait, so none is lost.
package final class Wakeup: Sendable {
    private let descriptor: Int32

    /// - Throws: the failed system call.
    package init() throws(SystemError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw SystemError("eventfd") }
    }

    deinit {
        close(descriptor)
    }

    /// Ends the present wait, or the next one. Never blocks.
    package func ring() {
        var one: UInt64 = 1
        // EAGAIN means that the counter is full: it rings already. The pointer is used during the call alone.
        _ = unsafe write(descriptor, &one, 8)
    }

    /// Blocks the calling thread until `ring`, so it is nothing for a loop.
    /// - Parameter milliseconds: how long at most; nil waits for ever.
    /// - Returns: has it rung?
    @discardableResult
    package func wait(milliseconds: Int?) -> Bool {
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // Both calls use their pointers during the call alone. A signal may end the wait early: the caller looks again.
        guard unsafe poll(&watched, 1, milliseconds.map { Int32(clamping: $0) } ?? -1) > 0 else { return false }
        var count: UInt64 = 0
        return unsafe read(descriptor, &count, 8) == 8
    }
}
