import Configuration
import Gateway
import Logging

/// What the reloader tells of problems, in the log.
extension Reloader {
    /// A few things are made once for the life of the process: who changes them is told.
    func whatWaits(_ changes: ConfigurationChanges, in configuration: Configuration) -> [Problem] {
        changes.changes.flatMap { change in
            change.keysOfStart.map { key in
                configuration.problem(
                    .warning, at: "\(change.what).\(key)", "a change waits for the next start: what was in use goes on")
            }
        }
    }

    /// Nothing is changed: says why.
    func refuse(_ problems: [Problem]) -> Outcome {
        let problems = problems.filter { $0.severity != .note }
        for problem in problems { report(problem) }
        let errors = problems.count { $0.severity == .error }
        log.error("the reload is refused: what was in use goes on", metadata: ["errors": "\(errors)"])
        return .refused(problems)
    }

    /// Once the gateway drains, workers take no other plan: says so.
    /// - Returns: nil before, and where another process is to be asked instead.
    func refuseWhileDraining() -> Outcome? {
        guard gateway.isDraining, successor == nil else { return nil }
        return refuse([configuration.problem(.error, at: "", "this process is stopping, and uses no other configuration")])
    }

    /// What a file says may not forge a line: so it is metadata.
    func report(_ problem: Problem) {
        var facts: Logger.Metadata = ["at": "\(problem.location)", "problem": "\(problem.message)"]
        if !problem.keyPath.isEmpty { facts["key"] = "\(problem.keyPath)" }
        if let hint = problem.hint { facts["help"] = "\(hint)" }
        log.log(level: problem.severity == .error ? .error : .warning, "the configuration has a problem", metadata: facts)
    }
}
