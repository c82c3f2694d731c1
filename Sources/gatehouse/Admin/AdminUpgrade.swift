import Messages

/// How an upgrade went.
struct AdminUpgrade: Codable, Sendable {
    /// What is asked for.
    struct Wanted: Codable, AdminOrder, Sendable {
        enum CodingKeys: String, CodingKey, CaseIterable { case program }

        /// An absolute path; nil: the gateway's own program.
        var program: String?
    }

    /// The number of the process that serves.
    var successor: Int32
    /// How many connections the old process has left.
    var connections: Int
}

extension AdminResources {
    func upgrade(_ wanted: AdminUpgrade.Wanted) async -> ServiceAnswer {
        if let program = wanted.program, !program.hasPrefix("/") || program.utf8.contains(0) {
            return .problem(400, "\"program\" is to be an absolute path.")
        }
        guard let upgrader else {
            return .problem(409, "the demo cannot be upgraded: its upstreams are in the gateway's own process")
        }
        switch await upgrader.upgrade(to: wanted.program) {
        case .done(let successor, let connections):
            return .json(AdminUpgrade(successor: successor, connections: connections))
        case .refused(let reason): return .problem(409, "the upgrade has failed, and what was in use goes on: \(reason)")
        }
    }
}
