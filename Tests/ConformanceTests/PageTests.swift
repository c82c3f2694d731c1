import Foundation
import HTTP
import Testing

/// The pages of the documentation that must not fall behind the code.
@Suite struct PageTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The reasons that Gateway's sources write: the first argument of every `Failure`, and what files and tunnels end with.
    private static func gatewayReasons() throws -> Set<String> {
        let folder = root.appendingPathComponent("Sources/Gateway")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        var reasons: Set<String> = []
        for file in files where file.pathExtension == "swift" {
            let source = try String(contentsOf: file, encoding: .utf8)
            reasons.formUnion(source.matches(of: /Failure\(\s*"([a-z_0-9]+)"/).map { String($0.1) })
            switch file.lastPathComponent {
            case "Failure.swift":
                reasons.formUnion(source.matches(of: /[?:] "(upstream_[a-z_]+)"/).map { String($0.1) })
            case "FileStep.swift":
                reasons.formUnion(source.matches(of: /(?:case [0-9]+:|default:) "([a-z_]+)"/).map { String($0.1) })
            case "TunnelEnding.swift":
                reasons.formUnion(source.matches(of: /case [a-zA-Z]+ = "([a-z_]+)"/).map { String($0.1) })
            default: break
            }
        }
        return reasons
    }

    @Test("docs/reasons.md has every reason") func reasons() throws {
        let page = try Self.text("docs/reasons.md")
        let written = try Self.gatewayReasons()
        #expect(written.count > 25)
        for reason in written.union(Reason.allCases.map(\.rawValue)).sorted() {
            #expect(page.contains("| `\(reason)` |"), "\(reason) is not on the page")
        }
    }

    @Test("docs/reasons.md states the status that is answered", arguments: Reason.allCases)
    func status(_ reason: Reason) throws {
        let page = try Self.text("docs/reasons.md")
        let ofUpstreams: [Reason] = [.statusLineMalformed, .statusInvalid, .switchNotAskedFor, .tooManyInterimHeads]
        let isOfUpstreams = ofUpstreams.contains(reason)
        #expect(page.contains("| `\(reason.rawValue)` | \(isOfUpstreams ? 502 : reason.status) |"))
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
