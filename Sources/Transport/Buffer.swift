/// Bytes on their way: filled at the back, consumed at the front.
///
/// The capacity is fixed when the buffer is made, so a peer can never make it grow.
package final class Buffer {
    package let capacity: Int
    /// Everything since the last time the buffer was empty; what is before `start` has been consumed.
    private var bytes: [UInt8] = []
    private var start = 0
    /// The next one in a pool's list, while this one is in it.
    fileprivate var next: Buffer?

    init(capacity: Int) {
        self.capacity = capacity
        withStorage { $0.reserveCapacity(capacity) }
    }

    package var count: Int { bytes.count - start }
    package var isEmpty: Bool { bytes.count == start }
    /// Room at the back.
    package var room: Int { capacity - bytes.count }

    /// Lends what is unread. While it is lent the buffer is empty: `body` must leave it alone.
    package func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = start
        return try withStorage { bytes throws(Failure) in try body(bytes.span.extracting(start..<bytes.count)) }
    }

    /// Drops `count` bytes from the front.
    package func consume(_ count: Int) {
        start += count
        assert(start <= bytes.count)
        if start == bytes.count { clear() }
    }

    /// Moves what is unread to the front, to make room behind it.
    package func compact() {
        guard start > 0 else { return }
        let consumed = start
        withStorage { $0.removeSubrange(0..<consumed) }
        start = 0
    }

    /// Drops everything; the memory stays.
    package func clear() {
        if !bytes.isEmpty { withStorage { $0.removeAll(keepingCapacity: true) } }
        start = 0
    }

    /// Has it taken more than it was made for?
    var hasGrown: Bool { allocated > capacity * 2 }

    /// Bytes of memory held.
    var allocated: Int { bytes.capacity }

    /// Lends the array to be appended to. What is appended must fit into `room`, or the buffer grows for good.
    package func append(_ body: (inout [UInt8]) -> Void) {
        withStorage(body)
    }

    /// Copies as much of `span` as there is room for.
    /// - Returns: how many bytes were taken.
    package func take(_ span: Span<UInt8>) -> Int {
        let count = min(room, span.count)
        // The copy stays within both: `count` is bounded by the span and by the reserved capacity.
        unsafe span.withUnsafeBufferPointer { source in
            withStorage { unsafe $0.append(contentsOf: UnsafeBufferPointer(rebasing: source[0..<count])) }
        }
        return count
    }

    /// Lends the free room to be filled by a system call or OpenSSL.
    /// - Parameter body: gets at least one byte of room; returns how many bytes it wrote, or throws having written none.
    func fill<Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> Int {
        var written = 0
        let room = room
        try withStorage { bytes throws(Failure) in
            try bytes.append(addingCapacity: room) { output throws(Failure) in
                // The pointer covers exactly the reserved, uninitialised room; `body` says how much of it is initialised now.
                try unsafe output.withUnsafeMutableBufferPointer { room, initialized throws(Failure) in
                    written = try unsafe body(UnsafeMutableRawBufferPointer(room))
                    initialized = written
                }
            }
        }
        return written
    }

    /// Lends the array, which is taken out for the time: an access to a property that spans a call would have to be checked at
    /// run time, and who came back here by mistake meets an empty buffer.
    @inline(__always)
    private func withStorage<Result, Failure: Error>(
        _ body: (inout [UInt8]) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var lent: [UInt8] = []
        swap(&lent, &bytes)
        defer { swap(&lent, &bytes) }
        return try body(&lent)
    }
}

/// The buffers of one worker. A connection that waits holds none: it takes one when bytes arrive and gives it back when they are
/// gone.
package final class BufferPool {
    /// Which size of buffer.
    package enum Size {
        /// For heads and small bodies.
        case small
        /// For streaming big bodies: four TLS records a turn.
        case bulk
    }

    private let small = FreeBuffers()
    private let bulk = FreeBuffers()
    private let smallCapacity: Int
    private static let bulkCapacity = 65_536
    /// More than this many are not kept: a burst must not hold memory for ever.
    private static let kept = 64

    /// - Parameter smallCapacity: bytes of a small buffer; at least what a head may measure.
    package init(smallCapacity: Int) {
        self.smallCapacity = smallCapacity
    }

    /// An empty buffer, which is the caller's until it is released.
    package func acquire(_ size: Size = .small) -> Buffer {
        switch size {
        case .small: small.take() ?? Buffer(capacity: smallCapacity)
        case .bulk: bulk.take() ?? Buffer(capacity: Self.bulkCapacity)
        }
    }

    /// Takes a buffer back, whatever it holds; one that has grown, or that is beyond what is kept, is freed.
    package func release(_ buffer: Buffer) {
        buffer.clear()
        guard !buffer.hasGrown else { return }
        if buffer.capacity == smallCapacity {
            small.put(buffer, keeping: Self.kept)
        } else {
            bulk.put(buffer, keeping: Self.kept / 4)
        }
    }
}

/// Buffers that nobody uses, in a list through themselves: taking one and giving it back moves two references.
private final class FreeBuffers {
    private var first: Buffer?
    private var count = 0

    func take() -> Buffer? {
        guard let taken = first.take() else { return nil }
        first = taken.next.take()
        count -= 1
        return taken
    }

    func put(_ buffer: Buffer, keeping limit: Int) {
        guard count < limit else { return }
        buffer.next = first.take()
        first = buffer
        count += 1
    }

    deinit {
        // One by one: a list that frees itself from its head would recurse.
        while take() != nil {}
    }
}
