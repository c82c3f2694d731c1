import Foundation
import Testing

@testable import Configuration

@Suite("[sites.cache_upstream]")
struct UpstreamCacheTests {
    private static func text(_ site: String, route: String = "") -> String {
        """
        [[sites]]
        hostname = "a"
        port = 80
        [sites.proxy]
        enabled = true
        upstreams = [{ name = "a", url = "http://b" }]
        [[sites.proxy.routes]]
        path = "/"
        upstream = "a"
        \(route)
        \(site)
        """
    }

    @Test("is read as written")
    func values() throws {
        let result = try Fixture(url: Fixture.folder.appending(path: "every-key.toml")).read(mode: .lenient)
        let cache = try #require(result.configuration?.sites[0].cacheUpstream)
        #expect(cache.maxMemory == 8 << 20 && cache.maxObject == 64 << 10 && cache.defaultLifetime == .seconds(90))
        #expect(cache.staleWhileRevalidate == .seconds(60) && cache.staleIfError == .seconds(7200))
        #expect(cache.lockTimeout == .milliseconds(500) && cache.clientDirectives)
        #expect(cache.diskDir == "/var/cache/gatehouse" && cache.diskSize == 2 << 30 && cache.diskAnswers == 500)
    }

    @Test("is there when the table is, unless it says otherwise", arguments: ["", "enabled = false", "enabled = true"])
    func presence(key: String) throws {
        let text = Self.text("[sites.cache_upstream]\n\(key)")
        let site = try #require(Configuration.parse(text: text, file: "f").configuration?.sites[0])
        #expect((site.cacheUpstream == nil) == (key == "enabled = false"))
        let without = try #require(Configuration.parse(text: Self.text(""), file: "f").configuration?.sites[0])
        #expect(without.cacheUpstream == nil)
    }

    @Test(
        "what does nothing, or cannot be, is an error with its place",
        arguments: [
            (
                text("[sites.cache_upstream]\nmax_memory = \"64KB\"\nmax_object = 65537"), "sites[0].cache_upstream.max_object",
                "max_memory"
            ),
            (text("[sites.cache_upstream]\nmax_memory = 1"), "sites[0].cache_upstream.max_memory", "65536"),
            (text("[sites.cache_upstream]\ndefault_ttl = -1"), "sites[0].cache_upstream.default_ttl", ""),
            (text("[sites.cache_upstream]", route: "cache = false"), "sites[0].cache_upstream", "does nothing"),
            (text("", route: "cache = true"), "sites[0].proxy.routes[0].cache", "keeps no answers"),
            (text("[sites.cache_upstream]\ndisk_size = 65536"), "sites[0].cache_upstream.disk_size", "add disk_dir"),
            (text("[sites.cache_upstream]\nttl = 1"), "sites[0].cache_upstream.ttl", "unknown key"),
        ])
    func errors(text: String, key: String, words: String) {
        let problems = Configuration.parse(text: text, file: "f").problems
        let found = problems.first { $0.keyPath == key && $0.severity == .error }
        #expect(found.map { ($0.message + ($0.hint ?? "")).contains(words) || words.isEmpty } == true, "\(problems)")
    }
}
