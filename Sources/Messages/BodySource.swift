package import HTTP

/// A message's body as it arrives: a request's from a client, an answer's from an upstream.
///
/// Nothing waits here: after `blocked` the side that the body belongs to is watched, and the body asked again.
package protocol BodySource: AnyObject {
    /// Finds the body's next payload among what has been read.
    func nextBody() throws(HTTPRefusal) -> BodyState
    /// Reads more, without waiting.
    func read() throws(PeerError) -> BodyRead
    /// Lends the payload that `nextBody` found; what `take` says it has taken is gone.
    /// - Parameter take: gets at least one byte; returns how many of them it took from the front, 0 if it is blocked.
    /// - Returns: what `take` returned; 0 if no payload is ready.
    func drain(_ take: (Span<UInt8>) throws(PeerError) -> Int) throws(PeerError) -> Int
    /// The trailer fields, once the body has ended; empty if it had none.
    var trailers: FieldSection { get }
    /// Payload bytes of this body that have been taken.
    var bodyBytes: UInt64 { get }
    /// Has the whole body been taken?
    var isBodyFinished: Bool { get }
}

/// What is known of a body's next bytes.
package enum BodyState: Equatable {
    /// So many bytes of payload have been read and not taken, at least one.
    case ready(Int)
    /// More has to be read first.
    case needsBytes
    /// The body is complete.
    case finished
}

/// What an attempt to read more of a message came to.
package enum BodyRead: Equatable {
    /// There is something new: bytes, or the end of a body that ends with its connection.
    case progress
    /// Nothing is there now.
    case blocked
    /// The peer ended its side, before the end of the message that was under way if one was.
    case end
    /// There is no room: what has been read must be taken first.
    case full
}
