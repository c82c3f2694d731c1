package import Buffers
package import EventLoop
import HTTP
package import HTTP2
package import Transport

/// A connection in HTTP/2, RFC 9113, either side's: frames in, streams to their exchanges, frames out.
///
/// It joins values that decide, each without a socket or a clock (`HTTP2/State`), and does what they say:
///
/// - when bytes come: `HTTP2Receiving.swift`, then by the frame `HTTP2DataFrames.swift`, `HTTP2FieldSections.swift` or
///   `HTTP2ControlFrames.swift`
/// - while exchanges begin and end: `HTTP2Exchanges.swift`, and for what a client does besides (requests out, answers in)
///   `HTTP2Requests.swift`
/// - when streams send: `HTTP2Sending.swift`, by `HTTP2Output`
/// - when a stream or all of it ends: `HTTP2Ending.swift`
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
    /// Takes the requests of a server's connection, which it holds; nil at the client's end.
    package var acceptor: (any HTTP2Acceptor)? {
        get { owner }
        set { owner = newValue }
    }
    // Price 6, as for all twins below.
    private unowned var owner: (any HTTP2Acceptor)?

    // MARK: What comes

    /// The beginning of a frame.
    var input: Buffer?
    /// When that came, in monotonic nanoseconds; nil if there is none.
    var inputSince: UInt64?
    var order: HTTP2FrameOrder
    /// A PING of ours has not been answered yet.
    var isPingUnanswered = false
    /// The peer knows that we use no table of fields.
    var hasToldOfTable = false
    /// The field section under way.
    var section: FieldSectionInProgress?
    /// The DATA frame under way.
    var data: DataInProgress?
    var receiveWindow = HTTP2ConnectionReceiveWindow()
    var floods: HTTP2FloodLimits
    let decoder = FieldDecoder()
    /// Nil before the first section, and while the connection is silent.
    var repeatedSections: HTTP2RepeatedSections?
    /// Room for the fields of the next message, while streams are open.
    var spareFields: [UInt8] = []
    /// What the peer has told us.
    package internal(set) var peer: Settings {
        get { settings }
        set { settings = newValue }
    }
    private var settings = Settings()
    var readCount = 0
    var wholeFrames = 0

    // MARK: Streams

    let streams = HTTP2StreamTable()
    var numbers = HTTP2StreamNumbers()
    var recentResets = HTTP2RecentResets()
    /// Priorities that the peer has stated of streams that are not open yet (RFC 9218 §7.1); nil: none.
    var earlyPriorities: HTTP2EarlyPriorities?
    var running = 0
    /// Streams that have been answered before their requests ended: asked at each wait, so they are not looked through.
    var abandonedCount = 0

    // MARK: What goes

    let output: HTTP2Output
    /// Streams to wake when there is room to send.
    let queue = HTTP2SendQueue()
    var progress = HTTP2SendProgress()

    // MARK: The end

    var leaving = HTTP2GoAwayState()
    /// Why it ends; nil while it does not.
    package var error: ConnectionError? { failure }
    var failure: ConnectionError?
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

    private func sendPreface() {
        let settings = limits.settings(as: role)
        output.append { out in
            if role == .client { out.write(HTTP2Preface.bytes) }
            Frames.appendSettings(settings, to: &out)
            Frames.appendWindowUpdate(0, HTTP2ConnectionReceiveWindow.firstCredit, to: &out)
        }
    }

    // MARK: What others ask

    /// Monotonic nanoseconds.
    var now: UInt64 { loop.now }
    /// Bytes that have been read.
    package var bytesRead: Int { readCount }
    /// Frames that have come to their end.
    package var frameCount: Int { wholeFrames }
    /// Exchanges that have not ended, some of them on streams that are gone.
    package var runningExchanges: Int { running }
    package var hasStreams: Bool { running > 0 || !streams.isEmpty }
    /// When the field section or frame under way began, in monotonic nanoseconds; nil if none is. DATA is the streams' affair.
    package var frameSince: UInt64? { section?.since ?? inputSince }
    /// Bytes of frames that wait to be sent.
    package var unsentCount: Int { output.count }
    /// Has the peer said what it takes?
    package var hasSettings: Bool { order.hasSettings }
    /// Has a PING of ours not been answered yet?
    package var awaitsPing: Bool { isPingUnanswered }
    package var hasSentGoAway: Bool { leaving.sent != nil }
    /// The server's GOAWAY; nil while it takes requests.
    package var receivedGoAway: HTTP2GoAway? { leaving.received }
    /// Has the server said GOAWAY?
    package var hasReceivedGoAway: Bool { leaving.received != nil }
    /// Has the client been told that it may open WebSockets?
    package var offersWebSockets: Bool { limits.enablesConnectProtocol }

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
