import ArgumentParser
import HTTP

/// `gatehouse cache`
struct CacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache", abstract: "The stored answers of upstreams of a running gateway: list them, forget them.",
        usage: """
            gatehouse cache [--json] [--socket FILE]
            gatehouse cache purge URL [--prefix] [--site NAME] [--fleet]
            gatehouse cache purge --all [--site NAME] [--fleet]
            """,
        discussion: """
            The URL is what clients ask for: https://www.example.com/news?page=2, or
            without the scheme. With --prefix all are forgotten whose URL begins so.
            """)

    @Argument(help: "purge; nothing lists what is kept.")
    var action: String?

    @Argument(help: "What is to be forgotten.")
    var url: String?

    @Flag(help: "Everything.")
    var all = false

    @Flag(help: "All that begins with the URL.")
    var prefix = false

    @Option(help: "Only of the site with this name.")
    var site: String?

    @Flag(help: "By all members of the gateway's fleet.")
    var fleet = false

    @Flag(help: "As JSON.")
    var json = false

    @OptionGroup var admin: AdminOptions

    func validate() throws {
        guard let action else {
            if fleet { throw ValidationError("--fleet is of purge.") }
            return
        }
        guard action == "purge" else { throw ValidationError("\"\(action)\" is not purge.") }
        guard (url == nil) == all else { throw ValidationError("What is to be forgotten? Give a URL, or --all.") }
        if prefix, all { throw ValidationError("--prefix is of a URL.") }
    }

    func run() async throws {
        if action != nil {
            let purge = AdminCache.Purge(site: site, target: url.map(Self.target), prefix: prefix, fleet: fleet)
            let purged: AdminCache.Purged = try await admin.ask { try await $0.ask(.post, "/cache/purge", body: purge) }
            return Console.say(json ? try AdminClient.text(purged) : "\(purged.answers) stored answers are forgotten.")
        }
        let cache: AdminCache = try await admin.ask { try await $0.ask(.get, "/cache") }
        if json { return Console.say(try AdminClient.text(cache)) }
        let sites = cache.sites.filter { site == nil || $0.site == site }
        let hasDisk = sites.contains { $0.disk != nil }
        let rows = sites.map { site in
            let disk = site.disk.map { ["\($0.answers)", "\($0.bytes)", "\($0.hits)", "\($0.errors)"] } ?? ["-", "-", "-", "-"]
            return [
                site.site, "\(site.answers)", "\(site.bytes)", "\(site.hits)", "\(site.misses)", "\(site.stale)",
                "\(site.evictions)",
            ] + (hasDisk ? disk : [])
        }
        let titles = ["site", "answers", "bytes", "hits", "misses", "stale", "evictions"]
        Console.say(Table.text([titles + (hasDisk ? ["on_disk", "disk_bytes", "disk_hits", "disk_errors"] : [])] + rows))
    }

    /// A URL in the form of the cache's keys: authority in lower case, path and query.
    static func target(of url: String) -> String {
        var rest = url[...]
        for scheme in ["https://", "http://"] where rest.lowercased().hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let path = rest.dropFirst(authority.count)
        return authority.lowercased() + (path.hasPrefix("/") ? "" : "/") + path
    }
}
