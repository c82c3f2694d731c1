import HTTP2

/// The streams of a connection that wait for room to send, and whose turn it is, RFC 9218 §10.
final class HTTP2SendQueue {
    /// The streams in the order in which they were added. Taken out while it is changed: price 1.
    private var streams: [HTTP2Stream] = []
    /// The last position that a stream was given.
    private var lastPosition: UInt64 = 0

    var isEmpty: Bool { streams.isEmpty }
    var count: Int { streams.count }

    /// Adds a stream that waits to send, unless it waits already.
    func add(_ stream: HTTP2Stream) {
        guard !stream.isQueued else { return }
        stream.isQueued = true
        // Several are woken at a time, and the first may take all the room: the others keep their positions.
        if stream.position == 0 {
            lastPosition += 1
            stream.position = lastPosition
        }
        var waiting = exchange(&streams, with: [])
        waiting.append(stream)
        streams = waiting
    }

    /// Takes out the stream whose turn it is.
    /// - Parameter headsAlone: only streams that wait with a head, since there is no window for the others.
    /// - Returns: nil if none waits.
    func takeNext(headsAlone: Bool = false) -> HTTP2Stream? {
        if isEmpty { return nil }
        var waiting = exchange(&streams, with: [])
        defer { streams = waiting }
        var found: Int?
        for index in waiting.indices where !headsAlone || waiting[index].outflow.isHeadWaiting {
            if let best = found, !waiting[index].turn.comes(before: waiting[best].turn) { continue }
            found = index
        }
        guard let best = found else { return nil }
        let stream = waiting.remove(at: best)
        stream.isQueued = false
        return stream
    }

    /// Takes out a stream that has ended. As long as the connection's window is closed nothing else would, however many come and
    /// go meanwhile.
    func remove(_ stream: HTTP2Stream) {
        guard stream.isQueued else { return }
        stream.isQueued = false
        var waiting = exchange(&streams, with: [])
        waiting.removeAll { $0 === stream }
        streams = waiting
    }

    /// Drops all streams.
    func removeAll() { streams = [] }

    /// Does another stream wait that is more urgent?
    func isBehind(_ stream: HTTP2Stream) -> Bool {
        streams.contains { $0 !== stream && $0.priority.urgency < stream.priority.urgency }
    }
}
