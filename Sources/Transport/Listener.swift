import CLinux
package import EventLoop
import Glibc

/// One worker's listening socket. Every worker has its own on the same address (`SO_REUSEPORT`), so the kernel spreads the
/// clients and no worker waits for another.
package final class Listener {
    /// What became of one attempt to accept.
    package enum Accepted {
        case connection(descriptor: Int32, peer: SocketAddress)
        /// No client waits.
        case none
        /// This client is gone or its socket failed; the next one may be accepted.
        case lost(SystemError)
        /// Descriptors or memory are used up: back off.
        case exhausted(SystemError)
    }

    package let address: SocketAddress
    package let socket: Socket
    /// How many connections the kernel holds for a listener by default (listen(2)).
    package static let backlog = 4096

    /// Binds and listens.
    /// - Parameters:
    ///   - shares: whether others of this user may listen there already, as further workers do. Else the address is refused if
    ///     anybody listens there, whoever it is and with whatever options: clients would be spread over both without a word.
    ///     Those that share may come afterwards in either case.
    ///   - address: port 0 lets the kernel choose; `address` then tells which.
    ///   - backlog: how many connections the kernel may hold for us (listen(2)).
    ///   - mode: of a Unix socket's file, from which the process's umask still takes; nil: all that the umask leaves.
    package init(
        _ address: SocketAddress, on loop: EventLoop, backlog: Int32 = Int32(Listener.backlog), shares: Bool = true,
        mode: UInt32? = nil
    ) throws(SystemError) {
        let descriptor = Glibc.socket(
            address.domain, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        do throws(SystemError) {
            // Linux gives the file that bind(2) makes the mode of the socket: so it never has another one, not for a moment.
            if let mode, fchmod(descriptor, mode) != 0 { throw SystemError("fchmod") }
            try Self.prepare(descriptor, address, backlog, shares: shares)
            self.address = try Self.boundAddress(descriptor)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        socket = try Socket(adopting: descriptor, on: loop)
    }

    /// Why an address cannot be listened on now by one that shares it with nobody; nil if it can. Listens there for a moment.
    package static func problem(listeningOn address: SocketAddress) -> SystemError? {
        let descriptor = Glibc.socket(address.domain, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return SystemError("socket") }
        defer { Glibc.close(descriptor) }
        do throws(SystemError) { try prepare(descriptor, address, 1, shares: false) } catch { return error }
        return nil
    }

    /// Accepts from a socket that somebody else has opened, and may keep open: so it can be several workers'.
    package init(_ passed: PassedSocket, on loop: EventLoop) throws(SystemError) {
        address = passed.address
        socket = try Socket(adopting: try passed.duplicate(), on: loop)
        // Inherited by accepted sockets, as with our own.
        if address.family != .unix { try? set(socket.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1) }
    }

    /// The listening socket for another process to accept from, with a descriptor of its own, which is the caller's.
    package func passing(isManagers: Bool) throws -> PassedSocket {
        let duplicate = fcntl(socket.descriptor, F_DUPFD_CLOEXEC, 3)
        guard duplicate >= 0 else { throw SystemError("fcntl") }
        return try PassedSocket(duplicate, name: "", isManagers: isManagers)
    }

    /// Does a client wait to be accepted? Asks the kernel; one that comes later makes the socket readable.
    package var hasClient: Bool {
        var question = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
        if unsafe poll(&question, 1, 0) > 0 { return true }
        socket.isReadable = false
        return false
    }

    /// Accepts one client without waiting.
    package func accept() -> Accepted {
        var peer = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let descriptor = unsafe gh_accept(socket.descriptor, &peer, &length)
        if descriptor >= 0 { return .connection(descriptor: descriptor, peer: SocketAddress(peer)) }
        let error = SystemError("accept4")
        if error.code == EAGAIN {
            socket.isReadable = false
            return .none
        }
        // accept(2): network errors of the new socket arrive here too and are the client's affair.
        return error.isExhaustion ? .exhausted(error) : .lost(error)
    }

    /// Closes a connection that `accept` returned and nobody has adopted.
    package static func turnAway(_ descriptor: Int32) {
        Glibc.close(descriptor)
    }

    /// Lets the kernel begin no more connections, as far as it can; those that wait, or are about to be established, can still
    /// be accepted. Without it a client that comes between the last accept and the close would be reset.
    package func beginNoMore() {
        if address.family != .unix { _ = gh_begin_no_more(socket.descriptor) }
    }

    /// Stops listening. What has not been accepted is reset.
    package func close() {
        socket.close()
    }

    private static func prepare(
        _ descriptor: Int32, _ address: SocketAddress, _ backlog: Int32, shares: Bool
    ) throws(SystemError) {
        try set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        if shares, address.family != .unix { try set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) }
        // `::` stands for every address, IPv4's too.
        if address.family == .ipv6 { try set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
        // Inherited by accepted sockets: answers are never held back for a fuller segment.
        if address.family != .unix { try set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1) }
        var (storage, length) = address.storage
        let bound = unsafe withUnsafePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, length) }
        }
        guard bound == 0 else { throw SystemError("bind") }
        guard listen(descriptor, backlog) == 0 else { throw SystemError("listen") }
        // Only now that it is ours: two that begin at the same time would else let each other in.
        if !shares, address.family != .unix { try set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) }
    }

    /// The address that a socket is bound to (getsockname(2)).
    static func boundAddress(_ descriptor: Int32) throws(SystemError) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        guard result == 0 else { throw SystemError("getsockname") }
        return SocketAddress(storage)
    }
}

/// Sets an option of a socket whose value is an int (setsockopt(2)).
func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) throws(SystemError) {
    var value = value
    guard unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
        throw SystemError("setsockopt")
    }
}
