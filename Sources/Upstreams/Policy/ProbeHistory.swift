/// What active probes found: a server is unhealthy after so many failures in a row and healthy again after so many successes.
package struct ProbeHistory: Sendable, Equatable {
    /// How many probes in a row change the verdict.
    package struct Settings: Sendable, Equatable {
        package var fall = 3
        package var rise = 2

        package init() {}
    }

    /// A probe that was made.
    package struct Last: Sendable, Equatable {
        /// Monotonic nanoseconds.
        package var at: UInt64
        /// What the probe found in words, such as "200 in 3 ms" or "Connection refused".
        package var finding: String
        package var isHealthy: Bool
    }

    package private(set) var isHealthy = true
    /// The newest probe; nil before the first.
    package private(set) var last: Last?
    /// Probes in a row that contradict the verdict.
    private var contradictions = 0

    package init() {}

    /// Takes a probe's outcome in.
    /// - Returns: has the verdict changed?
    mutating func add(_ probe: Last, _ settings: Settings) -> Bool {
        defer { last = probe }
        guard probe.isHealthy != isHealthy else {
            contradictions = 0
            return false
        }
        contradictions += 1
        // The first probe of all decides at once that a server is unhealthy: until then nobody has ever seen it healthy.
        let enough = probe.isHealthy ? settings.rise : last == nil ? 1 : settings.fall
        guard contradictions >= enough else { return false }
        contradictions = 0
        isHealthy = probe.isHealthy
        return true
    }

    /// Takes a probe's outcome as the verdict.
    /// - Returns: has the verdict changed?
    mutating func settle(_ probe: Last) -> Bool {
        (last, contradictions) = (probe, 0)
        guard probe.isHealthy != isHealthy else { return false }
        isHealthy = probe.isHealthy
        return true
    }
}
