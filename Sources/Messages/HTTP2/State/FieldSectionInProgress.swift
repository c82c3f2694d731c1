import HTTP
import HTTP2

/// A field section of which not all frames have come. Nothing else may come before its end (RFC 9113 §4.3).
struct FieldSectionInProgress {
    enum Content {
        case request, answer, trailers
        /// Nobody takes it: it is decoded for the table's sake alone (RFC 9113 §4.3).
        case nothing
    }

    let stream: UInt32
    let endsStream: Bool
    /// When its first frame came, in monotonic nanoseconds.
    let since: UInt64
    var content = Content.nothing
    /// Encoded bytes and frames that have come.
    private var size = 0
    private var frames = 0

    init(stream: UInt32, endsStream: Bool, since: UInt64) {
        self.stream = stream
        self.endsStream = endsStream
        self.since = since
    }

    /// Has one frame come, and no other?
    var isOneFrame: Bool { frames == 1 }

    /// Counts a frame that has come.
    mutating func add(_ fragment: Span<UInt8>, limits: HeadLimits) throws(ConnectionError) {
        size += fragment.count
        frames += 1
        guard size <= 2 * limits.maxHeadBytes, frames <= Self.maxFrames(of: limits) else {
            throw ConnectionError(.enhanceYourCalm, "a field section without an end", key: "limits.max_head_bytes")
        }
    }

    /// Nobody needs more to send as much as is taken, even in pieces of half a kilobyte.
    private static func maxFrames(of limits: HeadLimits) -> Int { 8 + limits.maxHeadBytes / 512 }
}
