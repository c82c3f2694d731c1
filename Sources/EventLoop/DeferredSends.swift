/// What the sockets of a loop have yet to send in this turn. It goes out at the turn's end, one send after the other: the turn's
/// own work stays in the processor's caches, and after it the kernel's, which on one machine includes the peer's receiving.
///
/// A turn never ends with anything left here, so nobody waits for longer than the turn's other work takes.
/// `@safe`: what is used of the room and the places has been written before, and both are freed at the end alone.
@safe final class DeferredSends {
    /// Neighbours in the room: each begins where the one before ends. Not copied, so that its socket is not counted again.
    private struct Send: ~Copyable {
        let socket: Socket
        let end: Int
    }

    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: DeferredSends.capacity, alignment: 16)
    private var used = 0
    private let places = UnsafeMutablePointer<Send>.allocate(capacity: DeferredSends.mostSends)
    private var count = 0

    /// Bytes of the room, and sends: what a turn has beyond that does not wait for its end.
    private static let capacity = 65_536
    private static let mostSends = 256

    deinit {
        unsafe places.deinitialize(count: count)
        unsafe places.deallocate()
        unsafe room.deallocate()
    }

    /// Makes room for so many bytes, at most a room's: what there is goes now if they do not fit behind it.
    @inline(__always)
    func makeRoom(for length: Int) {
        if used + length > Self.capacity || count == Self.mostSends { sendAll() }
    }

    /// Takes bytes for which there is room.
    /// - Parameter second: goes behind `first`, in the same send.
    @inline(__always)
    func append(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer?, of socket: Socket) {
        let length = unsafe first.count + (second?.count ?? 0)
        precondition(used + length <= Self.capacity && count < Self.mostSends, "there is no room for a deferred send")
        unsafe UnsafeMutableRawBufferPointer(rebasing: room[used...]).copyMemory(from: first)
        if let second = unsafe second {
            unsafe UnsafeMutableRawBufferPointer(rebasing: room[(used + first.count)...]).copyMemory(from: second)
        }
        used += length
        unsafe (places + count).initialize(to: Send(socket: socket, end: used))
        count += 1
    }

    /// Sends everything; what a socket does not take it keeps itself.
    func sendAll() {
        var start = 0
        for index in 0..<count {
            let send = unsafe (places + index).move()
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: room[start..<send.end])
            start = send.end
            unsafe send.socket.takeDeferred(bytes)
        }
        count = 0
        used = 0
    }
}
