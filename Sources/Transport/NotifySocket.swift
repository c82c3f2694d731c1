import CLinux
package import EventLoop
import Glibc

/// Where a service manager listens for what its service says of itself: a datagram socket (sd_notify(3), `NOTIFY_SOCKET`).
package struct NotifySocket: Sendable {
    /// The kernel's form: a path, or a name of Linux's abstract ones, whose first byte is zero.
    private let name: [UInt8]

    /// - Parameter text: an absolute path, or `@` and an abstract name.
    /// - Returns: nil if it is neither, or longer than an address may be (unix(7)).
    package init?(_ text: String) {
        var bytes = Array(text.utf8)
        guard bytes.count > 1, bytes.count <= Self.maxNameBytes, bytes[0] == UInt8(ascii: "/") || bytes[0] == UInt8(ascii: "@")
        else { return nil }
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        name = bytes
    }

    /// Sends one message: assignments, each on a line of its own.
    ///
    /// It waits while the manager's queue is full, at most a second: a message must not be lost only because many services start
    /// at the same time, and a manager that is stuck must not hold us.
    /// - Parameter passed: a descriptor that the manager gets one of its own for; it stays ours, too.
    /// - Throws: the system call that failed.
    package func send(_ lines: [String], passing passed: Int32? = nil) throws(SystemError) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        defer { Glibc.close(descriptor) }
        var timeout = timeval(tv_sec: 1, tv_usec: 0)
        guard unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size)) == 0
        else { throw SystemError("setsockopt") }
        var (address, length) = storage
        // The pointer is used during the call alone.
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(descriptor, $0, length) }
        }
        guard connected == 0 else { throw SystemError("connect") }
        let message = Array(lines.joined(separator: "\n").utf8)
        // The pointer is used during the call alone.
        let sent = unsafe message.withUnsafeBytes { message in
            unsafe gh_send_message(descriptor, message.baseAddress, message.count, passed ?? -1)
        }
        guard sent >= 0 else { throw SystemError("sendmsg") }
    }

    /// An abstract name is all of its bytes, and has no zero byte behind it.
    private var storage: (sockaddr_un, socklen_t) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let length = MemoryLayout<sa_family_t>.size + name.count + (name[0] == 0 ? 0 : 1)
        return (address, socklen_t(length))
    }

    /// `sun_path`, less the zero byte that ends a path.
    private static let maxNameBytes = 107
}
