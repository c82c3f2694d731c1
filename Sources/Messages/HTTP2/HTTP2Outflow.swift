package import HTTP
import HTTP2

/// What goes out on a stream: one field section, DATA as far as both windows and the connection's buffer allow, and perhaps
/// trailers.
package final class HTTP2Outflow: BodySink {
    /// Its stream, which holds it.
    private unowned var stream: HTTP2Stream?
    /// The stream was reset: kept here too, since it is asked of each piece (price 2).
    private var isReset = false
    /// What the peer takes on the stream.
    private var window = HTTP2SendWindow(0)
    /// Has END_STREAM been sent?
    package var hasEnded: Bool { ended }
    // Price 6.
    private var ended = false
    /// Bytes of a counted body still to come; nil if the body is not counted.
    private var left: UInt64?
    private var isTunnel = false
    /// The last write was stopped by what all streams of the connection share.
    var isBlockedByConnection: Bool { isBlockedThere }
    private var isBlockedThere = false
    /// Has the field section of the message itself been sent? Interim ones may go before it.
    private var hasBegun = false
    /// The next interim head waits until those before it have gone.
    var isHeadWaiting: Bool { waitsWithHead }
    private var waitsWithHead = false

    package var bodyBytes: UInt64 { handedOver }
    private var handedOver: UInt64 = 0
    /// See `HTTP2Stall.since`. Whoever waits for its turn is not stalled as long as the connection makes progress; and if that
    /// does not, its own end is near.
    package var stalledSince: UInt64? {
        guard let stream else { return stall.since }
        if waitsWithHead { return stream.connection.now }
        guard isBlockedThere, let since = stall.since else { return stall.since }
        return max(since, stream.connection.progress.madeAt)
    }
    private var stall = HTTP2Stall()

    init() {}

    func belong(to stream: HTTP2Stream) { self.stream = stream }

    /// A stream begins, on which nothing has been sent.
    func open(window: Int) {
        isReset = false
        self.window = HTTP2SendWindow(window)
        ended = false
        left = nil
        isTunnel = false
        isBlockedThere = false
        hasBegun = false
        waitsWithHead = false
        handedOver = 0
        stall = HTTP2Stall()
    }

    /// May a field section be sent?
    var mayBegin: Bool { !ended && !isReset }

    /// What follows a message's field section: see `HTTP2Stream.begin`.
    func begin(_ framing: BodyFraming, isTunnel: Bool) {
        self.isTunnel = isTunnel
        hasBegun = true
        waitsWithHead = false
        left = if case .length(let count) = framing { count } else { nil }
        ended = framing.isEmpty
    }

    /// Sends a prefix of the payload as DATA.
    package func write(_ payload: Span<UInt8>) throws(PeerError) -> Int {
        guard let stream else { return 0 }
        if isReset { throw stream.ending }
        let connection = stream.connection
        var taken = 0
        var isBlockedThere = false
        while taken < payload.count, window.left > taken, !ended {
            let count = min(payload.count, window.left) - taken
            let rest = payload.extracting(taken..<taken + count)
            let sent = try connection.sendData(stream, rest, endsStream: left == UInt64(taken + count))
            guard sent > 0 else {
                isBlockedThere = true
                break
            }
            taken += sent
            connection.earnControlFrames(for: sent, isAll: taken == payload.count)
        }
        self.isBlockedThere = isBlockedThere
        note(taken, of: payload.count, connection.now)
        if ended { connection.streamEnded(stream) }
        return taken
    }

    private func note(_ taken: Int, of count: Int, _ now: UInt64) {
        window.spend(taken)
        handedOver += UInt64(taken)
        if let rest = left {
            left = rest - UInt64(taken)
            if rest == taken { ended = true }
        }
        if taken < count { stall.wasBlocked(handedOver: handedOver, at: now) } else if window.isOpen { stall.tookAll() }
    }

    /// Ends the stream; with trailers in a field section of their own, without those that must not be sent as trailers: a client
    /// resets a stream whose trailers frame a message or belong to its connection (RFC 9113 §8.2.2).
    package func finish(trailers: FieldSection?) {
        guard !ended, !isTunnel, !isReset, let stream else { return }
        // A counted body that lacks bytes must not look whole (RFC 9113 §8.1.1).
        if let left, left > 0 { return stream.reset(.internalError) }
        ended = true
        if let trailers, trailers.lines.contains(where: { $0.known.mayBeTrailer }) {
            stream.connection.sendHeaders(stream, endsStream: true) { out in
                for line in trailers.lines where line.known.mayBeTrailer {
                    FieldEncoder.append(trailers.bytes.span, name: line.name, value: line.value, to: &out)
                }
            }
        } else {
            stream.connection.sendEnd(stream)
        }
    }

    /// Ends our side of a tunnel.
    func endTunnel() {
        isTunnel = false
        finish(trailers: nil)
    }

    /// What waits is the connection's to send, with what waits for other streams. But interim heads have no windows: who does not
    /// read must not have them collected here.
    package func flush() throws(PeerError) -> Bool {
        if isReset, let stream { throw stream.ending }
        if hasBegun { return true }
        waitsWithHead = stream?.connection.takesHeads == false
        return !waitsWithHead
    }

    /// The stream takes nothing more.
    package func discard() { ended = true }

    /// The stream was reset: it takes nothing more, and who writes to it is told so.
    func wasReset() {
        isReset = true
        ended = true
    }

    /// The peer takes so many bytes more, or less.
    /// - Returns: false if its window is larger than any may be (RFC 9113 §6.9.1).
    func widen(_ increment: Int) -> Bool {
        let wasOpen = window.isOpen
        window.widen(increment)
        guard !window.isTooLarge else { return false }
        if !wasOpen, window.isOpen { stream?.becameWritable() }
        return true
    }
}
