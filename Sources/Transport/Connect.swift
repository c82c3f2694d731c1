package import EventLoop
import Glibc
package import TLS

extension Stream {
    /// Connects to an address and, with `tls`, shakes hands.
    /// - Parameters:
    ///   - waiter: the calling task's.
    ///   - connectTimeout, handshakeTimeout: nanoseconds.
    /// - Throws: `.system` (refused, unreachable …), `.timedOut`, or `.tls` with OpenSSL's reason and the name that was
    ///   checked.
    package nonisolated(nonsending) static func connect(
        to address: SocketAddress, tls: TLSClientContext?, waiter: Waiter, connectTimeout: UInt64,
        handshakeTimeout: UInt64
    ) async throws(TransportError) -> Stream {
        let socket = try open(address, waiter.loop)
        socket.waiter = waiter
        do throws(TransportError) {
            try await finishConnecting(socket, waiter, timeout: connectTimeout)
            let session: TLSSession?
            do throws(TLSError) {
                session = try tls.map { context throws(TLSError) in
                    try TLSSession(connecting: socket.descriptor, context: context)
                }
            } catch {
                throw .tls(error)
            }
            let stream = Stream(socket, tls: session)
            try await stream.shakeHands(waiter, timeout: handshakeTimeout)
            return stream
        } catch {
            socket.close()
            throw error
        }
    }

    /// Runs the handshake to its end under a deadline; at once for a plain stream.
    /// - Parameter timeout: nanoseconds for the whole handshake.
    package nonisolated(nonsending) func shakeHands(_ waiter: Waiter, timeout: UInt64) async throws(TransportError) {
        let deadline = waiter.loop.now &+ timeout
        defer { socket.interest = .none }
        while let interest = try handshake() {
            let now = waiter.loop.now
            guard now < deadline else { throw .timedOut }
            socket.interest = interest
            if await waiter.wait(timeout: deadline - now) == .deadline { throw .timedOut }
        }
    }

    private static func open(_ address: SocketAddress, _ loop: EventLoop) throws(TransportError) -> Socket {
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

    private nonisolated(nonsending) static func finishConnecting(
        _ socket: Socket, _ waiter: Waiter, timeout: UInt64
    ) async throws(TransportError) {
        let deadline = waiter.loop.now &+ timeout
        socket.interest = .write
        defer { socket.interest = .none }
        while !socket.isWritable {
            let now = waiter.loop.now
            guard now < deadline else { throw .timedOut }
            if await waiter.wait(timeout: deadline - now) == .deadline { throw .timedOut }
        }
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        _ = unsafe getsockopt(socket.descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        if code != 0 { throw .system(SystemError("connect", code: code)) }
    }
}
