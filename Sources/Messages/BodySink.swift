package import HTTP

/// A message's body as it is sent: a request's to an upstream, an answer's to a client.
///
/// Nothing waits here: after 0 or false the side that the body belongs to is watched, and the call made again.
package protocol BodySink: AnyObject {
    /// Takes a prefix of the payload. Little of it may wait for more, to leave in one record or packet: see `flush`.
    /// - Returns: how many bytes were taken; 0 when blocked. The next call must begin with the first byte not taken.
    func write(_ payload: Span<UInt8>) throws(PeerError) -> Int
    /// Ends the body. What is not yet sent has still to be flushed.
    /// - Parameter trailers: are sent if the framing allows it.
    func finish(trailers: FieldSection?)
    /// Sends what waits.
    /// - Returns: is everything with the kernel?
    func flush() throws(PeerError) -> Bool
    /// Drops what waits: the peer takes no more.
    func discard()
    /// Payload bytes of this body that have been taken.
    var bodyBytes: UInt64 { get }
    /// Since when the peer has made no room to speak of, in monotonic nanoseconds; asked after a write that was blocked. Nil
    /// where every byte taken is progress.
    var stalledSince: UInt64? { get }
}

extension BodySink {
    /// The kernel tells of room only when there is a good deal of it.
    package var stalledSince: UInt64? { nil }
}
