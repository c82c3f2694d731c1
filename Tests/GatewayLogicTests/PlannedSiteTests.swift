import Configuration
import Foundation
import HTTP
import Testing
import Upstreams

@testable import Gateway

/// A plan takes sites over from the plan before. It must be what is made without that.
@Suite("A plan that follows another one")
struct PlannedSiteTests {
    private static func site(_ name: String, _ rest: String) -> String {
        "[[sites]]\nhostname = \"\(name).example\"\nlisten = \"127.0.0.1\"\nport = 8080\n\(rest)"
    }

    private static func proxy(_ port: Int, _ route: String = "", _ pool: String = "") -> String {
        "[sites.proxy]\nenabled = true\n\(pool)[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\(port)\"\n"
            + "[[sites.proxy.routes]]\npath = \"/\"\nupstream = \"app\"\n\(route)"
    }

    /// What a site may have; the number tells it from others.
    private static let kinds: [@Sendable (Int) -> String] = [
        { proxy(9 + $0 % 2) },
        { proxy(9, "websocket = true\n[[sites.proxy.routes]]\npath = \"/r\($0)/\"\nupstream = \"app\"\nstrip_prefix = true\n") },
        { proxy(9, "[sites.proxy.routes.rate_limit]\nrequests_per_minute = \(1 + $0)\n") },
        { _ in "redirect = \"https://a.example{uri}\"\n" },
        { "[[sites.routes]]\npath = \"/\"\nupstream = \"shared\"\n[sites.headers]\nX-Number = \"\($0)\"\n" },
        { proxy(9, "max_request_size = \($0 + 1)\n", "[sites.proxy.load_balancing]\nmethod = \"least_connections\"\n") },
        { _ in "static_dir = \"/\"\n" },
        { proxy(8080 + $0 % 3) },
    ]

    private static let tops = [
        "", "[limits]\nmax_fields = 77\n", "[limits]\ntunnel_idle = 9\n", "[security]\nhide_server_header = true\n",
        "[metrics]\nmax_label_sets = 5\n", "[metrics]\nenabled = false\n", "[security.rate_limiting]\nrequests_per_minute = 10\n",
    ]
    private static let shared = "[[upstreams]]\nname = \"shared\"\n[[upstreams.servers]]\nurl = \"http://127.0.0.1:11\"\n"

    private struct Made {
        var configuration: Configuration
        var plan: Plan?
        var problems: [Problem]
    }

    private static func made(_ text: String, after previous: Made? = nil, prefetchFrom: Int = .max) throws -> Made {
        let source = ConfigurationSource(text: text, file: "test.toml")
        let result = Configuration.read(source, after: previous?.configuration)
        let configuration = try #require(result.configuration, "\(result.problems) \(text)")
        var builder = PlanBuilder(configuration, previous: previous?.plan, stickySecret: "secret")
        let plan = builder.build(workers: 1, prefetchFrom: prefetchFrom)
        return Made(configuration: configuration, plan: plan, problems: builder.problems)
    }

    /// What becomes of requests, and what the plan has, in words.
    private static func words(_ made: Made) throws -> [String] {
        guard let plan = made.plan else { return [] }
        var words: [String] = []
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        for site in made.configuration.sites {
            for path in ["/", "/r1/x", "/r2/x"] {
                let request = try ExplainedRequest(
                    "http://\(site.hostnames[0]):8080\(path)", method: "GET", fields: [], client: "127.0.0.1")
                let explanation = try Explainer(made.configuration, plan).explain(request)
                words.append(String(decoding: try encoder.encode(explanation), as: UTF8.self))
            }
        }
        for (place, pool) in plan.pools.enumerated() {
            #expect(pool.index == place)
            words.append("\(place) \(pool.site) \(pool.name) \(pool.servers.map(\.url)) \(pool.settings(in: plan.limits))")
        }
        for site in plan.listeners.flatMap(\.sites) {
            words.append("\(site.name) \(site.keyPath) \(site.series?.labels.values ?? [])")
            for route in site.routes {
                if let proxied = route.proxied { #expect(plan.pools[proxied.pool.index] === proxied.pool) }
                words.append("\(route.name) \(route.series?.labels.values ?? []) \(route.proxied.map { "\($0.tunnel)" } ?? "")")
            }
        }
        let metrics = plan.metrics
        words.append("\(metrics?.merged ?? -1)")
        words += (metrics?.routes ?? []).map { "\($0.labels.values)" }.sorted()
        words += (metrics?.pools ?? []).map { "\($0.labels.values) \($0.plan.index)" }
        // A listener's sites have no order.
        return words.sorted()
    }

    @Test("is what it would be alone, whatever has changed", arguments: 0..<30)
    func pairs(seed: UInt64) throws {
        var numbers = SeededNumbers(state: seed)
        var sites = (0..<6).map { Self.site("s\($0)", Self.kinds.randomElement(using: &numbers)?($0) ?? "") }
        var top = ""
        var previous: Made?
        for step in 0..<8 {
            for change in 0..<Int.random(in: 0...2, using: &numbers) {
                let place = Int.random(in: 0..<sites.count, using: &numbers)
                let number = Int.random(in: 0..<4, using: &numbers)
                sites[place] = Self.site("c\(step)-\(change)", Self.kinds.randomElement(using: &numbers)?(number) ?? "")
            }
            if Int.random(in: 0..<3, using: &numbers) == 0 { sites.append(Self.site("t\(step)", Self.kinds[0](step))) }
            if Int.random(in: 0..<4, using: &numbers) == 0 { sites.swapAt(0, sites.count - 1) }
            if Int.random(in: 0..<3, using: &numbers) == 0 { top = Self.tops.randomElement(using: &numbers) ?? "" }
            let text = "[logging]\naccess_log = \"none\"\n" + top + Self.shared + sites.joined()
            let (alone, after) = (try Self.made(text), try Self.made(text, after: previous))
            #expect(after.problems == alone.problems, "\(text)")
            let (found, expected) = (try Self.words(after), try Self.words(alone))
            #expect(found == expected, "\(Set(found).symmetricDifference(expected)) in \(text)")
            if after.plan != nil { previous = after }
        }
    }

    @Test("is the same if another thread reads certificates ahead", arguments: 0..<40)
    func ahead(seed: UInt64) throws {
        var numbers = SeededNumbers(state: seed)
        let kinds = seed % 2 == 0 ? Self.kinds : Self.kinds.filter { !$0(0).contains("shared") }
        let sites = (0..<7).map { Self.site("s\($0)", kinds.randomElement(using: &numbers)?($0) ?? "") }
        let top = Self.tops.randomElement(using: &numbers) ?? ""
        let shared = seed % 2 == 0 ? Self.shared : ""
        let text = "[logging]\naccess_log = \"none\"\n" + top + shared + sites.joined()
        let (alone, ahead) = (try Self.made(text), try Self.made(text, prefetchFrom: 2))
        #expect(ahead.problems == alone.problems, "\(text)")
        let (found, expected) = (try Self.words(ahead), try Self.words(alone))
        #expect(found == expected, "\(Set(found).symmetricDifference(expected)) in \(text)")
    }

    @Test("takes over the sites that are as they were, also when limits of the whole gateway change")
    func taken() throws {
        let sites = Self.site("a", Self.proxy(9)) + Self.site("b", Self.proxy(9))
        let first = try Self.made(sites)
        let next = try Self.made("[limits]\nmax_fields = 77\n" + sites, after: first)
        let (old, new) = (try #require(first.plan), try #require(next.plan))
        for name in ["a.example", "b.example"] {
            let before = try #require(old.listeners[0].sites.first { $0.name == name })
            let after = try #require(new.listeners[0].sites.first { $0.name == name })
            #expect(before === after)
        }
        #expect(new.limits.head.maxFields == 77)
        #expect(new.pools[0].settings(in: new.limits).headLimits.maxFields == 77)
        let other = try Self.made("[limits]\ntunnel_idle = 9\n" + sites, after: next)
        #expect(try #require(other.plan).pools[0] !== new.pools[0])
    }

    @Test("makes sites anew whose lists of addresses are in files, which the next plan is to look at again")
    func lists() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "gatehouse-list-\(UUID().uuidString)")
        try Data("192.0.2.0/24\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let list = "access = { deny_ips_file = \"\(file.path)\" }\n"
        // Both have the same file, which the second one does not read again.
        let sites =
            Self.site("a", list + Self.proxy(9)) + Self.site("b", list + Self.proxy(9)) + Self.site("c", Self.proxy(9, list))
        let first = try Self.made(sites)
        let next = try Self.made("[limits]\nmax_fields = 77\n" + sites, after: first)
        let (old, new) = (try #require(first.plan), try #require(next.plan))
        for name in ["a.example", "b.example", "c.example"] {
            let before = try #require(old.listeners[0].sites.first { $0.name == name })
            let after = try #require(new.listeners[0].sites.first { $0.name == name })
            #expect(before !== after, "\(name)")
        }
    }
}

/// The same numbers in each run.
private struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
