// Which of the two has the socket calls' constants depends on which was compiled first.
import CLinux
package import EventLoop
import Glibc
package import TLS

extension Stream {
    /// Connects to the first of several addresses that takes the connection (RFC 8305 §5) and, with `tls`, shakes hands.
    ///
    /// An address gets a head start before the next is tried beside it; whichever connects first wins, the others are closed.
    /// - Parameters:
    ///   - addresses: in the order in which they are tried.
    ///   - waiter: the calling task's.
    ///   - connectTimeout: for all addresses together, in nanoseconds.
    ///   - handshakeTimeout: nanoseconds.
    ///   - preface: is sent first.
    ///   - givesUp: is asked whenever the waiter wakes; true ends the wait as a deadline would.
    ///   - reached: is told the index in `addresses` of the one that took the connection.
    /// - Throws: the last address's `.system`, `.timedOut`, `.handshakeTimedOut`, or `.tls`.
    package nonisolated(nonsending) static func connect(
        toAnyOf addresses: [SocketAddress], tls: TLSClientContext?, waiter: Waiter, connectTimeout: UInt64,
        handshakeTimeout: UInt64, preface: ConnectionPreface = .none, givesUp: () -> Bool = { false },
        reached: (Int) -> Void = { _ in }
    ) async throws(TransportError) -> Stream {
        let deadline = waiter.loop.now &+ connectTimeout
        let socket: Socket
        if addresses.count == 1 {
            socket = try start(addresses[0], waiter)
            do throws(TransportError) {
                try await finishConnecting(socket, waiter, timeout: connectTimeout, givesUp: givesUp)
            } catch {
                socket.close()
                throw error
            }
        } else {
            let winner = try await race(addresses, waiter, deadline, givesUp)
            socket = winner.socket
            reached(winner.index)
        }
        try begin(socket, with: preface)
        return try await secure(socket, tls, waiter, handshakeTimeout, givesUp)
    }

    /// A new connection's buffer has room for it.
    private static func begin(_ socket: Socket, with preface: ConnectionPreface) throws(TransportError) {
        let bytes =
            switch preface {
            case .bytes(let bytes): bytes
            case .ownHeader(let version):
                ProxyHeaderWriting.own(version, source: socket.localAddress, destination: socket.peerAddress)
            }
        if bytes.isEmpty { return }
        let sent = unsafe Glibc.send(socket.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        if sent == bytes.count { return }
        let error = sent < 0 ? SystemError("send") : SystemError("send", code: EAGAIN)
        socket.close()
        throw .system(error)
    }

    /// RFC 8305 §5: "Connection Attempt Delay", 250 ms.
    private static let headStart: UInt64 = 250_000_000

    private nonisolated(nonsending) static func race(
        _ addresses: [SocketAddress], _ waiter: Waiter, _ deadline: UInt64, _ givesUp: () -> Bool
    ) async throws(TransportError) -> (socket: Socket, index: Int) {
        var failure = TransportError.unresolved("the name has no address")
        var running: [(socket: Socket, index: Int)] = []
        defer { for (socket, _) in running { socket.close() } }
        var rest = addresses[...]
        var nextAt = waiter.loop.now
        while true {
            while let ready = running.firstIndex(where: \.socket.isWritable) {
                let (socket, index) = running.remove(at: ready)
                socket.interest = .none
                guard let error = connectError(socket) else { return (socket, index) }
                socket.close()
                failure = .system(error)
                nextAt = waiter.loop.now
            }
            let now = waiter.loop.now
            guard now < deadline, !givesUp() else { throw .timedOut }
            if now >= nextAt || running.isEmpty, let address = rest.first {
                let index = rest.startIndex
                rest = rest.dropFirst()
                nextAt = now &+ headStart
                do throws(TransportError) { running.append((try start(address, waiter), index)) } catch {
                    failure = error
                    nextAt = now
                }
                continue
            }
            guard !running.isEmpty else { throw failure }
            let until = rest.isEmpty ? deadline : min(deadline, nextAt)
            _ = await waiter.wait(timeout: until > now ? until - now : 0)
        }
    }

    private static func start(_ address: SocketAddress, _ waiter: Waiter) throws(TransportError) -> Socket {
        let socket = try open(address, waiter.loop)
        socket.waiter = waiter
        socket.interest = .write
        return socket
    }

    private nonisolated(nonsending) static func secure(
        _ socket: Socket, _ tls: TLSClientContext?, _ waiter: Waiter, _ timeout: UInt64,
        _ givesUp: () -> Bool
    ) async throws(TransportError) -> Stream {
        guard let tls else { return Stream(socket) }
        do throws(TransportError) {
            let session: TLSSession
            do throws(TLSError) { session = try TLSSession(connecting: socket.descriptor, context: tls) } catch {
                throw .tls(error)
            }
            let stream = Stream(socket, tls: session)
            do throws(TransportError) { try await stream.performHandshake(waiter, timeout: timeout, givesUp: givesUp) } catch {
                if case .timedOut = error { throw .handshakeTimedOut }
                throw error
            }
            return stream
        } catch {
            socket.close()
            throw error
        }
    }
}
