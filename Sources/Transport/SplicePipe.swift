import CLinux
package import EventLoop
import Glibc

/// A pipe through which the kernel moves bytes from one socket to another (splice(2)), so that they are never copied into this
/// program.
package final class SplicePipe {
    private let readEnd: Int32
    private let writeEnd: Int32
    /// Bytes that it holds at most.
    private let capacity: Int
    /// Bytes in it.
    package private(set) var count = 0

    /// What a step came to.
    package enum Outcome: Equatable {
        case moved(Int)
        /// The socket has nothing, or takes nothing, at present; or the pipe is full.
        case blocked
        /// The peer has ended its side, and all it sent is taken.
        case end
    }

    /// Bytes that are asked for: the kernel's own limit for those without rights (pipe(7), /proc/sys/fs/pipe-max-size).
    private static let wanted: Int32 = 1 << 20

    /// - Throws: the process, or the machine, has no descriptor left.
    package init() throws(SystemError) {
        var ends: (Int32, Int32) = (-1, -1)
        let size = unsafe withUnsafeMutableBytes(of: &ends) { room in
            unsafe gh_pipe(room.assumingMemoryBound(to: Int32.self).baseAddress, Self.wanted)
        }
        guard size > 0 else { throw SystemError("pipe2") }
        (readEnd, writeEnd) = ends
        capacity = Int(size)
    }

    deinit {
        Glibc.close(readEnd)
        Glibc.close(writeEnd)
    }

    /// Takes what a socket has received.
    package func fill(from socket: Socket) throws(SystemError) -> Outcome {
        guard socket.isReadable, count < capacity else { return .blocked }
        let moved = gh_splice(socket.descriptor, writeEnd, capacity - count, 0)
        if moved > 0 {
            count += moved
            return .moved(moved)
        }
        if moved == 0 { return .end }
        guard errno == EAGAIN else { throw SystemError("splice") }
        // With something in it the pipe may be full: it is counted in pages, and a page may hold little.
        if count == 0 { socket.isReadable = false }
        return .blocked
    }

    /// Gives a socket what is in the pipe.
    package func drain(into socket: Socket) throws(SystemError) -> Outcome {
        socket.sendDeferred()
        guard socket.isWritable, count > 0 else { return .blocked }
        let moved = gh_splice(readEnd, socket.descriptor, count, 0)
        if moved > 0 {
            count -= moved
            return .moved(moved)
        }
        guard moved < 0, errno == EAGAIN else { throw SystemError("splice", code: moved < 0 ? errno : EPIPE) }
        socket.isWritable = false
        return .blocked
    }
}
