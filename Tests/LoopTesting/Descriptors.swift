package import EventLoop
import Glibc

/// Two connected, non-blocking sockets.
package func connectedPair() -> (Int32, Int32) {
    var descriptors: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    precondition(unsafe socketpair(AF_UNIX, kind, 0, &descriptors) == 0)
    return (descriptors[0], descriptors[1])
}

/// One end of a pair on a loop, the other's descriptor, and a waiter that the first wakes.
package func watched(on loop: EventLoop) throws -> (Socket, Int32, Waiter) {
    let (ours, theirs) = connectedPair()
    let socket = try Socket(adopting: ours, on: loop)
    let waiter = Waiter(loop: loop)
    socket.waiter = waiter
    return (socket, theirs, waiter)
}

/// Writes to a descriptor until everything is written or it takes no more.
/// - Returns: how many bytes were taken.
@discardableResult
package func push(_ bytes: [UInt8], to descriptor: Int32) -> Int {
    var sent = 0
    while sent < bytes.count {
        let count = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress! + sent, $0.count - sent) }
        guard count > 0 else { break }
        sent += count
    }
    return sent
}

/// Reads what is there.
/// - Returns: the bytes; nil at the end.
package func pull(_ descriptor: Int32, atMost count: Int = 65_536) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    let received = unsafe read(descriptor, &bytes, count)
    if received == 0 { return nil }
    return Array(bytes.prefix(max(0, received)))
}
