// Which of the two has the socket calls' constants depends on which was compiled first.
import CLinux
import Glibc

/// Who connected a Unix socket, as the kernel knows it (unix(7), SO_PEERCRED).
package struct PeerCredentials: Sendable, Equatable {
    /// The process that called connect(2); it may have ended since. 0 if it is out of sight of this one's: on the host, or in
    /// another container (pid_namespaces(7)).
    package let process: Int32
    /// Its effective user at that time.
    package let user: UInt32

    /// - Parameter descriptor: of a connection.
    /// - Returns: nil if it is not one of a Unix socket.
    package init?(of descriptor: Int32) {
        // `struct ucred` is in no header that the Glibc module covers: three numbers of 32 bits (unix(7)).
        var words: [UInt32] = [0, 0, 0]
        var length = socklen_t(12)
        // getsockopt(2) writes at most `length` bytes, which is the array's size, and keeps no pointer.
        let result = unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &words, &length)
        // Sockets of other families have no credentials, and say so by a user that cannot be.
        guard result == 0, length == 12, words[1] != UInt32.max else { return nil }
        process = Int32(bitPattern: words[0])
        user = words[1]
    }
}
