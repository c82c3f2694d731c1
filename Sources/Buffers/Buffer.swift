/// Bytes on their way: filled at the back, consumed at the front.
///
/// The capacity is fixed when the buffer is made, and what a peer sends goes no further: it can never make a buffer grow. What is
/// written here, such as a head, may.
///
/// `@safe`: the storage is private and lives as long as the buffer. `start <= end <= allocated` holds between all calls; only
/// the bytes between `start` and `end`, which are initialised, are ever lent to be read; and storage that is lent as a span,
/// which it is once at a time, is never replaced. System calls and OpenSSL get pointers, by members that are unsafe.
@safe package final class Buffer {
    package let capacity: Int
    private var storage: UnsafeMutablePointer<UInt8>
    private var allocated: Int
    /// What is before it has been consumed.
    private var start = 0
    private var end = 0
    private var isLent = false
    /// The next one in a pool's list, while this one is in it.
    var next: Buffer?

    /// - Parameter capacity: bytes, at least one.
    package init(capacity: Int) {
        self.capacity = capacity
        allocated = capacity
        unsafe storage = .allocate(capacity: capacity)
    }

    deinit {
        unsafe storage.deallocate()
    }

    package var count: Int { end &- start }
    package var isEmpty: Bool { start == end }
    /// Room at the back.
    package var room: Int { max(0, capacity &- end) }

    /// Lends what is unread. While it is lent `body` must leave the buffer alone.
    package func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(!isLent, "a buffer is lent twice")
        isLent = true
        defer { isLent = false }
        return try unsafe body(UnsafeBufferPointer(start: storage + start, count: end &- start).span)
    }

    /// Lends what is unread from an offset on; as above. Not generic, since a tunnel calls it for each message (price 3).
    package func withBytes(from offset: Int, _ body: (Span<UInt8>) -> Void) {
        withBytes { body($0.extracting(offset..<$0.count)) }
    }

    /// Drops `count` bytes from the front.
    package func consume(_ count: Int) {
        precondition(count >= 0 && count <= end &- start, "more is consumed than is there")
        start &+= count
        if start == end { clear() }
    }

    /// Moves what is unread to the front, to make room behind it.
    package func compact() {
        precondition(!isLent, "a buffer is moved while it is lent")
        let count = count
        unsafe storage.update(from: storage + start, count: count)
        start = 0
        end = count
    }

    /// Drops everything; the memory stays.
    package func clear() {
        start = 0
        end = 0
    }

    /// Has it taken more than it was made for?
    var hasGrown: Bool { allocated > capacity }

    /// Appends all of `span`. What does not fit into `room` makes the buffer grow for good.
    package func append(_ span: Span<UInt8>) {
        if span.count > allocated &- end { grow(by: span.count) }
        unsafe copy(span, span.count)
    }

    /// Appends all that `body` writes. It must write the same each time: where it fills the room up it is called again with more,
    /// and the buffer has grown for good.
    package func append(writing body: (inout OutputSpan<UInt8>) -> Void) {
        while true {
            let free = unsafe UnsafeMutableBufferPointer(start: storage + end, count: allocated &- end)
            var output = unsafe OutputSpan(buffer: free, initializedCount: 0)
            body(&output)
            let isWhole = !output.isFull
            let count = unsafe output.finalize(for: free)
            if isWhole {
                end &+= count
                return
            }
            grow(by: allocated)
        }
    }

    /// Changes one of the unread bytes.
    /// - Parameter index: counted from the first of them.
    package func change(at index: Int, _ change: (UInt8) -> UInt8) {
        precondition(!isLent && index >= 0 && index < count, "no byte that is unread is changed")
        unsafe storage[start + index] = change(storage[start + index])
    }

    /// Copies as much of `span` as there is room for.
    /// - Returns: how many bytes were taken.
    package func take(_ span: Span<UInt8>) -> Int {
        let count = min(room, span.count)
        unsafe copy(span, count)
        return count
    }

    /// What is unread, for a system call or OpenSSL. Unsafe: valid only until the buffer is next filled, consumed or compacted.
    @unsafe package var unread: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: storage + start, count: end &- start)
    }

    /// The free room, to be filled by a system call or OpenSSL, and then `didFill`. Unsafe as above.
    @unsafe package var freeRoom: UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(start: storage + end, count: room)
    }

    /// Unsafe: `count` bytes of `freeRoom` must have been written, from its beginning.
    @unsafe package func didFill(_ count: Int) {
        precondition(count >= 0 && count <= room, "more is written than there is room")
        end &+= count
    }

    /// Lends the free room, at most `limit` bytes of it, to code that writes byte by byte.
    package func append<Failure: Error>(
        atMost limit: Int, _ body: (inout OutputSpan<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        let room = unsafe UnsafeMutableBufferPointer(start: storage + end, count: min(room, limit))
        var output = unsafe OutputSpan(buffer: room, initializedCount: 0)
        try body(&output)
        end &+= unsafe output.finalize(for: room)
    }

    /// Unsafe: `count` must be at most `span.count` and what is allocated behind `end`.
    @unsafe private func copy(_ span: Span<UInt8>, _ count: Int) {
        unsafe span.withUnsafeBufferPointer { source in
            guard let bytes = source.baseAddress else { return }
            unsafe (storage + end).update(from: bytes, count: count)
        }
        end &+= count
    }

    private func grow(by count: Int) {
        precondition(!isLent, "a buffer is moved while it is lent")
        let larger = max(end + count, allocated * 2)
        let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        unsafe grown.update(from: storage, count: end)
        unsafe storage.deallocate()
        unsafe storage = grown
        allocated = larger
    }
}
