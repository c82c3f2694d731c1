import Foundation
import Testing

/// The pages of the documentation that must not fall behind the code.
@Suite struct PageTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    @Test("docs/limits.md has every limit") func limits() throws {
        let page = try Self.text("docs/limits.md")
        let configuration = try Self.text("docs/configuration.md")
        let section = configuration.components(separatedBy: "### `[limits]`").last?.components(separatedBy: "\n##").first ?? ""
        let keys = section.matches(of: /\| `([a-z_]+)` \|/).map { String($0.1) }
        #expect(keys.count > 15)
        for key in keys { #expect(page.contains("`limits.\(key)`"), "limits.\(key) is not on the page") }
    }

    @Test("docs/other-gateways-cves.md names tests that exist") func advisories() throws {
        let page = try Self.text("docs/other-gateways-cves.md")
        let named = page.matches(of: /`([A-Za-z]+Tests)\.([a-zA-Z]+)`/).map { (String($0.1), String($0.2)) }
        #expect(named.count > 15)
        let folder = Self.root.appendingPathComponent("Tests")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
        let sources = try files.filter { $0.pathExtension == "swift" }.map { try String(contentsOf: $0, encoding: .utf8) }
        for (suite, name) in named {
            let exists = sources.contains { $0.contains("struct \(suite)") && $0.contains("func \(name)(") }
            #expect(exists, "\(suite).\(name)")
        }
    }
}
