import HTTP2

/// The streams of a connection that wait for room to send, and whose turn it is, RFC 9218 §10.
struct HTTP2SendQueue {
    /// In the order in which they came.
    private var streams: [HTTP2Stream] = []

    var isEmpty: Bool { streams.isEmpty }

    /// Does nothing with one that waits already.
    mutating func add(_ stream: HTTP2Stream) {
        guard !stream.isQueued else { return }
        stream.isQueued = true
        streams.append(stream)
    }

    /// Takes out the one whose turn it is.
    mutating func takeNext() -> HTTP2Stream? {
        guard var best = streams.indices.first else { return nil }
        for index in streams.indices.dropFirst() where Self.goes(streams[index], before: streams[best]) { best = index }
        let stream = streams.remove(at: best)
        stream.isQueued = false
        return stream
    }

    /// Does one wait that is more urgent?
    func isBehind(_ stream: HTTP2Stream) -> Bool {
        streams.contains { $0 !== stream && $0.priority.urgency < stream.priority.urgency }
    }

    /// The more urgent first; of equally urgent ones those that are of no use in part, in the order of their requests; the others
    /// in turn.
    private static func goes(_ stream: HTTP2Stream, before other: HTTP2Stream) -> Bool {
        if stream.priority.urgency != other.priority.urgency { return stream.priority.urgency < other.priority.urgency }
        if stream.priority.isIncremental != other.priority.isIncremental { return !stream.priority.isIncremental }
        return !stream.priority.isIncremental && stream.identifier < other.identifier
    }
}
