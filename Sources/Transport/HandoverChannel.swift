import CLinux
package import EventLoop
import Glibc

/// One end of a pair of connected sockets over which a process passes its listening sockets to the one that takes its place
/// (unix(7), `SCM_RIGHTS`). Every message arrives whole, or not at all.
package final class HandoverChannel: Sendable {
    /// A message, and the socket that came with it.
    package struct Message: Sendable {
        package var bytes: [UInt8]
        /// The receiver's from now on.
        package var descriptor: Int32?
    }

    package let descriptor: Int32

    /// Takes over the descriptor of one end.
    package init(adopting descriptor: Int32) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        // Whoever reads nothing must not hold the other one up for ever.
        var interval = timeval(tv_sec: Self.sendTimeout, tv_usec: 0)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &interval, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(descriptor)
    }

    /// Both ends, for one process to keep and another to inherit.
    package static func pair() throws(SystemError) -> (HandoverChannel, HandoverChannel) {
        var ends: [Int32] = [0, 0]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw SystemError("socketpair")
        }
        return (HandoverChannel(adopting: ends[0]), HandoverChannel(adopting: ends[1]))
    }

    /// Is the other end's maker our parent, and of our user or root (SO_PEERCRED)? A stranger's sockets would be a stranger's
    /// clients.
    package var isParents: Bool {
        let peer = gh_peer(descriptor)
        return peer.pid == getppid() && (peer.uid == geteuid() || peer.uid == 0)
    }

    /// Sends one message.
    /// - Parameters:
    ///   - bytes: not empty, and at most `maxMessageBytes`.
    ///   - socket: a descriptor that the other end gets one of its own for; it stays ours, too.
    /// - Throws: the system call that failed, also when the other end is gone; EAGAIN when it reads nothing.
    package func send(_ bytes: Span<UInt8>, socket: Int32? = nil) throws(SystemError) {
        let sent = unsafe bytes.withUnsafeBytes { unsafe gh_send_message(descriptor, $0.baseAddress, $0.count, socket ?? -1) }
        guard sent >= 0 else { throw SystemError("sendmsg") }
    }

    /// The next message; it waits for it.
    /// - Parameter timeout: milliseconds.
    /// - Returns: nil when the other end is closed.
    /// - Throws: the system call that failed; EAGAIN when the time has passed.
    package func receive(within timeout: Int) throws(SystemError) -> Message? {
        var interval = timeval(tv_sec: timeout / 1000, tv_usec: timeout % 1000 * 1000)
        guard unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &interval, socklen_t(MemoryLayout<timeval>.size)) == 0
        else { throw SystemError("setsockopt") }
        var bytes = [UInt8](repeating: 0, count: Self.maxMessageBytes)
        var passed: Int32 = -1
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe gh_receive_message(descriptor, $0.baseAddress, $0.count, &passed)
        }
        guard count >= 0 else { throw SystemError("recvmsg") }
        guard count > 0 else { return nil }
        return Message(bytes: Array(bytes.prefix(count)), descriptor: passed >= 0 ? passed : nil)
    }

    /// Ends the conversation for both ends, also for a thread that waits for a message. Callable from any thread.
    package func shutDown() { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Bytes.
    package static let maxMessageBytes = 4096
    /// Seconds.
    private static let sendTimeout = 10
}
