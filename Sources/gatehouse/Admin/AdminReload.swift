import Configuration
import EventLoop
import Gateway
import Logging
import Messages

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

extension AdminResources {
    /// - Parameter way: how it was asked for.
    func reload(by way: String = "the admin socket") async -> ServiceAnswer {
        guard let reloader else { return Self.noFile }
        log.notice("reloading", metadata: ["by": "\(way)"])
        return answer(await reloader.reload())
    }

    func answer(_ outcome: Reloader.Outcome) -> ServiceAnswer {
        switch outcome {
        case .done(let done):
            return .json(
                AdminReload(
                    changes: done.changes.changes.map { AdminReload.Change($0) }, restored: done.restored,
                    generation: done.generation,
                    olderInUse: done.olderInUse, warnings: done.warnings.map { AdminRemark($0) }))
        case .refused(let problems):
            return .problem(
                AdminProblem(
                    title: "the reload is refused: what was in use goes on", status: 422,
                    problems: problems.map { AdminRemark($0) }))
        }
    }
}
