import Configuration

/// What the reloader is given and gives back.
extension Reloader {
    /// How a reload ended.
    enum Outcome: Sendable {
        case done(Done)
        /// For every reason that is an error; what was in use still is.
        case refused([Problem])
    }

    /// A configuration that is in no file that the gateway reads, as `ConfigurationSource.text` writes it.
    struct Candidate: Codable, AdminOrder, Sendable {
        enum CodingKeys: String, CodingKey, CaseIterable { case file, text }

        /// What to call it in messages.
        var file: String
        var text: String
    }

    /// What a reload would do.
    enum PlanOutcome: Sendable {
        case done(ReloadPlan)
        case refused([Problem])
    }

    /// What has come of a reload that was not refused.
    struct Done: Sendable {
        var changes: ConfigurationChanges
        /// Sites that were degraded, and are served whole from now on.
        var restored: [String]
        /// The number of the generation in use.
        var generation: Int
        /// How many older ones have exchanges under way.
        var olderInUse: Int
        /// What deserves a look.
        var warnings: [Problem]
    }
}
