/// What Redis's clock says, reckoned by this machine's monotonic one.
struct RedisClock: Equatable {
    /// Of Redis: microseconds since 1970, half of the way between a question and its answer.
    private var reading: Int64 = 0
    /// The same moment here: monotonic nanoseconds.
    private var moment: UInt64 = 0
    /// How long the question took that it is known by.
    private var roundTrip = UInt64.max

    /// Questions that took longer are of no use for so long, unless they disagree by more than they took.
    private static let life: UInt64 = 10_000_000_000

    /// - Parameters:
    ///   - micros: what Redis has said.
    ///   - sent: when it was asked; monotonic nanoseconds.
    ///   - received: when the answer came.
    mutating func note(_ micros: Int64, sent: UInt64, received: UInt64) {
        let took = received &- sent
        let middle = sent &+ took / 2
        let isOff = (micros &- self.micros(at: middle)).magnitude > took / 1000 + 1000
        guard took <= roundTrip || isOff || received &- moment > Self.life else { return }
        (reading, moment, roundTrip) = (micros, middle, took)
    }

    /// - Parameter time: monotonic nanoseconds.
    func micros(at time: UInt64) -> Int64 { reading &+ (Int64(bitPattern: time &- moment)) / 1000 }
}
