/// Does a connection's peer take what its streams have for it? It does if each of those that wait could have had its share.
struct HTTP2SendProgress {
    /// Bytes of DATA that have been handed over since `madeAt`.
    private var bytes: UInt64 = 0
    /// When progress was last made, in monotonic nanoseconds.
    private(set) var madeAt: UInt64 = 0

    mutating func add(_ count: Int) { bytes += UInt64(count) }

    /// Is what has been handed over progress?
    /// - Parameter waiting: streams that wait for their turn.
    func isEnough(for waiting: Int) -> Bool {
        bytes >= HTTP2Stall.minBytes && bytes >= HTTP2Stall.minBytes * UInt64(waiting)
    }

    mutating func wasMade(at now: UInt64) { (bytes, madeAt) = (0, now) }
}
