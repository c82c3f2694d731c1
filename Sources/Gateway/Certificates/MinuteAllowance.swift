/// So many in a minute, in any minute; all at once if need be.
struct MinuteAllowance {
    private let perMinute: Double
    private var left: Double
    private var last = ContinuousClock.Instant.now

    init(perMinute: Int) {
        self.perMinute = Double(perMinute)
        left = Double(perMinute)
    }

    mutating func take() -> Bool {
        let now = ContinuousClock.Instant.now
        left = min(perMinute, left + (now - last) / .seconds(60) * perMinute)
        last = now
        guard left >= 1 else { return false }
        left -= 1
        return true
    }
}
