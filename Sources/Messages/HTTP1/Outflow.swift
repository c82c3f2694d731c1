package import Buffers
package import HTTP
package import Transport

/// The sending half of an HTTP/1 connection: heads and framed bodies into a stream.
///
/// What has been framed and not been sent waits in one buffer; while anything waits there, nothing more is taken from the source:
/// that is the back-pressure.
package final class Outflow: BodySink {
    package let stream: Stream
    private let buffers: BufferPool
    private var pending: Buffer?
    private var isChunked = false
    /// Bytes of a counted body still to come; nil if the body is not counted.
    private var left: UInt64? = 0

    /// Does the connection end at once when the message does? Then its last bytes may take the end along.
    package var endsConnection: Bool {
        get { endsAfterMessage }
        set { endsAfterMessage = newValue }
    }
    // Price 6.
    private var endsAfterMessage = false

    /// Payload bytes of the current body that were handed over.
    package var bodyBytes: UInt64 { handedOver }
    // Price 6.
    private var handedOver: UInt64 = 0

    /// Has any message had trailer fields?
    package var hasSentTrailers: Bool { sentTrailers }
    // Price 6.
    private var sentTrailers = false

    package init(_ stream: Stream, buffers: BufferPool) {
        self.stream = stream
        self.buffers = buffers
    }

    /// Writes a head, which leaves with the first bytes of the body: in their record if they are few, else in one system call.
    /// - Parameter framing: of the body that follows.
    package func begin(_ framing: BodyFraming, head: (inout OutputSpan<UInt8>) -> Void) {
        appendPending(head)
        handedOver = 0
        isChunked = framing.isChunked
        left =
            switch framing {
            case .none: 0
            case .length(let count): count
            case .chunked, .untilClose: nil
            }
    }

    /// Adds bytes that stand outside any body: an interim head.
    package func appendRaw(_ bytes: (inout OutputSpan<UInt8>) -> Void) {
        appendPending(bytes)
    }

    /// Takes a prefix of the payload. What fits beside a waiting head joins its record; more leaves with the head in one system
    /// call, from where it is.
    package func write(_ payload: Span<UInt8>) throws(PeerError) -> Int {
        if isChunked { return try writeChunk(payload) }
        assert(left.map { $0 >= UInt64(payload.count) } ?? true, "more than the announced length")
        let count: Int
        do {
            if let pending, payload.count <= pending.room {
                count = pending.take(payload)
            } else if let waiting = pending.take() {
                defer { keep(waiting) }
                count = try stream.write(waiting, then: payload)
            } else {
                count = try stream.write(payload)
            }
        } catch {
            throw .connection(error)
        }
        didTake(count)
        return count
    }

    /// Ends the body. Trailer fields go only after a chunked one.
    package func finish(trailers: FieldSection?) {
        guard isChunked else { return }
        isChunked = false
        left = 0
        if let trailers, !trailers.isEmpty { sentTrailers = true }
        appendPending { ChunkedEncoder.writeEnd(trailers: trailers, to: &$0) }
    }

    /// Sends what waits.
    /// - Returns: is everything with the kernel?
    package func flush() throws(PeerError) -> Bool {
        do throws(TransportError) {
            // Price 2: moved out and back instead of retained.
            while let waiting = pending.take() {
                let count: Int
                do throws(TransportError) {
                    count = try stream.write(waiting, isLast: endsAfterMessage && !isChunked && left == 0)
                } catch {
                    keep(waiting)
                    throw error
                }
                keep(waiting)
                guard count > 0 else { return false }
            }
            return try stream.flush()
        } catch {
            throw .connection(error)
        }
    }

    /// Is the message with the kernel to its end? Only then may another follow.
    package var isFinished: Bool { !isChunked && left == 0 && pending == nil }

    /// Gives the buffer back; what waited in it is lost, and so the message is never finished.
    package func discard() {
        if let pending { buffers.release(pending) }
        pending = nil
        isChunked = false
        left = nil
    }

    // MARK: -

    /// A size line of at most 16 digits and three line ends.
    private static let chunkOverhead = 24
    /// Payload up to this size shares a small buffer with a head.
    package static let joinable = 12_288

    private func writeChunk(_ payload: Span<UInt8>) throws(PeerError) -> Int {
        guard !payload.isEmpty else { return 0 }
        if let pending, pending.room < payload.count + Self.chunkOverhead {
            guard try flush() else { return 0 }
        }
        let target = target(for: payload.count)
        let count = min(payload.count, target.room - Self.chunkOverhead)
        target.append { ChunkedEncoder.write(sizeLine: count, to: &$0) }
        target.append(payload.extracting(0..<count))
        target.append(Self.lineEnd.span)
        didTake(count)
        return count
    }

    private func didTake(_ count: Int) {
        handedOver += UInt64(count)
        if let rest = left { left = rest - UInt64(count) }
    }

    /// Puts a buffer back that was taken out, or gives it back if it is empty.
    private func keep(_ waiting: consuming Buffer) {
        if waiting.isEmpty { buffers.release(waiting) } else { pending = waiting }
    }

    private static let lineEnd: InlineArray<2, UInt8> = [0x0D, 0x0A]

    private func appendPending(_ body: (inout OutputSpan<UInt8>) -> Void) {
        // Price 2.
        let waiting = pending.take() ?? buffers.acquire()
        waiting.append(writing: body)
        pending = waiting
    }

    /// The buffer of what waits, made for `size` bytes if there is none.
    private func target(for size: Int) -> Buffer {
        if let pending { return pending }
        let target = buffers.acquire(size > Self.joinable ? .bulk : .small)
        pending = target
        return target
    }
}
