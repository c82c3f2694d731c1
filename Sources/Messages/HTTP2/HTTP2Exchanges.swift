package import HTTP2

/// The streams of a connection, and the exchanges on them.
extension HTTP2Connection {
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
        queue.remove(stream)
        if stream.isAbandoned { abandonedCount -= 1 }
        receiveWindow.giveBack(growth: stream.inflow.growth)
    }

    // MARK: Streams that are not there

    /// RFC 9113 §6.8: of a client's streams that it opened before it had seen our last GOAWAY all is ignored. Others go on.
    func isBeyondGoAway(_ identifier: UInt32) -> Bool {
        guard role == .server, let last = leaving.sent else { return false }
        return identifier > last && identifier % 2 == 1
    }

    /// RFC 9113 §5.1.1: streams that the client has not opened, or could not, are idle.
    func checkIsKnown(_ identifier: UInt32, _ frame: String) throws(ConnectionError) {
        if isBeyondGoAway(identifier) { return try countControlFrame() }
        guard numbers.hasOpened(identifier) else {
            throw ConnectionError(.protocolError, "\(frame) on a stream that is idle")
        }
    }
}
