import Buffers
package import HTTP
import HTTP2

/// What arrives on a stream: DATA, as far as the window allows, until the exchange takes it. That is the back-pressure.
package final class HTTP2Inflow: BodySource {
    /// Its stream, which holds it.
    private unowned var stream: HTTP2Stream?
    /// The stream was reset: kept here too, since it is asked of each piece (price 2).
    private var isReset = false
    private let buffers: BufferPool
    /// What is taken from.
    private var first: Buffer?
    /// What came behind it, in order of arrival: nearly always nothing, which is a fact of its own (price 1).
    private var others: [Buffer] = []
    private var hasOthers = false
    private var window = HTTP2StreamReceiveWindow()
    /// Bytes by which its window has grown.
    var growth: Int { window.growth }
    /// `content-length`; nil if the message has none.
    private var declared: UInt64?
    /// Payload bytes of the frames that have begun.
    private var received: UInt64 = 0
    /// Has END_STREAM come?
    package var hasEnded: Bool { ended }
    // Price 6.
    private var ended = false
    private var refusal: HTTPRefusal?
    package var trailers: FieldSection { trailerFields ?? FieldSection() }
    /// Nil if there are none.
    private var trailerFields: FieldSection?
    /// The message has no body, whatever comes: it is a tunnel's.
    private var isTunnel = false

    /// Payload bytes of the body that have been taken.
    package var bodyBytes: UInt64 { taken }
    private var taken: UInt64 = 0

    init(buffers: BufferPool) {
        self.buffers = buffers
    }

    func belong(to stream: HTTP2Stream) { self.stream = stream }

    /// A stream begins, of which nothing has come.
    func open(window: Int, now: UInt64) {
        isReset = false
        self.window.open(window, now: now)
        declared = nil
        received = 0
        ended = false
        refusal = nil
        trailerFields = nil
        isTunnel = false
        taken = 0
    }

    /// - Parameters:
    ///   - declared: `content-length`, if the message has one.
    ///   - isTunnel: what comes is no body.
    package func begin(declared: UInt64?, isTunnel: Bool = false) {
        self.declared = declared
        self.isTunnel = isTunnel
    }

    /// Has anything come that was not taken?
    package var hasBytes: Bool { first != nil }

    // MARK: Arriving

    /// A DATA frame begins. That it is too long is seen before any of it is taken: else the upstream could have a whole body, and
    /// answer it, of a message that is malformed (RFC 9113 §8.1.1).
    /// - Parameters:
    ///   - count: of the whole frame, with its padding: it is charged to the window.
    ///   - payload: what of it is body.
    /// - Returns: why the stream must be reset; nil: it may come.
    func refuses(_ count: Int, payload: Int) -> ErrorCode? {
        guard window.charge(count) else { return .flowControlError }
        received += UInt64(payload)
        if let declared, received > declared { return .protocolError }
        return nil
    }

    /// What was charged and brings no payload is credited at once: padding, or what nobody will take.
    func creditUnused(_ count: Int) { credit(count) }

    /// Takes the next bytes of a frame.
    func append(_ payload: Span<UInt8>) {
        var rest = payload
        while !rest.isEmpty {
            let count = bufferWithRoom(for: rest.count).take(rest)
            rest = rest.extracting(droppingFirst: count)
        }
    }

    private func bufferWithRoom(for count: Int) -> Buffer {
        if let last = hasOthers ? others.last : first, last.room > 0 { return last }
        let added = buffers.acquire(size(for: count))
        if first == nil {
            first = added
        } else {
            others.append(added)
            hasOthers = true
        }
        return added
    }

    private func size(for count: Int) -> BufferPool.Size {
        // A message, or a small answer: where each is taken as it comes, the stream may have had any number of them.
        if first == nil, count <= BufferPool.tinyCapacity { return .tiny }
        // A body that has begun to be long is taken in large pieces: each costs a system call when it goes on.
        return received <= Self.smallBody ? .small : .bulk
    }

    /// Bytes that a small buffer holds.
    private static let smallBody = 16_384

    /// END_STREAM has come, with the last frame.
    /// - Returns: false if the body is shorter than `content-length` says.
    func end(trailers: FieldSection? = nil, refusal: HTTPRefusal? = nil) -> Bool {
        ended = true
        if let trailers { trailerFields = trailers }
        if let refusal { self.refusal = refusal }
        guard let declared else { return true }
        return received == declared
    }

    // MARK: Taking

    /// See `BodySource`.
    package func nextBody() throws(HTTPRefusal) -> BodyState {
        if isTunnel { return .finished }
        if let first { return .ready(first.count) }
        if let refusal { throw refusal }
        return isWhole ? .finished : .needsBytes
    }

    /// Has all of the message come? Not if its stream was reset, even behind its end: what nobody had taken by then is gone. And
    /// not if its trailers are refused.
    private var isWhole: Bool { ended && !isReset && refusal == nil }

    /// The connection reads for all streams: this says whether it has read anything.
    package func read() throws(PeerError) -> BodyRead {
        if isReset, let stream { throw stream.ending }
        return hasBytes || ended ? .progress : .blocked
    }

    /// See `BodySource`.
    package func drain(_ take: (Span<UInt8>) throws(PeerError) -> Int) throws(PeerError) -> Int {
        guard let first else { return 0 }
        let count = try first.withBytes(take)
        first.consume(count)
        didTake(count)
        return count
    }

    /// Moves bytes into a buffer's room.
    func move(into buffer: Buffer) -> Int {
        guard let first else { return 0 }
        let count = first.withBytes { buffer.take($0) }
        first.consume(count)
        didTake(count)
        return count
    }

    package var isBodyFinished: Bool { isTunnel || (isWhole && first == nil) }

    /// Drops the bytes that have come and were not taken.
    package func discard() {
        while let buffer = first {
            takeNext()
            buffers.release(buffer)
        }
    }

    /// The stream was reset: what has come is dropped, and nothing more comes.
    func wasReset() {
        isReset = true
        discard()
    }

    /// Nobody will take anything more: what has come is dropped, and what comes is credited without being kept.
    func abandon() {
        let count = others.reduce(first?.count ?? 0) { $0 + $1.count }
        discard()
        credit(count)
    }

    /// The first is done with.
    private func takeNext() {
        guard hasOthers else { return first = nil }
        first = others.removeFirst()
        hasOthers = !others.isEmpty
    }

    private func didTake(_ count: Int) {
        if let first, first.isEmpty {
            takeNext()
            buffers.release(first)
        }
        taken += UInt64(count)
        credit(count)
    }

    private func credit(_ count: Int) {
        guard !ended, !isReset else { return }
        guard window.take(count), let stream else { return }
        let connection = stream.connection
        let now = connection.now
        let wanted = window.wantedGrowth(now: now)
        if wanted > 0 { window.grow(by: connection.grant(growth: wanted)) }
        connection.sendCredit(stream.identifier, window.credit(now: now))
    }
}
