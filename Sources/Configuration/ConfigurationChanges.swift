/// What one configuration has that another has not: for those who reload, and for the log.
package struct ConfigurationChanges: Sendable, Equatable {
    /// One thing that was added, removed or changed.
    package struct Change: Sendable, Equatable {
        /// What became of it.
        package enum Kind: String, Sendable { case added, removed, changed }

        package var kind: Kind
        /// Such as `listener`, `site`, `route`, `upstream`, `certificate`, or a section such as `limits`.
        package var what: String
        /// The site that it is of, or that it is; empty if it is of none.
        package var site = ""
        /// Which one of it, as the configuration names it; of a section the keys that differ.
        package var item = ""

        /// Site and item.
        package var name: String { site.isEmpty || item.isEmpty ? site + item : "\(site) \(item)" }

        /// On one line: `+site www.example.com`, `-route www.example.com /api/`, `~limits head_timeout`.
        package var summary: String {
            let sign = kind == .added ? "+" : kind == .removed ? "-" : "~"
            return sign + what + (name.isEmpty ? "" : " " + name)
        }

        /// Those of a section's keys that differ and that a process reads at its start alone: it goes on by what they were.
        package var keysOfStart: [String] {
            let fixed = Self.keysOfStart[what] ?? []
            return item.split(separator: " ").map(String.init).filter(fixed.contains)
        }

        private static let keysOfStart: [String: Set<String>] = [
            "performance": ["worker_threads"], "admin": ["socket"], "server": ["user", "group"], "tls": ["keylog_file"],
            "metrics": ["listen", "token"],
            "management": [
                "enabled", "host", "port", "api_key", "read_key", "cert_file", "key_file", "client_ca_file",
            ],
        ]
    }

    /// In the order: sections, listeners, sites with what they have.
    package private(set) var changes: [Change] = []

    /// - Parameters:
    ///   - old: the configuration in use.
    ///   - new: the one to come.
    package init(from old: Configuration, to new: Configuration) {
        compareSections(old, new)
        compare("listener", Self.listeners(old), Self.listeners(new))
        compare("tcp", Self.tcp(old), Self.tcp(new))
        compare("upstream", Self.sharedPools(old), Self.sharedPools(new))
        let (before, after) = (Self.sites(old), Self.sites(new))
        for name in Set(before.keys).symmetricDifference(after.keys).sorted() {
            changes.append(Change(kind: before[name] == nil ? .added : .removed, what: "site", site: name))
        }
        var common: [(name: String, old: Int, new: Int)] = []
        for (name, index) in before {
            // Most are as they were, and nothing of them need be compared.
            if let next = after[name], !Self.isTaken(index, old, next, new) { common.append((name, index, next)) }
        }
        for (name, index, next) in common.sorted(by: { $0.name < $1.name }) { compare(old.sites[index], new.sites[next], name) }
    }

    /// All on one line: "nothing" if nothing differs.
    package var summary: String { changes.isEmpty ? "nothing" : changes.map(\.summary).joined(separator: ", ") }

    // MARK: Sections

    private mutating func compareSections(_ old: Configuration, _ new: Configuration) {
        section("server", old.server, new.server)
        section("logging", old.logging, new.logging)
        section("performance", old.performance, new.performance)
        section("limits", old.limits, new.limits)
        section("dns", old.dns, new.dns)
        section("tls", old.tls, new.tls)
        section("file_cache", old.fileCache, new.fileCache)
        section("security", old.security, new.security)
        section("admin", old.admin, new.admin)
        section("management", old.management, new.management)
        section("metrics", old.metrics, new.metrics)
        section("tracing", old.tracing, new.tracing)
        section("recorder", old.recorder, new.recorder)
        if old.fleet != new.fleet { changes.append(Change(kind: .changed, what: "fleet")) }
    }

    private mutating func section<Section: Equatable>(_ name: String, _ old: Section, _ new: Section) {
        guard old != new else { return }
        changes.append(Change(kind: .changed, what: name, item: Self.differing(old, new).joined(separator: " ")))
    }

    /// The keys of those properties that differ: they are named as the keys are.
    private static func differing<Section>(_ old: Section, _ new: Section) -> [String] {
        zip(Mirror(reflecting: old).children, Mirror(reflecting: new).children).compactMap { old, new in
            guard let label = old.label, "\(old.value)" != "\(new.value)" else { return nil }
            return key(label)
        }
    }

    /// `maxHeadBytes` is `max_head_bytes`, `minTTL` is `min_ttl`.
    static func key(_ label: String) -> String {
        var key = ""
        var wasUpper = true
        for letter in label {
            if letter.isUppercase, !wasUpper { key += "_" }
            wasUpper = letter.isUppercase
            key += letter.lowercased()
        }
        return key
    }

    // MARK: Sites

    private static func listeners(_ configuration: Configuration) -> [String: Bool] {
        var listeners: [String: Bool] = [:]
        for site in configuration.sites { listeners[address(site)] = site.ssl != nil }
        for tcp in configuration.tcp {
            listeners[tcp.listen.contains(":") ? "[\(tcp.listen)]:\(tcp.port)" : "\(tcp.listen):\(tcp.port)"] = false
        }
        return listeners
    }

    private static func tcp(_ configuration: Configuration) -> [String: TCPListener] {
        Dictionary(configuration.tcp.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static func sharedPools(_ configuration: Configuration) -> [String: SharedPool] {
        Dictionary(configuration.sharedPools.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static func address(_ site: Site) -> String {
        site.listen.contains(":") ? "[\(site.listen)]:\(site.port)" : "\(site.listen):\(site.port)"
    }

    /// By what makes a site the same in two configurations: its first host name and where it listens.
    private static func sites(_ configuration: Configuration) -> [String: Int] {
        Dictionary(
            configuration.sites.indices.map { (name(of: configuration.sites[$0]), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Is the one taken over from the other, and still the default site or still not?
    private static func isTaken(_ index: Int, _ old: Configuration, _ next: Int, _ new: Configuration) -> Bool {
        guard let known = old.parsedSite(index), let read = new.parsedSite(next), known === read else { return false }
        return old.sites[index].isDefault == new.sites[next].isDefault
    }

    /// What a site is called in a `Change`.
    package static func name(of site: Site) -> String { (site.hostnames.first ?? "") + "@" + address(site) }

    private mutating func compare(_ old: Site, _ new: Site, _ name: String) {
        guard old != new else { return }
        let count = changes.count
        if old.ssl != nil, new.ssl != nil, old.ssl != new.ssl {
            changes.append(Change(kind: .changed, what: "certificate", site: name))
        }
        compare("route", Self.routes(old), Self.routes(new), in: name)
        compare("upstream", Self.upstreams(old), Self.upstreams(new), in: name)
        // What has no name of its own, or only its order, has changed.
        if Self.rest(old) != Self.rest(new) || changes.count == count {
            changes.append(Change(kind: .changed, what: "site", site: name))
        }
    }

    /// A site without what is compared by name.
    private static func rest(_ site: Site) -> Site {
        var rest = site
        rest.ssl = nil
        rest.proxy?.routes = []
        rest.routes = []
        rest.proxy?.upstreams = []
        return rest
    }

    private static func routes(_ site: Site) -> [String: Route] {
        Dictionary(
            ((site.proxy?.routes ?? []) + site.routes).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static func upstreams(_ site: Site) -> [String: [Upstream]] {
        Dictionary(grouping: site.proxy?.upstreams ?? [], by: \.name)
    }

    private mutating func compare<Value: Equatable>(
        _ what: String, _ old: [String: Value], _ new: [String: Value], in site: String = ""
    ) {
        for name in Set(old.keys).union(new.keys).sorted() where old[name] != new[name] {
            let kind: Change.Kind = old[name] == nil ? .added : new[name] == nil ? .removed : .changed
            changes.append(Change(kind: kind, what: what, site: site, item: name))
        }
    }
}
