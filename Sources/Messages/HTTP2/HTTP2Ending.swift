import Buffers
import HTTP
package import HTTP2

/// What a connection takes from its peer, and how it and its streams end.
extension HTTP2Connection {
    /// Counts a stream that was reset, whoever did it.
    func countReset() throws(ConnectionError) {
        // Taken out and put back, as below: price 1.
        var left = floods
        defer { floods = left }
        try left.countReset(now: now)
    }

    /// Counts a frame that moves nothing.
    func countControlFrame() throws(ConnectionError) {
        var left = floods
        defer { floods = left }
        try left.countControlFrame(now: now)
    }

    /// So many more frames that move nothing may come.
    func earnControlFrames(_ count: Int) {
        var left = floods
        left.earnControlFrames(count)
        floods = left
    }

    /// A stream error, RFC 9113 §5.4.2.
    /// - Parameters:
    ///   - because: what the peer did, for the log.
    ///   - malformation: the rule that its message broke, if that is what it did.
    func resetStream(
        _ identifier: UInt32, _ code: ErrorCode, because: String? = nil, malformation: RefusalReason? = nil
    ) throws(ConnectionError) {
        let stream = streams[identifier]
        if let stream {
            let wasRunning = !stream.isAbandoned
            forget(stream)
            if stream.fault == nil { (stream.fault, stream.malformation) = (because, malformation) }
            if wasRunning { stream.wasReset(code) }
        }
        sendReset(identifier, code)
        // A server can have no more streams reset than were opened to it.
        if role == .server || stream == nil { try countReset() }
    }

    /// Nothing on the connection can be relied on any more (RFC 9113 §5.4.1).
    package func fail(_ error: ConnectionError) {
        guard failure == nil else { return }
        failure = error
        // RFC 9113 §6.8: of streams that the other side has opened.
        let last = role == .server ? numbers.last : 0
        output.append { Frames.appendGoAway(last: last, error.code, debugData: error.reason, to: &$0) }
        endStreams()
    }

    /// The connection broke or ends: its exchanges learn of it.
    /// - Parameter error: how it broke, if it did.
    package func endStreams(_ error: PeerError? = nil) {
        breakage = breakage ?? error
        // A connection in use has none most times that its session ends, and keeps its tables.
        guard !streams.isEmpty else { return }
        let open = streams.all
        streams.removeAll()
        abandonedCount = 0
        queue.removeAll()
        for stream in open { stream.wasReset(.cancel, keepsAnswer: true) }
    }

    /// Takes no streams beyond those that are open, or says first that it soon will not (RFC 9113 §6.8).
    /// - Parameter isFinal: the second time, when what was under way has arrived.
    package func goAway(isFinal: Bool) {
        guard error == nil else { return }
        let last = role == .client ? 0 : isFinal ? numbers.last : FlowControl.maxWindow
        guard leaving.send(last: last) else { return }
        output.append { Frames.appendGoAway(last: last, .noError, to: &$0) }
        flushSoon()
    }

    /// Gives up what it holds; what waited is lost.
    package func discard() {
        endStreams()
        streams.removeSpares()
        if let input { buffers.release(input) }
        input = nil
        output.discard()
        section = nil
    }
}
