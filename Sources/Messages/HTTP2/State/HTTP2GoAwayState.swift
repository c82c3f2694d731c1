/// Which streams go on after a GOAWAY, ours or the server's (RFC 9113 §6.8).
struct HTTP2GoAwayState {
    /// The highest stream that is taken, as ours says; nil before it.
    private(set) var sent: UInt32?
    /// The server's; nil while it takes requests.
    private(set) var received: HTTP2GoAway?

    /// Ours is to name a stream as the highest that is taken.
    /// - Returns: false if it need not be sent: one has named that or a lower one.
    mutating func send(last: UInt32) -> Bool {
        if let sent, sent <= last { return false }
        sent = last
        return true
    }

    /// The server's has come. What it names may be lowered by another one, never raised.
    /// - Returns: the highest stream that goes on.
    mutating func receive(_ goAway: HTTP2GoAway) -> UInt32 {
        var goAway = goAway
        goAway.last = min(goAway.last, received?.last ?? goAway.last)
        received = goAway
        return goAway.last
    }
}
