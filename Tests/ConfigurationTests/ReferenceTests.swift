import Foundation
import Testing

@testable import Configuration

@Suite struct ReferenceTests {
    /// Each table once, with just what is required.
    private static let tables: [(path: String, lines: [String])] = [
        ("", []), ("server", []), ("logging", []), ("performance", []), ("limits", []), ("file_cache", []), ("dns", []),
        ("tls", []),
        ("security", []),
        ("security.rate_limiting", ["requests_per_minute = 1", "burst_size = 1"]), ("management", []), ("admin", []),
        ("metrics", []), ("tracing", []), ("recorder", ["exchanges = 1"]),
        ("fleet", ["name = \"f\"", "endpoints = [\"http://127.0.0.1:2379\"]", "secret_file = \"f.key\""]),
        ("fleet.redis", ["endpoints = [\"redis://127.0.0.1\"]"]),
        ("sites", ["hostname = \"a.example\"", "port = 443"]), ("sites[].compression", []), ("sites[].cache", []),
        ("sites[].cache_upstream", []),
        ("sites[].access_control", []), ("sites[].access", []), ("sites[].rate_limit", ["requests_per_minute = 1"]),
        ("sites[].jwt", ["jwks_url = \"https://a.example/\""]),
        ("sites[].concurrency", []), ("sites[].forward_auth", ["url = \"http://a.example\""]),
        ("sites[].routes", ["path = \"/r\"", "upstream = \"a\""]), ("sites[].routes[].rate_limit", ["requests_per_minute = 1"]),
        ("sites[].routes[].access", []), ("sites[].routes[].timeout", []), ("sites[].routes[].retry", []),
        ("sites[].routes[].concurrency", []),
        ("sites[].routes[].jwt", ["jwks_url = \"https://a.example/\""]),
        ("sites[].routes[].forward_auth", ["url = \"http://a.example\""]),
        ("sites[].ssl", ["enabled = true", "cert_file = \"a.crt\"", "key_file = \"a.key\""]), ("sites[].ssl.acme", []),
        (
            "sites[].ssl.acme.dns_update",
            ["server = \"192.0.2.1\"", "zone = \"a.example\"", "key_name = \"k\"", "key_secret = \"YQ==\""]
        ),
        ("sites[].ssl.on_demand", ["ask = \"http://127.0.0.1/\""]),
        ("sites[].ssl.certificates", ["cert_file = \"b.crt\"", "key_file = \"b.key\""]),
        ("sites[].proxy", ["enabled = true"]),
        ("sites[].proxy.upstreams", ["name = \"a\"", "url = \"https://a.example\""]),
        ("sites[].proxy.routes", ["path = \"/\"", "upstream = \"a\""]), ("sites[].proxy.routes[].access", []),
        ("sites[].proxy.routes[].timeout", []), ("sites[].proxy.routes[].retry", []),
        ("sites[].proxy.routes[].rate_limit", ["requests_per_minute = 1"]), ("sites[].proxy.routes[].concurrency", []),
        ("sites[].proxy.routes[].jwt", ["jwks_url = \"https://a.example/\""]),
        ("sites[].proxy.routes[].forward_auth", ["url = \"http://a.example\""]),
        ("sites[].proxy.load_balancing", []),
        ("sites[].proxy_protocol", ["from = [\"192.0.2.1\"]"]),
        ("sites[].proxy.timeout", []), ("sites[].proxy.headers", []), ("sites[].proxy.health_check", []),
        ("sites[].proxy.retry", []), ("sites[].proxy.passive_health", []),
        ("upstreams", ["name = \"shared\""]), ("upstreams[].servers", ["url = \"https://a.example\""]),
        ("upstreams[].load_balancing", []), ("upstreams[].health_check", []), ("upstreams[].passive_health", []),
        ("upstreams[].timeout", []), ("upstreams[].retry", []),
        ("tcp", ["name = \"t\"", "port = 444", "upstream = \"a\""]),
        ("tcp[].sni", ["hostnames = [\"a.example\"]", "upstream = \"a\""]),
        ("tcp[].upstreams", ["name = \"a\"", "address = \"192.0.2.1:1\""]),
        ("tcp[].proxy_protocol", ["from = [\"192.0.2.1\"]"]), ("tcp[].health_check", []),
    ]

    private static func text(adding line: String = "", to path: String = "") -> String {
        tables.map { table in
            let isArray = ConfigurationReference.sections.contains { $0.path == table.path && $0.isArray }
            let name = table.path.replacing("[]", with: "")
            let header = name.isEmpty ? "" : isArray ? "[[\(name)]]" : "[\(name)]"
            return ([header] + table.lines + [table.path == path ? line : ""]).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    private static var writableDefaults: [(section: String, line: String)] {
        ConfigurationReference.sections.flatMap { section in
            section.keys.compactMap { key in
                guard case .value(let literal) = key.standard else { return nil }
                let isGiven = tables.contains { $0.path == section.path && $0.lines.contains { $0.hasPrefix("\(key.name) =") } }
                return isGiven ? nil : (section.path, "\(key.name) = \(literal)")
            }
        }
    }

    @Test("Writing a key's documented default changes nothing", arguments: writableDefaults)
    func defaults(section: String, line: String) throws {
        #expect(Self.tables.contains { $0.path == section })
        let plain = try #require(Configuration.parse(text: Self.text(), file: "plain", mode: .lenient).configuration)
        let result = Configuration.parse(text: Self.text(adding: line, to: section), file: "written", mode: .lenient)
        let written = try #require(result.configuration, "\(result.problems)")
        #expect(written.server == plain.server)
        #expect(written.logging == plain.logging)
        #expect(written.metrics == plain.metrics)
        #expect(written.performance == plain.performance)
        #expect(written.limits == plain.limits)
        #expect(written.dns == plain.dns)
        #expect(written.tls == plain.tls)
        #expect(written.fileCache == plain.fileCache)
        #expect(written.security == plain.security)
        #expect(written.management == plain.management)
        #expect(written.admin == plain.admin && written.tracing == plain.tracing)
        #expect(written.recorder == plain.recorder && written.fleet == plain.fleet)
        #expect(written.sites == plain.sites)
        #expect(written.tcp == plain.tcp)
        #expect(written.sharedPools == plain.sharedPools)
    }

    @Test("A table that is written empty is as one that is not written")
    func oneDefaultPerKey() throws {
        let lone = "[[sites]]\nhostname = \"a\"\nport = 80\nstatic_dir = \".\"\n"
        let tables = "[sites.compression]\n[sites.cache]\n[sites.error_pages]\n[sites.headers]\n"
        let without = try #require(Configuration.parse(text: lone, file: "f").configuration)
        let text = lone + tables + "[logging]\n[performance]\n[limits]\n"
        let with = try #require(Configuration.parse(text: text, file: "f").configuration)
        #expect(without.sites == with.sites)
        #expect(without.logging == with.logging)
        #expect(without.performance == with.performance)
        #expect(without.limits == with.limits)
    }

    @Test func `every key of the reader is in the reference and the other way round`() {
        let known = Configuration.parse(bytes: Array(Self.text().utf8), file: "f", mode: .strict, notesKeys: true)
            .knownKeys
        #expect(known.subtracting(ConfigurationReference.keyPaths).sorted() == [])
        #expect(ConfigurationReference.keyPaths.subtracting(known).sorted() == [])
    }

    @Test func `every later feature and documented only key is about a real place`() {
        for (pattern, _, _) in UnimplementedFeatures.features {
            #expect(ConfigurationReference.keyPaths.contains(pattern), "\(pattern)")
        }
        for key in DocumentedOnlyKeys.keys { #expect(!ConfigurationReference.keyPaths.contains(key.pattern), "\(key.pattern)") }
    }

    @Test(
        "A documented-only key has its advice, and is accepted unless it would protect something",
        arguments: DocumentedOnlyKeys.keys)
    func documentedOnly(documented: DocumentedOnlyKeys.Key) throws {
        let pattern = documented.pattern
        let dot = pattern.lastIndex(of: ".")
        let key = dot.map { String(pattern[pattern.index(after: $0)...]) } ?? pattern
        let table = (dot.map { String(pattern[..<$0]) } ?? "").replacing(/\[\]$/, with: "")
        let text =
            Self.tables.contains { $0.path == table }
            ? Self.text(adding: "\(key) = 1", to: table)
            : Self.text() + "\n[\(table.replacing("[]", with: ""))]\n\(key) = 1\n"
        let keyPath = pattern.replacing("[]", with: "[0]")
        for mode in [ReadMode.strict, .lenient] {
            let result = Configuration.parse(text: text, file: "f", mode: mode)
            let isError = documented.protects && mode == .strict
            if mode == .lenient { #expect(result.configuration != nil) }
            let said = result.problems.first { $0.keyPath == keyPath }
            #expect(said?.severity == (isError ? .error : .warning) && said?.hint == documented.advice)
        }
    }

    /// `UPDATE_FIXTURES=1` writes the page.
    @Test func `the page says what the reference says`() throws {
        let page = Fixture.folder.appending(path: "../../../docs/configuration.md").standardized
        let mark = "<!-- Below: made from ConfigurationReference; do not edit by hand. -->\n\n"
        let text = try String(contentsOf: page, encoding: .utf8)
        let end = try #require(text.firstRange(of: mark)?.upperBound)
        let expected = text[..<end] + ConfigurationReference.markdown()
        #expect(text == expected)
        if Fixture.mayUpdate { try expected.write(to: page, atomically: true, encoding: .utf8) }
    }
}
