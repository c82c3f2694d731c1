import ACME
import Configuration
import Transport

/// The part of making a plan that looks where certificates are kept.
extension PlanBuilder {
    /// Without a place that stays every start would ask for new certificates, until the authority's limits are reached.
    mutating func checkStateDirectory(for authority: Authority) {
        let folder = configuration.server.stateDir
        if wanted.isEmpty, demands.isEmpty, let reason = StateDirectory.problem(writing: folder) {
            problem(
                at: "server.state_dir", "certificates cannot be kept in \(folder): \(reason)",
                hint: "write state_dir = \"…\" in [server]: a directory that whoever runs Gatehouse may write, and that stays")
        }
        guard !configuration.server.volatileState, !hasToldVolatile, Self.hasLimits(authority),
            let kind = StateDirectory.volatileFileSystem(of: folder)
        else { return }
        hasToldVolatile = true
        problem(
            at: "server.state_dir",
            "\(folder) is on a \(kind), which is empty after each start of the machine: certificates would be asked of "
                + "\(authority.directory) each time, until its limits are reached",
            hint: "name a directory on a disk; volatile_state = true in [server] takes this one all the same")
    }

    /// Is it a service for everybody? What is on this machine, and Let's Encrypt's for tests, may be asked at each start.
    private static func hasLimits(_ authority: Authority) -> Bool {
        guard !authority.isLocal, authority.directory != staging else { return false }
        guard let host = ServiceURL(authority.directory)?.host else { return false }
        return !LocalNames.contain(host)
    }
}
