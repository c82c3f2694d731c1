extension ConfigurationReference {
    /// `[[upstreams]]`, whose servers and tables have the keys of a site's.
    static func sharedPoolSections(like sections: [Section]) -> [Section] {
        let pool = Section(
            "upstreams", isArray: true,
            """
            A pool of servers that routes of any site may name, as if it were the site's own: one health, one queue and one \
            budget of retries for all of them. See [Shared upstreams](several-files.md#shared-upstreams).
            """,
            [
                Key("name", "text", .required, "The pool; routes name it. No upstream of a site may have the same name."),
                Key("drain", "boolean", .value("false"), "Whether all its servers drain."),
            ])
        let timeout = Section(
            "upstreams[].timeout", "How long the servers may take to be connected. All else is `[sites.proxy.timeout]`.",
            keys(["connect", "tls_handshake"], of: "sites[].proxy.timeout", sections))
        let retry = Section(
            "upstreams[].retry", "All else is `[sites.proxy.retry]`.",
            keys(["budget_percent"], of: "sites[].proxy.retry", sections))
        var servers = copy("sites[].proxy.upstreams", to: "upstreams[].servers", sections)
        servers.keys.removeAll { $0.name == "name" }
        let likeSites = ["load_balancing", "health_check", "passive_health"].map {
            copy("sites[].proxy.\($0)", to: "upstreams[].\($0)", sections)
        }
        return [pool, servers] + likeSites + [timeout, retry]
    }

    private static func copy(_ from: String, to path: String, _ sections: [Section]) -> Section {
        // The tests hold every section of the reference against the reader: one that is missing would be seen.
        guard var copy = sections.first(where: { $0.path == from }) else { return Section(path, "") }
        copy.original = copy.header
        copy.path = path
        return copy
    }

    private static func keys(_ names: [String], of path: String, _ sections: [Section]) -> [Key] {
        (sections.first { $0.path == path }?.keys ?? []).filter { names.contains($0.name) }
    }
}
