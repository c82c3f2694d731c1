import HTTP2

/// The window of a connection, for the DATA that its peer sends on all streams together (RFC 9113 §6.9), and what those streams'
/// own windows may grow by.
///
/// What holds a peer back are the windows of its streams: this one is credited when DATA arrives, whoever takes it, so that one
/// stream that nobody takes from never stops the others.
struct HTTP2ConnectionReceiveWindow {
    /// Bytes that the peer may send now.
    private var left = Self.size
    /// Bytes by which the windows of all open streams together have grown (`HTTP2StreamReceiveWindow.growth`).
    private var growth = 0

    /// Bytes that all streams together may be ahead of us.
    private static let size = 16_777_216
    /// The WINDOW_UPDATE of our preface: SETTINGS do not change this window (RFC 9113 §6.9.2).
    static var firstCredit: Int { size - FlowControl.initialWindow }

    /// A DATA frame begins.
    /// - Parameter count: of its payload, with its padding.
    /// - Returns: the credit that is due, 0 if none is; nil if the peer has sent more than it may.
    mutating func charge(_ count: Int) -> Int? {
        left -= count
        guard left >= 0 else { return nil }
        let due = Self.size - left
        guard due >= Self.size / 2 else { return 0 }
        left += due
        return due
    }

    /// A stream's window is to grow.
    /// - Parameter limit: bytes for all of them.
    /// - Returns: by how many bytes it may.
    mutating func grant(growth wanted: Int, limit: Int) -> Int {
        let granted = min(wanted, limit - growth)
        growth += granted
        return granted
    }

    /// A stream is closed: others may grow by as much now.
    mutating func giveBack(growth count: Int) { growth -= count }
}
