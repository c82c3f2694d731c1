// Which of the two has the socket calls' constants depends on which was compiled first.
import CLinux
package import EventLoop
import Glibc

/// A listening socket that another process has opened for this one: a service manager (sd_listen_fds(3)).
package struct PassedSocket: Sendable {
    package let descriptor: Int32
    /// What is said of it to people: its number, and its name if it has one.
    package let label: String
    package let address: SocketAddress
    /// What tells the socket from every other one, whichever descriptors lead to it: its inode (fstat(2)).
    package let identity: UInt64
    /// Does a service manager keep it open? Then its clients would wait for ever if nobody accepted from it.
    package let isManagers: Bool

    /// Looks at a descriptor, and makes it close-on-exec and non-blocking. It stays the caller's.
    /// - Parameters:
    ///   - descriptor: as it was passed.
    ///   - name: what who passed it calls it; empty if nothing.
    ///   - isManagers: whether a service manager keeps it open.
    /// - Throws: what is wrong with it, in words.
    package init(_ descriptor: Int32, name: String, isManagers: Bool = true) throws(PassedSocketError) {
        self.descriptor = descriptor
        self.isManagers = isManagers
        label = name.isEmpty ? "descriptor \(descriptor)" : "descriptor \(descriptor) (\"\(name)\")"
        var facts = stat()
        guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0, unsafe fstat(descriptor, &facts) == 0 else {
            throw PassedSocketError("\(label) was passed, and is not open")
        }
        identity = UInt64(facts.st_ino)
        guard Self.option(descriptor, SO_TYPE) == Int32(SOCK_STREAM.rawValue), Self.option(descriptor, SO_ACCEPTCONN) == 1 else {
            throw PassedSocketError("\(label) was passed, and is not a stream socket that listens (ListenStream=, Accept=no)")
        }
        do throws(SystemError) {
            address = try Listener.boundAddress(descriptor)
        } catch {
            throw PassedSocketError("\(label) was passed, and has no address: \(error)")
        }
        let isAny = address == SocketAddress(family: .ipv6, bytes: [UInt8](repeating: 0, count: 16), port: address.port)
        if isAny, Self.option(descriptor, IPV6_V6ONLY, level: Int32(IPPROTO_IPV6)) == 1 {
            throw PassedSocketError(
                "\(label) was passed for \(address), and lets IPv6 in alone: it needs BindIPv6Only=both, as \"::\" is both here")
        }
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 else {
            throw PassedSocketError("\(label) cannot be made non-blocking: \(SystemError("fcntl"))")
        }
    }

    /// A descriptor of its own for the same socket.
    package func duplicate() throws(SystemError) -> Int32 {
        let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard duplicate >= 0 else { throw SystemError("fcntl") }
        return duplicate
    }

    /// Closes the descriptor, and not the socket: who passed it, or duplicated it, has it still.
    package func close() { Glibc.close(descriptor) }

    /// - Returns: nil where there is no such option.
    private static func option(_ descriptor: Int32, _ option: Int32, level: Int32 = SOL_SOCKET) -> Int32? {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(descriptor, level, option, &value, &size) == 0 ? value : nil
    }
}

/// A socket that was passed cannot be used.
package struct PassedSocketError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
