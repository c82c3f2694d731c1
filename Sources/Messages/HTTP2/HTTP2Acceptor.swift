package import HTTP
package import HTTP2

/// Takes the requests that come on a connection.
package protocol HTTP2Acceptor: AnyObject {
    /// What a request's head may measure.
    var headLimits: HeadLimits { get }
    /// A request has come on a new stream.
    /// - Parameter fields: its field section, judged neither as a whole nor against any other.
    /// - Returns: its head, as it is before its exchange begins; nil if the same fields may come to something else.
    func received(_ fields: consuming RequestFields, on stream: HTTP2Stream) -> RequestHead?
    /// A request has come of the same fields as one before.
    /// - Parameter head: what `received` has returned for that one, or a copy.
    func receivedAgain(_ head: RequestHead, on stream: HTTP2Stream)
}
