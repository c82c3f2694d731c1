import Configuration
import Gateway
import Logging

/// Tells which sites are not served whole, and why: at the start, and after each reload.
struct SiteFaultLog {
    private let log: Logger

    init(_ log: Logger) {
        self.log = log
    }

    func report(_ faults: [SiteFault]) {
        for fault in faults {
            for problem in fault.problems {
                // What a file says may not forge a line: so it is metadata.
                var facts: Logger.Metadata = [
                    "site": "\(fault.name)", "at": "\(problem.location)", "key": "\(problem.keyPath)",
                    "problem": "\(problem.message)",
                ]
                if let hint = problem.hint { facts["help"] = "\(hint)" }
                log.error("a site is degraded, and the others are served", metadata: facts)
            }
        }
    }

    /// Tells which sites lack nothing any more, though nothing need have changed in the configuration.
    /// - Parameter previous: what was in use before.
    /// - Returns: their names.
    func restored(in loaded: LoadedPlan, after previous: Plan) -> [String] {
        let faulty = Set(loaded.plan.faults.map(\.name))
        let there = Set(loaded.configuration.sites.map(\.name))
        let restored = Set(previous.faults.map(\.name)).subtracting(faulty).intersection(there).sorted()
        for site in restored { log.notice("a site that was degraded is served whole", metadata: ["site": "\(site)"]) }
        return restored
    }
}
