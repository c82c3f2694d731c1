import Foundation
import Testing

@testable import Configuration

/// What pages of docs/ say of keys, beside the page that is made of them.
@Suite("Pages about configurations")
struct GuideTests {
    private static let docs = Fixture.folder.appending(path: "../../../docs").standardized

    private static func text(_ page: String) throws -> String {
        try String(contentsOf: docs.appending(path: page), encoding: .utf8)
    }

    /// Words of tables of fields and of variables, which are nobody's keys.
    private static let free: Set = ["X-A", "X-Powered-By"]

    @Test(
        "name keys and tables that there are, where they say what another program's words are here",
        arguments: ["coming-from-nginx.md", "coming-from-caddy.md", "coming-from-haproxy.md", "coming-from-traefik.md"])
    func keys(page: String) throws {
        let text = try Self.text(page)
        let table = try #require(text.split(separator: #/\n## (Directive by directive|Keyword by keyword)\n/#).dropFirst().first)
        let paths = ConfigurationReference.keyPaths.map { $0.replacing("[]", with: "") }
        let names = Set(paths.flatMap { $0.split(separator: ".").map(String.init) })
        var seen = 0
        for row in table.matches(of: /(?m)^\| .* \| (.*) \|$/) {
            for span in row.output.1.matches(of: /`([^`]+)`/) {
                let span = String(span.output.1)
                if let header = span.wholeMatch(of: /\[+([a-z_.]+)\]+/) {
                    #expect(paths.contains(String(header.output.1)), "\(page): \(span)")
                    seen += 1
                    continue
                }
                // A key alone, or keys with their values.
                let keys =
                    span.wholeMatch(of: /[a-z_]+/) != nil
                    ? [span] : span.matches(of: #/([A-Za-z_-]+) = /#).map { String($0.output.1) }
                for key in keys where !Self.free.contains(key) && key.first?.isNumber != true {
                    #expect(names.contains(key), "\(page): \(span)")
                    seen += 1
                }
            }
        }
        #expect(seen > 50, "\(page): \(seen)")
    }

    @Test("name keys that there are, where they name one by its whole path")
    func wholePaths() throws {
        let paths = Set(ConfigurationReference.keyPaths.map { $0.replacing("[]", with: "") })
        let tables: Set = [
            "limits", "sites", "security", "performance", "logging", "metrics", "admin", "management", "recorder", "tracing",
            "dns", "fleet",
        ]
        let pages = try FileManager.default.contentsOfDirectory(atPath: Self.docs.path(percentEncoded: false))
        var seen = 0
        // The reference is made of its keys, and names others' that are none here; so do the pages of those.
        for page in pages where page.hasSuffix(".md") && !page.hasPrefix("coming-from-") && page != "configuration.md" {
            for span in try Self.text(page).matches(of: /`([a-z]+)(\.[a-z0-9_.]+)[` ]/) {
                guard tables.contains(String(span.output.1)) else { continue }
                let isKey = paths.contains(String(span.output.1 + span.output.2))
                #expect(isKey, "\(page): \(span.output.0)")
                seen += 1
            }
        }
        #expect(seen > 150, "\(seen)")
    }

    @Test("show everyday tasks as configurations that are right, each alone")
    func recipes() throws {
        let blocks = try Self.text("recipes.md").split(separator: "```toml\n", omittingEmptySubsequences: false).dropFirst()
        #expect(blocks.count > 20)
        for block in blocks {
            let text = String(block.split(separator: "```")[0])
            let result = Configuration.parse(text: text, file: "recipe.toml", mode: .strict)
            #expect(result.problems.map(\.description) == [], "\(text)")
        }
    }
}
