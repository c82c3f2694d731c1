// Which of the two has the socket calls' constants depends on which was compiled first.
import CLinux
import EventLoop
import Glibc
import TLS

/// A connected socket for a thread that may wait: it sends messages, and may read what is answered once all are sent. What serves
/// uses `Stream`.
package struct MessageSocket: Sendable {
    /// What of the two socket types of Linux that carry messages.
    package enum Kind: Sendable { case datagrams, stream }

    private let descriptor: Int32
    /// Nil on a plain connection.
    private let tls: TLSSender?

    /// - Parameter timeout: seconds that connecting may take. Sending takes as long as the receiver likes; one whose machine is
    ///   gone is given up after half a minute (TCP_USER_TIMEOUT, tcp(7)).
    package init(connectedTo address: SocketAddress, _ kind: Kind, timeout: Int) throws(TransportError) {
        let type = kind == .stream ? SOCK_STREAM : SOCK_DGRAM
        let descriptor = Glibc.socket(address.domain, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system(SystemError("socket")) }
        Self.set(SOL_SOCKET, SO_SNDTIMEO, timeval(tv_sec: timeout, tv_usec: 0), of: descriptor)
        var (storage, length) = address.storage
        // The pointer is used during the call alone.
        let result = unsafe withUnsafePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe Glibc.connect(descriptor, $0, length) }
        }
        guard result == 0 else {
            // socket(7): that is how SO_SNDTIMEO says that it has passed.
            let error: TransportError = errno == EINPROGRESS ? .timedOut : .system(SystemError("connect"))
            Glibc.close(descriptor)
            throw error
        }
        Self.set(SOL_SOCKET, SO_SNDTIMEO, timeval(tv_sec: 0, tv_usec: 0), of: descriptor)
        if kind == .stream, address.family != .unix {
            Self.set(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, UInt32(30_000), of: descriptor)
            Self.set(SOL_SOCKET, SO_KEEPALIVE, Int32(1), of: descriptor)
        }
        self.descriptor = descriptor
        tls = nil
    }

    private init(descriptor: Int32, tls: TLSSender) {
        self.descriptor = descriptor
        self.tls = tls
    }

    private static func set<Value: BitwiseCopyable>(_ level: Int32, _ option: Int32, _ value: Value, of descriptor: Int32) {
        var value = value
        // The pointer is used during the call alone. Without the option it works all the same, if not as soon.
        _ = unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Value>.size))
    }

    /// Shakes hands as a TLS client. Ends the connection if that fails.
    /// - Parameters:
    ///   - host: the name or address that the certificate must have.
    ///   - caFile: PEM file of the authorities to trust; nil: the system's.
    package func secured(for host: String, caFile: String?) throws(TransportError) -> MessageSocket {
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        do throws(TLSError) {
            let tls = try TLSSender(descriptor, serverName: host, caFile: caFile, timeout: .seconds(Self.handshakeTimeout))
            _ = fcntl(descriptor, F_SETFL, 0)
            return MessageSocket(descriptor: descriptor, tls: tls)
        } catch {
            Glibc.close(descriptor)
            throw .tls(error)
        }
    }

    /// Seconds that the whole handshake may take, also where something comes now and then.
    private static let handshakeTimeout = 5

    /// Sends all of it: as one datagram, or as the next bytes of the stream.
    /// - Throws: when it, or some of it, is lost.
    package func send(_ bytes: [UInt8]) throws(TransportError) {
        if let tls {
            do throws(TLSError) { return try tls.send(bytes) } catch { throw .tls(error) }
        }
        var offset = 0
        while offset < bytes.count {
            let sent = sendSome(of: bytes, from: offset)
            if sent > 0 {
                offset += sent
            } else if errno != EINTR {
                throw .system(SystemError("send"))
            }
        }
    }

    /// Sends all of it as the next bytes of the stream. Nothing is sent after that but in this way.
    /// - Parameter seconds: for all of it: who takes a byte now and then is waited for no longer than who takes nothing.
    /// - Throws: when some of it is lost.
    package func send(_ bytes: [UInt8], within seconds: Int) throws(TransportError) {
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        if let tls {
            do throws(TLSError) { return try tls.send(bytes, within: .seconds(seconds)) } catch { throw .tls(error) }
        }
        let end = monotonicNanoseconds() &+ UInt64(seconds) * 1_000_000_000
        var offset = 0
        while offset < bytes.count {
            guard monotonicNanoseconds() < end else { throw .timedOut }
            let sent = sendSome(of: bytes, from: offset)
            if sent > 0 {
                offset += sent
            } else if errno == EAGAIN || errno == EWOULDBLOCK {
                wait(for: Int32(POLLOUT), until: end)
            } else if errno != EINTR {
                throw .system(SystemError("send"))
            }
        }
    }

    /// - Returns: how many bytes were taken; below 0 the system's error says why none were.
    private func sendSome(of bytes: [UInt8], from offset: Int) -> Int {
        // The pointer is used during the call alone, and `offset` is below the count.
        return unsafe bytes.withUnsafeBytes { all in
            unsafe Glibc.send(descriptor, all.baseAddress.map { unsafe $0 + offset }, all.count - offset, Int32(MSG_NOSIGNAL))
        }
    }

    /// Waits until something can be done, or the time is over.
    /// - Parameter end: in monotonic nanoseconds.
    private func wait(for event: Int32, until end: UInt64) {
        let now = monotonicNanoseconds()
        guard now < end else { return }
        var watched = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        // The pointer is used during the call alone. A part of a millisecond is waited for as a whole one.
        _ = unsafe poll(&watched, 1, Int32(clamping: (end - now) / 1_000_000 + 1))
    }

    /// Has the peer of a stream ended, or broken it off? What is sent to it then is taken by the kernel, and lost without a word.
    package var hasEnded: Bool {
        // Of poll(2)'s POLLRDHUP Linux has epoll's number. What went wrong is told without being asked for.
        var watched = pollfd(fd: descriptor, events: Int16(EPOLLRDHUP.rawValue), revents: 0)
        // The pointer is used during the call alone.
        return unsafe poll(&watched, 1, 0) > 0
    }

    /// Reads until the peer ends, or has sent so much, or all that is awaited. Nothing is sent after that.
    /// - Parameters:
    ///   - seconds: for all of it: who sends a byte now and then is waited for no longer than who is silent.
    ///   - isWhole: is this all?
    package func receive(
        atMost limit: Int, within seconds: Int, until isWhole: ([UInt8]) -> Bool
    ) throws(TransportError) -> [UInt8] {
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let end = monotonicNanoseconds() &+ UInt64(seconds) * 1_000_000_000
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while all.count < limit, !isWhole(all) {
            let count: Int
            do throws(TransportError) {
                count = try receive(into: &piece, until: end)
            } catch {
                // What is there of an answer is enough: its peer may keep the connection.
                if all.isEmpty { throw error }
                break
            }
            if count == 0 { break }
            all += piece.prefix(count)
        }
        return all
    }

    /// Waits for what comes next.
    /// - Parameter end: in monotonic nanoseconds.
    /// - Returns: 0 at the end.
    private func receive(into piece: inout [UInt8], until end: UInt64) throws(TransportError) -> Int {
        while true {
            guard monotonicNanoseconds() < end else { throw .timedOut }
            if let count = try receive(into: &piece) { return count }
            wait(for: Int32(POLLIN), until: end)
        }
    }

    /// - Returns: 0 at the end; nil if nothing is there yet.
    private func receive(into piece: inout [UInt8]) throws(TransportError) -> Int? {
        if let tls { return tls.receive(into: &piece) }
        // The pointer is used during the call alone.
        let count = unsafe piece.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count >= 0 { return count }
        guard errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR else { throw .system(SystemError("recv")) }
        return nil
    }

    /// Closes the socket. To be called once, at the end.
    package func close() {
        tls?.close()
        Glibc.close(descriptor)
    }
}

extension TransportError {
    /// Has a datagram gone nowhere, since nobody has the socket any more that was connected to (unix(7))?
    package var isRefused: Bool {
        if case .system(let error) = self { error.code == ECONNREFUSED } else { false }
    }

    /// Has connecting failed because a Unix socket is of the other type, datagrams or a stream (unix(7))?
    package var isOtherSocketType: Bool {
        if case .system(let error) = self { error.code == EPROTOTYPE } else { false }
    }
}
