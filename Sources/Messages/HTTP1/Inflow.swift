package import Buffers
package import HTTP
package import Transport

/// The receiving half of an HTTP/1 connection: bytes from a stream, cut into heads and the payload of bodies.
///
/// It holds a buffer only while bytes wait in it. Reading never waits: see `BodyRead`.
package final class Inflow: BodySource {
    private final class Chunks {
        var decoder: ChunkedDecoder
        init(_ decoder: ChunkedDecoder) { self.decoder = decoder }
    }

    private enum Framing {
        case finished
        case length(UInt64)
        case chunked
        case untilClose
    }

    package let stream: Stream
    private let buffers: BufferPool
    private var buffer: Buffer?
    private var framing = Framing.finished
    /// Only while a body is chunked: an idle connection keeps no room for it.
    private var chunks: Chunks?
    private let chunkLimits: ChunkLimits
    private let sender: HTTPRefusal.Sender
    /// Payload bytes at the front of the buffer that the framing has already counted.
    private var ready = 0

    /// Payload bytes of the current body that have been taken.
    package var bodyBytes: UInt64 { taken }
    // Price 6.
    private var taken: UInt64 = 0

    package init(_ stream: Stream, buffers: BufferPool, chunkLimits: ChunkLimits, from sender: HTTPRefusal.Sender) {
        self.stream = stream
        self.buffers = buffers
        self.chunkLimits = chunkLimits
        self.sender = sender
    }

    /// Are there bytes that have been read and not been taken?
    package var hasBytes: Bool { buffer != nil }

    /// Reads once from the stream into the buffer, without waiting.
    package func read() throws(PeerError) -> BodyRead {
        guard stream.mayRead else { return .blocked }
        let target = takeRoomyBuffer()
        let outcome: ReadOutcome
        // Put back on each way by itself: what is the last use of it moves it (price 2).
        if target.room > 0 {
            do {
                outcome = try stream.read(into: target)
            } catch {
                keep(target)
                throw .connection(error)
            }
            keep(target)
        } else {
            keep(target)
            return .full
        }
        switch outcome {
        case .bytes: return .progress
        case .blocked: return .blocked
        case .end: return connectionEndsBody() ? .progress : .end
        }
    }

    // MARK: Heads

    /// Parses a head from the buffer.
    /// - Parameter parse: gets all unread bytes; returns how many the head took, or nil if it needs more.
    /// - Returns: was a head taken?
    package func takeHead(_ parse: (Span<UInt8>) throws(HTTPRefusal) -> Int?) throws(HTTPRefusal) -> Bool {
        // Price 2: moved out and back instead of retained.
        guard let lent = buffer.take() else { return false }
        var outcome = Result<Int?, HTTPRefusal>.success(nil)
        lent.withBytes(from: 0) { span in
            do throws(HTTPRefusal) { outcome = .success(try parse(span)) } catch { outcome = .failure(error) }
        }
        if case .success(let taken?) = outcome { lent.consume(taken) }
        keep(lent)
        return try outcome.get() != nil
    }

    // MARK: Bodies

    /// Begins a body; the bytes that follow the head are its first.
    package func beginBody(_ framing: BodyFraming) {
        taken = 0
        ready = 0
        chunks = nil
        switch framing {
        case .none: self.framing = .finished
        case .length(let count): self.framing = count == 0 ? .finished : .length(count)
        case .untilClose: self.framing = .untilClose
        case .chunked:
            self.framing = .chunked
            chunks = Chunks(ChunkedDecoder(from: sender, limits: chunkLimits))
        }
    }

    /// Finds the body's next payload in the buffer.
    package func nextBody() throws(HTTPRefusal) -> BodyState {
        if ready > 0 { return .ready(ready) }
        switch framing {
        case .finished: return .finished
        case .length(let left):
            guard let buffer else { return .needsBytes }
            ready = Int(min(left, UInt64(buffer.count)))
            framing = UInt64(ready) == left ? .finished : .length(left - UInt64(ready))
            return .ready(ready)
        case .untilClose:
            guard let buffer else { return .needsBytes }
            ready = buffer.count
            return .ready(ready)
        case .chunked: return try nextChunk()
        }
    }

    /// Lends the payload that `nextBody` found, and drops of it what `take` has taken.
    package func drain(_ take: (Span<UInt8>) throws(PeerError) -> Int) throws(PeerError) -> Int {
        // Price 2: moved out and back instead of retained.
        guard ready > 0, let lent = buffer.take() else { return 0 }
        var outcome = Result<Int, PeerError>.success(0)
        lent.withBytes(from: 0) { span in
            do throws(PeerError) { outcome = .success(try take(span.extracting(0..<ready))) } catch { outcome = .failure(error) }
        }
        if case .success(let count) = outcome {
            lent.consume(count)
            ready -= count
            taken += UInt64(count)
        }
        keep(lent)
        return try outcome.get()
    }

    /// The trailer fields of the chunked body that has ended; empty otherwise.
    package var trailers: FieldSection { chunks?.decoder.trailers ?? FieldSection() }

    /// Is the body complete and no byte of anything else in the buffer? Only then is a connection clean.
    package var isClean: Bool {
        guard case .finished = framing else { return false }
        return buffer == nil && ready == 0
    }

    /// Has the whole body been taken?
    package var isBodyFinished: Bool {
        guard case .finished = framing else { return false }
        return ready == 0
    }

    /// Gives the buffer back; what it held is lost.
    package func discard() {
        if let buffer { buffers.release(buffer) }
        buffer = nil
        ready = 0
        framing = .finished
    }

    /// Hands over the bytes that were read and not taken, with their buffer: the connection leaves HTTP.
    package func takeBuffer() -> Buffer? {
        ready = 0
        framing = .finished
        return buffer.take()
    }

    // MARK: -

    private func nextChunk() throws(HTTPRefusal) -> BodyState {
        guard let chunks, let lent = buffer.take() else { return .needsBytes }
        defer { keep(lent) }
        let step = try lent.withBytes { span throws(HTTPRefusal) in try chunks.decoder.next(span, from: 0) }
        switch step {
        case .data(let range):
            lent.consume(range.lowerBound)
            ready = range.count
            return .ready(ready)
        case .needsMore(let consumed):
            lent.consume(consumed)
            return .needsBytes
        case .end(let consumed):
            lent.consume(consumed)
            framing = .finished
            return .finished
        }
    }

    /// The peer has closed, with all that it sent taken: is that how this body ends (RFC 9112 §6.3 (8))?
    private func connectionEndsBody() -> Bool {
        guard case .untilClose = framing else { return false }
        framing = .finished
        return true
    }

    /// Puts a buffer back that was taken out, or gives it back if it is empty.
    private func keep(_ lent: consuming Buffer) {
        if lent.isEmpty { buffers.release(lent) } else { buffer = lent }
    }

    /// The buffer to read into, taken out. A body that has more to come than a small buffer holds gets a bulk one.
    private func takeRoomyBuffer() -> Buffer {
        guard let lent = buffer.take() else { return buffers.acquire(isBulky ? .bulk : .small) }
        if lent.room == 0 { lent.compact() }
        return lent
    }

    private var isBulky: Bool {
        switch framing {
        case .finished: false
        case .length(let left): left > 16_384
        case .chunked, .untilClose: bodyBytes > 16_384
        }
    }
}
