import HTTP2

/// What costs us, brings the peer nothing, and is limited therefore: streams that are reset, and frames that move nothing. So
/// many at once, and so many in a time.
///
/// What moves something is answered with such frames, too, and earns them.
struct HTTP2FloodLimits {
    private var resets: TokenBucket
    private var controlFrames: TokenBucket

    init(_ limits: StreamLimits, now: UInt64) {
        resets = TokenBucket(limits.maxResets, per: 30, now: now)
        controlFrames = TokenBucket(limits.maxControlFrames, per: 10, now: now)
    }

    /// Counts a stream that was reset, whoever did it.
    /// - Parameter now: monotonic nanoseconds.
    mutating func countReset(now: UInt64) throws(ConnectionError) {
        guard resets.take(now: now) else {
            throw ConnectionError(.enhanceYourCalm, "too many streams were reset", key: "limits.http2_resets")
        }
    }

    /// Counts a frame that moves nothing.
    /// - Parameter now: monotonic nanoseconds.
    mutating func countControlFrame(now: UInt64) throws(ConnectionError) {
        guard controlFrames.take(now: now) else {
            throw ConnectionError(.enhanceYourCalm, "too many frames that move nothing", key: "limits.http2_control_frames")
        }
    }

    /// Lets so many more frames come that move nothing.
    mutating func earnControlFrames(_ count: Int) { controlFrames.add(count) }

    /// What goes with a client's request and its answer: windows, priorities, a PING now and then.
    static let framesPerRequest = 4
    /// What a server may send with its answer to a request of ours.
    static let framesPerRequestSent = 16
    /// A WINDOW_UPDATE or two that DATA of ours is answered with.
    static let framesPerData = 2

    /// Does DATA that is sent earn frames? Not if there is so little of it because the peer lets no more come: it would earn them
    /// by making work. A server gets as much as clients send.
    /// - Parameter isAll: it ended with all that there was to send.
    static func isEarned(by count: Int, isAll: Bool, as role: HTTP2Connection.Role) -> Bool {
        isAll || count >= worthwhile || role == .client
    }

    /// Bytes of a DATA frame from which on it costs its sender as much as us.
    static let worthwhile = 1024
}
