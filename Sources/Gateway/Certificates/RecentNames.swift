/// Names of the last minute, or another time, each once.
struct RecentNames {
    private let lifetime: Duration
    /// The oldest first.
    private var entries: ArraySlice<(name: String, until: ContinuousClock.Instant)> = []
    private var names: Set<String> = []

    init(_ lifetime: Duration) { self.lifetime = lifetime }

    /// - Returns: false if there are so many already, and this is none of them.
    mutating func take(_ name: String, atMost count: Int) -> Bool {
        forgetOld()
        if names.contains(name) { return true }
        guard names.count < count else { return false }
        note(name)
        return true
    }

    mutating func note(_ name: String) {
        forgetOld()
        guard names.insert(name).inserted else { return }
        entries.append((name, .now + lifetime))
    }

    private mutating func forgetOld() {
        let now = ContinuousClock.Instant.now
        while let first = entries.first, first.until <= now {
            names.remove(first.name)
            entries = entries.dropFirst()
        }
    }
}
