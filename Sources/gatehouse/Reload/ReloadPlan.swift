import Configuration
import Gateway
import Transport

/// What a reload would change, and what of the present traffic each change is about.
struct ReloadPlan: Sendable {
    /// One change.
    struct Entry: Sendable {
        var change: ConfigurationChanges.Change
        /// What it is about at present.
        var counts: ActivityReport.Counts
        /// What it means for those, in words.
        var effect: String
    }

    let entries: [Entry]
    let total: ActivityReport.Counts
    /// Connections and tunnels that would end.
    let ending: ActivityReport.Counts
    let warnings: [Problem]

    /// - Parameters:
    ///   - old: the configuration in use.
    ///   - activity: taken under it.
    init(from old: Configuration, to new: Configuration, _ activity: ActivityReport, warnings: [Problem]) {
        let indices = Dictionary(
            old.sites.enumerated().map { (ConfigurationChanges.name(of: $1), $0) }, uniquingKeysWith: { first, _ in first })
        entries = ConfigurationChanges(from: old, to: new).changes.map { change in
            let site = indices[change.site].map { (index: $0, site: old.sites[$0]) }
            let sites = old.sites.enumerated().map { (index: $0, site: $1) }
            return Entry(change: change, counts: Self.counts(of: change, site, sites, activity), effect: Self.effect(of: change))
        }
        total = activity.total
        ending = activity.ending
        self.warnings = warnings
    }

    private static func counts(
        of change: ConfigurationChanges.Change, _ site: (index: Int, site: Site)?, _ sites: [(index: Int, site: Site)],
        _ activity: ActivityReport
    ) -> ActivityReport.Counts {
        let none = ActivityReport.Counts()
        switch change.what {
        case _ where change.kind == .added: return none
        case "listener": return activity.listeners.first { $0.key.description == change.item }?.value ?? none
        // Handshakes that have been made stay as they are.
        case "certificate": return none
        case "site": return site.flatMap { activity.sites["sites[\($0.index)]"] } ?? none
        case "route":
            return site.flatMap { activity.routes[ActivityReport.Route(site: "sites[\($0.index)]", name: change.item)] } ?? none
        case "upstream":
            // One without a site is shared by all.
            return (site.map { [$0] } ?? sites).flatMap { site in
                ((site.site.proxy?.routes ?? []) + site.site.routes).filter { $0.upstream == change.item }
                    .compactMap { activity.routes[ActivityReport.Route(site: "sites[\(site.index)]", name: $0.name)] }
            }.reduce(none) { $0.adding($1) }
        default: return activity.total
        }
    }

    private static func effect(of change: ConfigurationChanges.Change) -> String {
        let waiting = change.keysOfStart
        if !waiting.isEmpty {
            return "\(waiting.joined(separator: ", ")) \(waiting.count == 1 ? "waits" : "wait") for the next start"
        }
        return switch (change.what, change.kind) {
        case ("listener", .added): "is opened; the reload is refused if it cannot be"
        case ("listener", _): "connections end: idle ones at once, others with their answer"
        case ("site", .removed), ("route", .removed): "requests under way finish; tunnels are closed with 1012"
        case (_, .added): "from the next request on"
        case ("certificate", _): "new handshakes"
        case ("route", _): "from the next request on; tunnels stay while websocket = true"
        case ("admin", _): "at once"
        case ("logging", _): "lines from now on"
        default: "from each connection's next request on"
        }
    }
}
