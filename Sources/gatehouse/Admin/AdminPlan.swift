import Gateway
import Messages

/// What a reload would change.
struct AdminPlan: Codable, Sendable {
    /// How much is open and under way now.
    struct Counts: Codable, Sendable {
        var connections: Int
        var requests: Int
        var tunnels: Int

        init(_ counts: ActivityReport.Counts) {
            connections = counts.connections
            requests = counts.requests
            tunnels = counts.tunnels
        }
    }

    /// A change, and what it is about.
    struct Entry: Codable, Sendable {
        var change: AdminReload.Change
        var touches: Counts
        var effect: String
    }

    var changes: [Entry]
    var total: Counts
    /// What would end: connections whose listener goes, tunnels whose route goes.
    var ending: Counts
    var warnings: [AdminRemark]

    init(_ plan: ReloadPlan) {
        changes = plan.entries.map {
            Entry(change: AdminReload.Change($0.change), touches: Counts($0.counts), effect: $0.effect)
        }
        total = Counts(plan.total)
        ending = Counts(plan.ending)
        warnings = plan.warnings.map { AdminRemark($0) }
    }
}

extension AdminResources {
    func plan(_ candidate: Reloader.Candidate?) async -> ServiceAnswer {
        guard let reloader else { return Self.noFile }
        switch await reloader.plan(candidate) {
        case .done(let plan): return .json(AdminPlan(plan))
        case .refused(let problems):
            return .problem(
                AdminProblem(
                    title: "the configuration would be refused", status: 422, problems: problems.map { AdminRemark($0) }))
        }
    }
}
