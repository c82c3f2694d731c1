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
    /// - Parameter compressed: what encodes it on its way; nil: nothing.
    /// - Returns: how many bytes moved; 0 when the client is blocked.
    func write(from source: any BodySource, through compressed: CompressedBody? = nil) throws(PeerError) -> Int {
        if let compressed { return try compressed.drain { payload throws(PeerError) in try sink.write(payload) } }
        return try source.drain { payload throws(PeerError) in try sink.write(payload) }
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
