/// How many lines a second may still be written about something that clients can cause as often as they like.
struct LineBudget {
    /// The second that is counted, since the loop's time began.
    private var second: UInt64 = 0
    private var written = 0
    /// What nobody has been told of yet.
    private var unsaid = 0

    /// May a line be written now?
    /// - Parameters:
    ///   - now: monotonic nanoseconds.
    ///   - most: lines a second.
    /// - Returns: nil if not; else how many were left out since the last one.
    mutating func take(now: UInt64, atMost most: Int) -> Int? {
        let second = now / 1_000_000_000
        if second != self.second { (self.second, written) = (second, 0) }
        guard written < most else {
            unsaid += 1
            return nil
        }
        written += 1
        defer { unsaid = 0 }
        return unsaid
    }
}
