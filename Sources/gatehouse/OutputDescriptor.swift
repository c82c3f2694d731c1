import Glibc

/// A descriptor that the command writes to, and does not close.
struct OutputDescriptor {
    private let number: Int32

    init(_ number: Int32) { self.number = number }

    /// Has the other end of its terminal or pipe gone?
    var hasHungUp: Bool {
        var watched = pollfd(fd: number, events: 0, revents: 0)
        // The pointer is used during the call alone.
        return unsafe poll(&watched, 1, 0) > 0 && Int32(watched.revents) & (POLLHUP | POLLERR) != 0
    }

    /// write(2) of a prefix of the bytes.
    /// - Returns: how many were written; at most 0 when none could be.
    func write(_ bytes: ArraySlice<UInt8>) -> Int {
        // The pointer is used during the call alone.
        unsafe bytes.withUnsafeBytes { unsafe Glibc.write(number, $0.baseAddress, $0.count) }
    }

    /// Waits until it takes bytes again, or its other end has gone.
    func waitForRoom() {
        var watched = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
        // The pointer is used during the call alone.
        _ = unsafe poll(&watched, 1, -1)
    }
}
