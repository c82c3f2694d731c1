package import Buffers
package import EventLoop
package import HTTP
package import HTTP2
package import Transport

/// Takes the requests that come on a connection.
package protocol HTTP2Acceptor: AnyObject {
    /// What a request's head may measure.
    var headLimits: HeadLimits { get }
    /// A request has come on a new stream.
    /// - Parameter fields: its field section, judged neither as a whole nor against any other.
    /// - Returns: its head, as it is before its exchange begins; nil if the same fields may come to something else.
    func received(_ fields: consuming RequestFields, on stream: HTTP2Stream) -> RequestHead?
    /// A request has come of the same fields as one before.
    /// - Parameter head: what `received` has returned for that one, or a copy.
    func receivedAgain(_ head: RequestHead, on stream: HTTP2Stream)
}

/// A connection in HTTP/2, RFC 9113, either side's: frames in, streams to their exchanges, frames out.
///
/// What frames do when they come is in `HTTP2Receiving.swift`, what goes out in `HTTP2Sending.swift`, what a client does besides
/// (requests out, answers in) in `HTTP2Requests.swift`.
///
/// Nothing waits here. While no stream is open it holds the decoder's table and no buffer.
package final class HTTP2Connection {
    /// Whose end of a connection it is.
    package enum Role: Sendable { case server, client }

    let role: Role
    let stream: Stream
    let buffers: BufferPool
    let loop: EventLoop
    let limits: StreamLimits
    let output: HTTP2Output
    /// Takes the requests of a server's connection, which it holds; nil at the client's end.
    package var acceptor: (any HTTP2Acceptor)? {
        get { owner }
        set { owner = newValue }
    }
    // Price 6, as for all twins below.
    private unowned var owner: (any HTTP2Acceptor)?

    /// What the peer has told us.
    package internal(set) var peer: Settings {
        get { settings }
        set { settings = newValue }
    }
    private var settings = Settings()
    /// The peer knows that we use no table of fields.
    var hasToldOfTable = false
    let streams = HTTP2StreamTable()
    var numbers = HTTP2StreamNumbers()
    /// How many of them have been answered before their requests ended: asked at each wait, so they are not looked through.
    var abandonedCount = 0
    /// Exchanges that have not ended, some of them on streams that are gone.
    package var runningExchanges: Int { running }
    private var running = 0
    /// Streams to wake when there is room to send.
    let queue = HTTP2SendQueue()
    /// Priorities that the peer has stated of streams that are not open yet (RFC 9218 §7.1); nil: none.
    var earlyPriorities: HTTP2EarlyPriorities?
    /// The beginning of a frame.
    var input: Buffer?
    /// When that came, in monotonic nanoseconds; nil if there is none.
    private var inputSince: UInt64?

    var order: HTTP2FrameOrder
    /// Has the peer said what it takes?
    package var hasSettings: Bool { order.hasSettings }
    /// The field section under way.
    var section: FieldSectionInProgress?
    /// Room for the fields of the next message, while streams are open.
    var spareFields: [UInt8] = []
    /// The DATA frame under way.
    var data: DataInProgress?
    let decoder = FieldDecoder()
    /// Nil before the first section, and while the connection is silent.
    var repeatedSections: HTTP2RepeatedSections?
    var receiveWindow = HTTP2ReceiveWindow()
    var floods: HTTP2FloodLimits
    var recentResets = HTTP2RecentResets()

    /// Has a PING of ours not been answered yet?
    package internal(set) var awaitsPing = false

    var leaving = HTTP2GoAwayState()
    /// Why it ends; nil while it does not.
    package var error: ConnectionError? { failure }
    var failure: ConnectionError?
    var progress = HTTP2SendProgress()
    /// How its transport broke; nil while it has not.
    var breakage: PeerError?

    package init(
        _ stream: Stream, as role: Role = .server, buffers: BufferPool, loop: EventLoop, limits: StreamLimits
    ) {
        self.role = role
        order = HTTP2FrameOrder(as: role)
        self.stream = stream
        self.buffers = buffers
        self.loop = loop
        self.limits = limits
        output = HTTP2Output(stream, buffers: buffers)
        floods = HTTP2FloodLimits(limits, now: loop.now)
        sendPreface()
    }

    /// Monotonic nanoseconds.
    var now: UInt64 { loop.now }
    package var hasStreams: Bool { running > 0 || !streams.isEmpty }
    /// When the field section or frame under way began, in monotonic nanoseconds; nil if none is. DATA is the streams' affair.
    package var frameSince: UInt64? { section?.since ?? inputSince }
    /// Bytes of frames that wait to be sent.
    package var unsentCount: Int { output.count }
    package var hasSentGoAway: Bool { leaving.sent != nil }
    /// The server's GOAWAY; nil while it takes requests.
    package var receivedGoAway: HTTP2GoAway? { leaving.received }
    /// Has the server said GOAWAY?
    package var hasReceivedGoAway: Bool { leaving.received != nil }
    /// Has the client been told that it may open WebSockets?
    package var offersWebSockets: Bool { limits.enablesConnectProtocol }

    private func sendPreface() {
        let settings = role == .server ? settingsOfServer : settingsOfClient
        output.append { out in
            if role == .client { out.write(HTTP2Preface.bytes) }
            Frames.appendSettings(settings, to: &out)
            Frames.appendWindowUpdate(0, HTTP2ReceiveWindow.firstCredit, to: &out)
        }
    }

    private var settingsOfServer: [(Settings.Identifier, UInt32)] {
        var settings: [(Settings.Identifier, UInt32)] = [
            (.maxConcurrentStreams, UInt32(limits.maxStreams)),
            (.maxHeaderListSize, UInt32(clamping: limits.head.maxHeadBytes)), (.noRFC7540Priorities, 1),
        ]
        if limits.enablesConnectProtocol { settings.append((.enableConnectProtocol, 1)) }
        return settings
    }

    private var settingsOfClient: [(Settings.Identifier, UInt32)] {
        [(.enablePush, 0), (.maxHeaderListSize, UInt32(clamping: limits.head.maxHeadBytes))]
    }

    // MARK: Receiving

    /// Bytes that have been read.
    package var bytesRead: Int { readCount }
    private var readCount = 0

    /// Frames that have come to their end.
    package var frameCount: Int { wholeFrames }
    /// The same, for the part that reads them.
    var wholeFrames = 0

    /// Reads what has come and acts on it.
    /// - Returns: `.full` when too much waits to be sent: a peer that does not read is not listened to.
    package func receive() throws(PeerError) -> BodyRead {
        guard error == nil else { return .end }
        if output.count > Self.unreadLimit { return .full }
        guard stream.mayRead else { return .blocked }
        let buffer = takeInput()
        defer { keep(buffer) }
        let outcome: ReadOutcome
        do { outcome = try stream.read(into: buffer) } catch { throw .connection(error) }
        switch outcome {
        case .blocked: return .blocked
        case .end: return .end
        case .bytes(let count): readCount &+= count
        }
        act(on: buffer)
        return .progress
    }

    /// Acts on what was read before it was known to be HTTP/2's.
    package func take(_ begun: Buffer) {
        act(on: begun)
        keep(begun)
    }

    private func act(on buffer: Buffer) {
        do throws(ConnectionError) {
            let count = try buffer.withBytes { bytes throws(ConnectionError) in try act(on: bytes) }
            buffer.consume(count)
            if count > 0 { inputSince = nil }
        } catch {
            fail(error)
        }
    }

    /// Bytes of answers to PING, SETTINGS and the like that may wait.
    private static let unreadLimit = 131_072

    private func takeInput() -> Buffer {
        let target = buffers.acquire(.bulk)
        guard let begun = input.take() else { return target }
        begun.withBytes { target.append($0) }
        buffers.release(begun)
        return target
    }

    /// What is left of a frame waits in as little as it needs.
    private func keep(_ buffer: Buffer) {
        defer { buffers.release(buffer) }
        guard !buffer.isEmpty, error == nil else { return inputSince = nil }
        inputSince = inputSince ?? now
        let rest = buffers.acquire(.small)
        buffer.withBytes { rest.append($0) }
        input = rest
    }

    // MARK: Streams

    func makeStream(_ identifier: UInt32) -> HTTP2Stream {
        guard let spare = streams.takeSpare() else { return HTTP2Stream(identifier, of: self) }
        spare.open(as: identifier)
        return spare
    }

    /// Takes the room of fields back that have been read.
    package func keep(_ fields: consuming RequestFields) {
        spareFields = fields.takeStorage()
    }

    /// The exchange on a stream begins.
    package func beginExchange() { running += 1 }

    /// The exchange on a stream is over. If its request is not, what still comes is dropped for a while.
    package func endExchange(on stream: HTTP2Stream) {
        running -= 1
        stream.detach()
        if role == .client { stream.reset(.cancel) }
        guard !stream.isClosed else {
            // What nobody took must not be there for the next who gets the stream.
            stream.inflow.discard()
            forget(stream)
            return streams.putSpare(stream)
        }
        stream.abandonedAt = now
        abandonedCount += 1
        stream.inflow.abandon()
        // An exchange that has not ended its answer has been cut.
        if !stream.outflow.hasEnded { stream.reset(.internalError) }
    }

    /// The requests of streams that were answered at that time or before are not awaited any longer: RFC 9113 §8.1.
    /// - Parameter time: monotonic nanoseconds.
    package func endAbandoned(since time: UInt64) {
        for stream in streams.all {
            if let abandonedAt = stream.abandonedAt, abandonedAt <= time { stream.reset(.noError) }
        }
    }

    /// When the first of the streams was answered whose requests have not ended; nil if there is none.
    package var firstAbandoned: UInt64? {
        abandonedCount == 0 ? nil : streams.all.lazy.compactMap(\.abandonedAt).min()
    }

    func streamEnded(_ stream: HTTP2Stream) {
        if stream.isClosed { forget(stream) }
    }

    func forget(_ stream: HTTP2Stream) {
        guard streams.remove(stream) else { return }
        if stream.isAbandoned { abandonedCount -= 1 }
        receiveWindow.giveBack(growth: stream.inflow.growth)
    }

    /// It will be silent for a while: what it has room for is given back.
    package func releaseMemory() {
        guard streams.isEmpty else { return }
        decoder.releaseMemory()
        streams.removeAll()
        streams.removeSpares()
        queue.removeAll()
        spareFields = []
        repeatedSections = nil
        recentResets = HTTP2RecentResets()
    }

    // MARK: Sending

    /// The connection's own waiter is told that there is something to send.
    package var onOutput: (() -> Void)? {
        get { outputHandler }
        set { outputHandler = newValue }
    }
    private var outputHandler: (() -> Void)?
    private var isFlushDue = false

    func flushSoon() {
        guard !isFlushDue else { return }
        isFlushDue = true
        outputHandler?()
    }

    /// Sends what waits.
    /// - Returns: is everything with the kernel?
    package func flush() throws(PeerError) -> Bool {
        isFlushDue = false
        return try output.flush()
    }
}
