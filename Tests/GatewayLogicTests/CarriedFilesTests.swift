import Foundation
import StaticFiles
import Testing

@testable import Gateway

@Suite("A site's files in the next plan")
struct CarriedFilesTests {
    private let root = FileManager.default.temporaryDirectory.appending(path: "gatehouse-plan-\(UUID().uuidString)")

    private func plan(_ site: String = "", after previous: Plan? = nil) throws -> Plan {
        try Plans.plan(
            """
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = 80
            static_dir = "\(root.path)"
            \(site)
            """, after: previous)
    }

    private func files(_ plan: Plan) throws -> StaticSite { try #require(plan.listeners.first?.fallback.files?.site) }

    @Test("are the same if path and settings are, and else others")
    func sameFiles() throws {
        let manager = FileManager.default
        try manager.createDirectory(at: root, withIntermediateDirectories: true)
        defer { try? manager.removeItem(at: root) }
        let first = try plan()
        let second = try plan(after: first)
        #expect(try files(second) === files(first))
        let third = try plan("index_files = [\"start.html\"]", after: second)
        #expect(try files(third) !== files(second))
        // Another directory under the same name, as a deployment makes it, is found by the files themselves (`DirectoryCache`).
        try manager.moveItem(at: root, to: root.appendingPathExtension("old"))
        defer { try? manager.removeItem(at: root.appendingPathExtension("old")) }
        try manager.createDirectory(at: root, withIntermediateDirectories: true)
        #expect(try files(plan(after: second)) === files(second))
    }
}
