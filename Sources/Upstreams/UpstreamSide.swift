package import Buffers
package import EventLoop
package import HTTP
package import Messages

/// The upstream's side of one exchange, whichever version of HTTP carries it: the request on its way there, and the answer.
///
/// Operations try and return at once; `watch` says what the exchange's waiter is to be woken by.
package protocol UpstreamSide: AnyObject {
    // MARK: The request

    /// Begins the request: its head is made of the client's.
    func begin(
        _ request: RequestHead, _ forwarded: borrowing UpstreamRequest, policy: borrowing RequestFieldPolicy,
        client: borrowing ClientPeer)
    /// The request's body.
    var requestBody: any BodySink { get }

    // MARK: The answer

    /// Takes a head, interim or final, if all of it has been read.
    func takeHead(_ head: ResponseHead, limits: HeadLimits) throws(HTTPRefusal) -> Bool
    /// Begins the answer's body, after its final head.
    /// - Parameter method: of the request.
    /// - Returns: how the body ends.
    func beginBody(of head: ResponseHead, to method: Method) throws(HTTPRefusal) -> BodyFraming
    /// The answer's body; reading it also reads what `takeHead` looks at.
    var body: any BodySource { get }
    /// Has any byte been read that nobody has taken? Before a head: of an answer.
    var hasUntakenBytes: Bool { get }
    /// Has its connection carried an exchange before? Then its end before an answer may just be the upstream's idle timeout.
    var isReused: Bool { get }

    /// Does the server get the request in another version of HTTP if it wants none of this one (RFC 9113 §7, HTTP_1_1_REQUIRED)?
    var hasOtherVersion: Bool { get }

    // MARK: Waiting and leaving

    /// The waiter of the exchange's task.
    func attach(to waiter: Waiter)
    func watch(reading: Bool, writing: Bool)
    /// Leaves HTTP, after a 101.
    /// - Returns: the connection as it is, and what has been read of it and not taken.
    func upgrade() -> (duplex: any Duplex, unread: Buffer?)

    // MARK: The lease's

    /// The exchange has come to its end: the pool may keep the connection, if it is clean.
    func release(to pool: Pool)
    /// The exchange came to no good end.
    func cancel()
}
