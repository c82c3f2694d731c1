import Configuration
import EventLoop
import Gateway

/// How a reload went.
struct AdminReload: Codable, Sendable {
    /// One thing that was added, removed or changed.
    struct Change: Codable, Sendable {
        /// `added`, `removed` or `changed`.
        var kind: String
        /// The kind of the part that changed: `site`, or a section such as `limits`.
        var what: String
        var name: String
        /// The change in words, on one line, as the log has it.
        var text: String

        init(_ change: ConfigurationChanges.Change) {
            kind = change.kind.rawValue
            what = change.what
            name = change.name
            text = change.summary
        }
    }

    var changes: [Change]
    /// Sites that were degraded, and are served whole from now on; nil: the gateway is older than the command.
    var restored: [String]?
    /// The number of the one that is in use now.
    var generation: Int
    /// How many older ones have exchanges under way.
    var olderInUse: Int
    var warnings: [AdminRemark]
}
