import HTTP2

/// The numbers of the streams that a client has opened, whichever side it is: odd ones, which only grow (RFC 9113 §5.1.1). A
/// server opens none, since nobody pushes.
struct HTTP2StreamNumbers {
    /// The highest that was opened; 0: none was.
    private(set) var last: UInt32 = 0

    /// Has the stream been opened? It may be closed by now. Others are idle, some for ever.
    func hasOpened(_ stream: UInt32) -> Bool { stream % 2 == 1 && stream <= last }

    /// The client opens a stream, and with it those of lower numbers are idle no longer.
    mutating func open(_ stream: UInt32) { last = stream }

    /// RFC 9113 §5.1.1: when a connection's numbers are used up another one is needed.
    var hasMore: Bool { last < FlowControl.maxWindow - 2 }

    /// The number of our next stream.
    mutating func takeNext() -> UInt32 {
        last += last == 0 ? 1 : 2
        return last
    }
}
