import EventLoop
import Glibc

/// The few system calls of the command itself.
enum FileWriting {
    /// write(2) of a prefix of the bytes.
    /// - Returns: how many were written; at most 0 when none could be.
    static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int {
        // The pointer is used during the call alone.
        unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }

    /// Has the other end of the descriptor's terminal or pipe gone?
    static func hasHungUp(_ descriptor: Int32) -> Bool {
        var watched = pollfd(fd: descriptor, events: 0, revents: 0)
        // The pointer is used during the call alone.
        return unsafe poll(&watched, 1, 0) > 0 && Int32(watched.revents) & (POLLHUP | POLLERR) != 0
    }

    /// Waits until the descriptor takes bytes again, or its other end has gone.
    static func waitForRoom(_ descriptor: Int32) {
        var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // The pointer is used during the call alone.
        _ = unsafe poll(&watched, 1, -1)
    }

    /// Can the file not be read, for whatever reason?
    static func isUnreadable(_ path: String) -> Bool { FileAccess.problem(reading: path) != nil }
}
