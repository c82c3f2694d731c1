import EventLoop
package import HTTP
package import Messages
package import Transport

/// A connection to an upstream server, with both halves of its HTTP/1.
package final class UpstreamConnection {
    package let stream: Stream
    package let inflow: Inflow
    package let outflow: Outflow
    /// Has it carried an exchange before? Then its failing before an answer may just be the upstream's idle timeout.
    package var isReused: Bool { hasBeenParked }
    private var hasBeenParked = false
    /// When it was parked, in monotonic nanoseconds.
    private(set) var idleSince: UInt64 = 0
    /// How long the upstream keeps it, by its own words, in nanoseconds.
    private(set) var keepAliveLimit = UInt64.max

    init(_ stream: Stream, buffers: BufferPool, chunkLimits: ChunkLimits) {
        self.stream = stream
        inflow = Inflow(stream, buffers: buffers, chunkLimits: chunkLimits, from: .upstream)
        outflow = Outflow(stream, buffers: buffers)
    }

    /// Remembers what an answer says of the connection's future.
    package func heed(_ head: ResponseHead) {
        guard head.contains(.keepAlive) else { return }
        if let limit = KeepAlive.limit(head.fields) { keepAliveLimit = limit }
    }

    /// Its first answer has begun: what the upstream's TLS had to say besides has come, too.
    package func settle() {
        stream.settle()
    }

    /// It waits for its next exchange from now on.
    func parked(at now: UInt64) {
        hasBeenParked = true
        idleSince = now
    }

    /// May it carry another exchange? Only if nothing is unread, nothing unsent, and the peer has said nothing since.
    var isClean: Bool {
        inflow.isClean && !outflow.hasPending && !stream.socket.hasHungUp && !stream.mayRead
    }

    func close() {
        inflow.discard()
        outflow.discard()
        stream.close()
    }
}
