/// Bytes on their way: filled at the back, consumed at the front.
///
/// The capacity is fixed when the buffer is made, so a peer can never make it grow.
package final class Buffer {
    package let capacity: Int
    /// Everything since the last time the buffer was empty; what is before `start` has been consumed.
    package private(set) var bytes: [UInt8] = []
    package private(set) var start = 0

    init(capacity: Int) {
        self.capacity = capacity
        bytes.reserveCapacity(capacity)
    }

    package var count: Int { bytes.count - start }
    package var isEmpty: Bool { bytes.count == start }
    /// Room at the back.
    package var room: Int { capacity - bytes.count }

    /// Lends what is unread. `body` must leave the buffer alone.
    package func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try Self.lend(bytes, from: start, to: body)
    }

    /// A property's span cannot be cut in place; a parameter's can.
    private static func lend<Result, Failure: Error>(
        _ bytes: [UInt8], from start: Int, to body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(bytes.span.extracting(start..<bytes.count))
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
        bytes.removeSubrange(0..<start)
        start = 0
    }

    /// Drops everything; the memory stays.
    package func clear() {
        bytes.removeAll(keepingCapacity: true)
        start = 0
    }

    /// Has it taken more than it was made for?
    var hasGrown: Bool { bytes.capacity > capacity * 2 }

    /// Lends the array to be appended to. What is appended must fit into `room`, or the buffer grows for good.
    package func append(_ body: (inout [UInt8]) -> Void) {
        body(&bytes)
    }

    /// Copies as much of `span` as there is room for.
    /// - Returns: how many bytes were taken.
    package func take(_ span: Span<UInt8>) -> Int {
        let count = min(room, span.count)
        // The copy stays within both: `count` is bounded by the span and by the reserved capacity.
        unsafe span.withUnsafeBufferPointer { source in
            unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: source[0..<count]))
        }
        return count
    }

    /// Lends the free room to be filled by a system call or OpenSSL.
    /// - Parameter body: gets at least one byte of room; returns how many bytes it wrote, or throws having written none.
    func fill<Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> Int {
        var written = 0
        try bytes.append(addingCapacity: room) { output throws(Failure) in
            // The pointer covers exactly the reserved, uninitialised room; `body` says how much of it is now initialised.
            try unsafe output.withUnsafeMutableBufferPointer { room, initialized throws(Failure) in
                written = try unsafe body(UnsafeMutableRawBufferPointer(room))
                initialized = written
            }
        }
        return written
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

    private var small: [Buffer] = []
    private var bulk: [Buffer] = []
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
        case .small: small.popLast() ?? Buffer(capacity: smallCapacity)
        case .bulk: bulk.popLast() ?? Buffer(capacity: Self.bulkCapacity)
        }
    }

    /// Takes a buffer back, whatever it holds; one that has grown, or that is beyond what is kept, is freed.
    package func release(_ buffer: Buffer) {
        buffer.clear()
        guard !buffer.hasGrown else { return }
        if buffer.capacity == smallCapacity {
            if small.count < Self.kept { small.append(buffer) }
        } else if bulk.count < Self.kept / 4 {
            bulk.append(buffer)
        }
    }
}
