package import Buffers
// Which of the two has the socket calls' constants depends on which was compiled first.
import CLinux
package import EventLoop
import Glibc

extension Stream {
    /// Waits for a PROXY protocol header, which comes before all else, also before TLS, and takes it off the socket: not a byte
    /// more.
    /// - Parameters:
    ///   - timeout: nanoseconds for the whole of it.
    ///   - buffer: empty; holds the bytes that were looked at afterwards.
    /// - Returns: `incomplete` where nothing comes behind what has come.
    /// - Throws: `timedOut`, or what broke the connection.
    package nonisolated(nonsending) func takeProxyHeader(
        _ waiter: Waiter, timeout: UInt64, into buffer: Buffer
    ) async throws(TransportError) -> ProxyHeader.Reading {
        let deadline = waiter.loop.now &+ timeout
        defer { watch(reading: false, writing: false) }
        while true {
            // What comes from here on wakes the wait; what has come is looked at now.
            socket.isReadable = false
            let isOver = try peek(atMost: ProxyHeader.maxHeaderBytes, into: buffer)
            var reading = ProxyHeader.Reading.incomplete
            buffer.withBytes { reading = ProxyHeader.read($0) }
            switch reading {
            case .incomplete where isOver: return reading
            case .incomplete: break
            case .header(_, let length):
                try drop(length, of: buffer)
                socket.isReadable = true
                return reading
            case .absent, .malformed:
                socket.isReadable = true
                return reading
            }
            let now = waiter.loop.now
            guard now < deadline else { throw .timedOut }
            watch(reading: true, writing: false)
            if await waiter.wait(timeout: deadline - now) != .ready { throw .timedOut }
        }
    }

    /// Looks at what has come; the next read gets it again.
    /// - Returns: does nothing come behind it?
    func peek(atMost limit: Int, into buffer: Buffer) throws(TransportError) -> Bool {
        buffer.clear()
        // The room is used during the call alone.
        let count = unsafe recv(socket.descriptor, buffer.freeRoom.baseAddress, limit, Int32(MSG_PEEK))
        guard count >= 0 else {
            if errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR { return false }
            throw .system(SystemError("recv"))
        }
        // So many bytes were written there.
        unsafe buffer.didFill(count)
        return count == 0 || socket.hasHungUp
    }

    /// Takes bytes off the socket that are known to be there.
    private func drop(_ count: Int, of buffer: Buffer) throws(TransportError) {
        buffer.clear()
        // As above.
        let taken = unsafe recv(socket.descriptor, buffer.freeRoom.baseAddress, count, 0)
        guard taken == count else { throw .system(SystemError("recv")) }
    }
}
