import HTTP
import Messages

/// The right to write an answer's body to its end. Dropped before `finish` it truncates visibly: a reset or a close, never what
/// looks like an end.
struct BodyWriter: ~Copyable {
    private let client: any ClientSide
    private let sink: any BodySink
    private var isFinished = false

    init(_ client: any ClientSide) {
        self.client = client
        sink = client.answerBody
    }

    /// Takes a prefix of the payload; see `BodySink.write`.
    func write(_ payload: Span<UInt8>) throws(PeerError) -> Int {
        try sink.write(payload)
    }

    /// Moves payload on from where it arrives.
    /// - Parameters:
    ///   - compressed: what encodes it on its way; nil: nothing.
    ///   - recording: gets what has moved, too.
    /// - Returns: how many bytes moved; 0 when the client is blocked.
    func write(
        from source: any BodySource, through compressed: CompressedBody? = nil, to recording: CacheRecording? = nil
    ) throws(PeerError) -> Int {
        if let recording { return try write(from: source, through: compressed, recordedBy: recording) }
        if let compressed { return try compressed.drain { payload throws(PeerError) in try sink.write(payload) } }
        return try source.drain { payload throws(PeerError) in try sink.write(payload) }
    }

    @inline(never)
    private func write(
        from source: any BodySource, through compressed: CompressedBody?, recordedBy recording: CacheRecording
    ) throws(PeerError) -> Int {
        if let compressed { return try compressed.drain { payload throws(PeerError) in try write(payload, recording) } }
        return try source.drain { payload throws(PeerError) in try write(payload, recording) }
    }

    private func write(_ payload: Span<UInt8>, _ recording: CacheRecording) throws(PeerError) -> Int {
        let count = try sink.write(payload)
        recording.append(payload.extracting(first: count), isHeldUp: count < payload.count)
        return count
    }

    /// Ends the body; what is not yet sent still has to be flushed.
    consuming func finish(trailers: FieldSection? = nil) {
        sink.finish(trailers: trailers)
        isFinished = true
    }

    deinit {
        if !isFinished { client.abort() }
    }
}
