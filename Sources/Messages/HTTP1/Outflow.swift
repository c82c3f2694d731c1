package import HTTP
package import Transport

/// The sending half of an HTTP/1 connection: heads and framed bodies into a stream.
///
/// What has been framed and not been sent waits in one buffer; while anything waits there, nothing more is taken from the source:
/// that is the back-pressure.
package final class Outflow {
    package let stream: Stream
    private let buffers: BufferPool
    private var pending: Buffer?
    private var isChunked = false
    /// Bytes of a counted body still to come; nil if the body is not counted.
    private var left: UInt64?

    /// Payload bytes of the current body that were handed over.
    package var bodyBytes: UInt64 { handedOver }
    private var handedOver: UInt64 = 0

    package init(_ stream: Stream, buffers: BufferPool) {
        self.stream = stream
        self.buffers = buffers
    }

    /// Writes a head, which leaves with the first bytes of the body: in their record if they are few, else in one system call.
    /// - Parameter framing: of the body that follows.
    package func begin(_ framing: BodyFraming, head: (inout [UInt8]) -> Void) {
        appendPending(head)
        handedOver = 0
        isChunked = framing == .chunked
        left =
            switch framing {
            case .none: 0
            case .length(let count): count
            case .chunked, .untilClose: nil
            }
    }

    /// From now on bytes go as they are, without framing or end.
    package func beginTunnel() {
        isChunked = false
        left = nil
        handedOver = 0
    }

    /// Adds bytes that stand outside any body: an interim head.
    package func appendRaw(_ bytes: (inout [UInt8]) -> Void) {
        appendPending(bytes)
    }

    /// Takes what it can of the source's payload.
    /// - Returns: how many bytes were taken; 0 when the stream is blocked.
    package func send(from source: Inflow, ready: Int) throws(TransportError) -> Int {
        if isChunked { return try sendChunk(from: source, ready: ready) }
        assert(left.map { $0 >= UInt64(ready) } ?? true, "more than the announced length")
        // A head waits: small payload joins its record, big payload follows it.
        if let pending, ready <= pending.room { return copy(from: source, into: pending) }
        let waiting = pending.take()
        defer { keep(waiting) }
        let count = try source.writeReady(to: stream, after: waiting)
        didTake(count)
        return count
    }

    /// Adds payload made by ourselves.
    package func send(_ bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return }
        let target = target(for: bytes.count)
        if isChunked {
            appendChunk(bytes, to: target)
        } else {
            target.append(bytes)
        }
        didTake(bytes.count)
    }

    /// Sends a prefix of payload without keeping it: if all of it joins the head in its record it is copied, else it goes from
    /// where it is. Not for chunked bodies.
    /// - Returns: how many bytes were taken; 0 when the stream is blocked. The next call begins with the byte after them, and
    ///   after a `flush`.
    package func write(_ payload: Span<UInt8>) throws(TransportError) -> Int {
        assert(!isChunked, "a body of known length")
        let count: Int
        if let pending, payload.count <= pending.room {
            count = pending.take(payload)
        } else if let waiting = pending.take() {
            defer { keep(waiting) }
            count = try stream.write(waiting, then: payload)
        } else {
            count = try stream.write(payload)
        }
        didTake(count)
        return count
    }

    /// Ends the body. Trailer fields go only after a chunked one.
    package func finish(trailers: FieldSection? = nil) {
        guard isChunked else { return }
        isChunked = false
        appendPending { out in
            if let trailers {
                ChunkedEncoder.appendEnd(trailers: trailers, to: &out)
            } else {
                ChunkedEncoder.appendEnd(to: &out)
            }
        }
    }

    /// Sends what waits.
    /// - Returns: is everything with the kernel?
    package func flush() throws(TransportError) -> Bool {
        // Taken out for the time: moving a reference costs nothing, and counting it does.
        while let waiting = pending.take() {
            defer { keep(waiting) }
            guard try stream.write(waiting) > 0 else { return false }
        }
        return try stream.flush()
    }

    package var hasPending: Bool { pending != nil }

    /// Gives the buffer back; what waited in it is lost.
    package func discard() {
        if let pending { buffers.release(pending) }
        pending = nil
    }

    // MARK: -

    /// A size line of at most 16 digits and three line ends.
    private static let chunkOverhead = 24
    /// Payload up to this size shares a small buffer with a head.
    package static let joinable = 12_288

    private func sendChunk(from source: Inflow, ready: Int) throws(TransportError) -> Int {
        if let pending, pending.room < ready + Self.chunkOverhead {
            guard try flush() else { return 0 }
        }
        let target = target(for: ready)
        let count = min(ready, target.room - Self.chunkOverhead)
        source.withReady { appendChunk($0.extracting(0..<count), to: target) }
        source.take(count)
        didTake(count)
        return count
    }

    private func copy(from source: Inflow, into target: Buffer) -> Int {
        let count = source.withReady { target.take($0) } ?? 0
        source.take(count)
        didTake(count)
        return count
    }

    private func didTake(_ count: Int) {
        handedOver += UInt64(count)
        if let rest = left { left = rest - UInt64(count) }
    }

    /// Puts a buffer back that was taken out, or gives it back if it is empty.
    private func keep(_ waiting: Buffer?) {
        guard let waiting else { return }
        if waiting.isEmpty { buffers.release(waiting) } else { pending = waiting }
    }

    private func appendChunk(_ data: Span<UInt8>, to target: Buffer) {
        buffers.compose(into: target) { ChunkedEncoder.append(sizeLine: data.count, to: &$0) }
        target.append(data)
        target.append(Self.lineEnd.span)
    }

    private static let lineEnd: InlineArray<2, UInt8> = [0x0D, 0x0A]

    private func appendPending(_ body: (inout [UInt8]) -> Void) {
        buffers.compose(into: target(for: 0), body)
    }

    /// The buffer of what waits, made for `size` bytes if there is none.
    private func target(for size: Int) -> Buffer {
        if let pending { return pending }
        let target = buffers.acquire(size > Self.joinable ? .bulk : .small)
        pending = target
        return target
    }
}
