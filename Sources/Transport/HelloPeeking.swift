package import Buffers
// Which of the two has the socket calls' constants depends on which was compiled first.
import CLinux
package import EventLoop
import Glibc
package import TLS

extension Stream {
    /// Waits for a client's hello and looks at it; the next read gets it again.
    /// - Parameters:
    ///   - timeout: nanoseconds for the whole of it.
    ///   - buffer: empty, and of at least `HelloName.maxHelloBytes` bytes.
    /// - Returns: `incomplete` if the client has nothing more to say.
    /// - Throws: `timedOut`, or what broke the connection.
    package nonisolated(nonsending) func peekHello(
        _ waiter: Waiter, timeout: UInt64, into buffer: Buffer
    ) async throws(TransportError) -> HelloName.Reading {
        let deadline = waiter.loop.now &+ timeout
        defer {
            watch(reading: false, writing: false)
            socket.isReadable = true
        }
        while true {
            // What comes from here on wakes the wait; what has come is looked at now.
            socket.isReadable = false
            let isOver = try peek(atMost: HelloName.maxHelloBytes, into: buffer)
            var reading = HelloName.Reading.incomplete
            buffer.withBytes { reading = HelloName.read($0) }
            if reading != .incomplete || isOver { return reading }
            let now = waiter.loop.now
            guard now < deadline else { throw .timedOut }
            watch(reading: true, writing: false)
            if await waiter.wait(timeout: deadline - now) != .ready { throw .timedOut }
        }
    }

    /// Where the connection has come to (getsockname(2)); nil if the kernel does not tell.
    package var localAddress: SocketAddress? { socket.localAddress }

    /// Where it comes from, or leads to (getpeername(2)), whatever a proxy says; nil if the kernel does not tell.
    package var peerAddress: SocketAddress? { socket.peerAddress }
}

extension Socket {
    /// getsockname(2); nil if the kernel does not tell.
    var localAddress: SocketAddress? { unsafe address { unsafe getsockname($0, $1, $2) } }

    /// getpeername(2); nil if the kernel does not tell.
    var peerAddress: SocketAddress? { unsafe address { unsafe getpeername($0, $1, $2) } }

    private func address(
        _ ask: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe ask(descriptor, $0, &length) }
        }
        return result == 0 ? SocketAddress(storage) : nil
    }
}
