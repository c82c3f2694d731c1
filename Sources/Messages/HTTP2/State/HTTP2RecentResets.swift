/// Streams that we have reset not long ago, of which frames may still be under way (RFC 9113 §5.1).
struct HTTP2RecentResets {
    private var streams: [UInt32] = []
    private static let maxStreams = 64

    func contains(_ stream: UInt32) -> Bool { streams.contains(stream) }

    /// Remembers one, and forgets the first of too many.
    mutating func add(_ stream: UInt32) {
        streams.append(stream)
        if streams.count > Self.maxStreams { streams.removeFirst() }
    }
}
