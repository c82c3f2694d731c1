// Which of the two has the socket calls' constants depends on which was compiled first.
import CLinux
package import EventLoop
import Glibc
import TLS

/// The steps of connecting, for one address.
extension Stream {
    /// Runs the handshake to its end under a deadline; at once for a plain stream.
    /// - Parameters:
    ///   - timeout: nanoseconds for the whole handshake.
    ///   - givesUp: is asked whenever the waiter wakes; true ends the wait as the deadline would.
    package nonisolated(nonsending) func performHandshake(
        _ waiter: Waiter, timeout: UInt64, givesUp: () -> Bool = { false }
    ) async throws(TransportError) {
        var deadline = waiter.loop.now &+ timeout
        defer { socket.interest = .none }
        while let interest = try handshake() {
            if let tls, tls.waitsForCertificate {
                // The client waits for us: its own time stands still. This wait has a limit of its own.
                let begun = waiter.loop.now
                await tls.obtainCertificate()
                deadline &+= waiter.loop.now &- begun
                continue
            }
            let now = waiter.loop.now
            guard now < deadline, !givesUp() else { throw .timedOut }
            socket.interest = interest
            if await waiter.wait(timeout: deadline - now) == .deadline { throw .timedOut }
        }
    }

    /// Begins to connect; `isWritable` tells when that has ended, one way or the other.
    static func open(_ address: SocketAddress, _ loop: EventLoop) throws(TransportError) -> Socket {
        let descriptor = Glibc.socket(
            address.domain, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system(SystemError("socket")) }
        do throws(SystemError) {
            if address.family != .unix { try set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1) }
            var (storage, length) = address.storage
            let result = unsafe withUnsafePointer(to: &storage) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe Glibc.connect(descriptor, $0, length)
                }
            }
            if result != 0, errno != EINPROGRESS { throw SystemError("connect") }
        } catch {
            Glibc.close(descriptor)
            throw .system(error)
        }
        do throws(SystemError) {
            let socket = try Socket(adopting: descriptor, on: loop)
            // Not before the kernel says so: a connection under way reports itself by EPOLLOUT.
            socket.isWritable = false
            return socket
        } catch {
            throw .system(error)
        }
    }

    /// Waits until one connection is made.
    nonisolated(nonsending) static func finishConnecting(
        _ socket: Socket, _ waiter: Waiter, timeout: UInt64, givesUp: () -> Bool
    ) async throws(TransportError) {
        let deadline = waiter.loop.now &+ timeout
        socket.interest = .write
        defer { socket.interest = .none }
        while !socket.isWritable {
            let now = waiter.loop.now
            guard now < deadline, !givesUp() else { throw .timedOut }
            if await waiter.wait(timeout: deadline - now) == .deadline { throw .timedOut }
        }
        if let error = connectError(socket) { throw .system(error) }
    }

    /// What became of a connect that has ended (connect(2), EINPROGRESS); nil: it is connected.
    static func connectError(_ socket: Socket) -> SystemError? {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        _ = unsafe getsockopt(socket.descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        return code == 0 ? nil : SystemError("connect", code: code)
    }
}
