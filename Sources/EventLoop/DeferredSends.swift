/// What the sockets of a loop have yet to send in this turn. It goes out at the turn's end, one send after the other: the turn's
/// own work stays in the processor's caches, and after it the kernel's, which on one machine includes the peer's receiving.
///
/// A turn never ends with anything left here, so nobody waits for longer than the turn's other work takes.
/// `@safe`: what is used of the room and the sends has been written before, and both are freed at the end alone. A socket is in
/// its loop's table until it is closed, and before that it sends what it has here.
@safe final class DeferredSends {
    /// Neighbours in the room: each begins where the one before ends. Its socket is not counted (price 2).
    @safe private struct Send {
        let socket: Unmanaged<Socket>
        let end: Int
    }

    private let room = UnsafeMutableRawPointer.allocate(byteCount: DeferredSends.capacity, alignment: 16)
    private var used = 0
    private let sends = UnsafeMutablePointer<Send>.allocate(capacity: DeferredSends.maxSends)
    private var count = 0

    /// Bytes of the room, and sends: what a turn has beyond that does not wait for its end.
    private static let capacity = 65_536
    private static let maxSends = 256

    deinit {
        unsafe sends.deallocate()
        unsafe room.deallocate()
    }

    /// Makes room for so many bytes, at most a room's: what there is goes now if they do not fit behind it.
    @inline(__always)
    func makeRoom(for length: Int) {
        if used + length > Self.capacity || count == Self.maxSends { sendAll() }
    }

    /// Takes bytes for which there is room.
    @inline(__always)
    func append(_ bytes: UnsafeRawBufferPointer, of socket: Socket) {
        unsafe put(bytes)
        addSend(to: socket)
    }

    /// Takes two runs of bytes for which there is room: `second` goes behind `first`, in the same send.
    func append(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, of socket: Socket) {
        unsafe put(first)
        unsafe put(second)
        addSend(to: socket)
    }

    @inline(__always)
    private func put(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        precondition(bytes.count <= Self.capacity - used, "there is no room for a deferred send")
        unsafe (room + used).copyMemory(from: start, byteCount: bytes.count)
        used += bytes.count
    }

    @inline(__always)
    private func addSend(to socket: Socket) {
        precondition(count < Self.maxSends, "there is no slot for a deferred send")
        unsafe (sends + count).initialize(to: Send(socket: .passUnretained(socket), end: used))
        count += 1
    }

    /// Sends everything; what a socket does not take it keeps itself.
    func sendAll() {
        var start = 0
        for index in 0..<count {
            let send = unsafe sends[index]
            let bytes = unsafe UnsafeRawBufferPointer(start: room + start, count: send.end - start)
            start = send.end
            unsafe send.socket._withUnsafeGuaranteedRef { unsafe $0.takeDeferred(bytes) }
        }
        count = 0
        used = 0
    }
}
