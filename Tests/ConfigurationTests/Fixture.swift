import Foundation
import Testing

@testable import Configuration

/// A file of a configuration, a line of dashes, and the problems that reading it must give, exactly.
///
/// `UPDATE_FIXTURES=1 swift test --filter ConfigurationTests` writes what is read now into the files: look at the difference
/// before you commit it.
struct Fixture: CustomTestStringConvertible {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    static let mayUpdate = ProcessInfo.processInfo.environment["UPDATE_FIXTURES"] != nil
    private static let separator = "-----\n"

    let url: URL
    let text: String
    let expected: String

    var testDescription: String { url.lastPathComponent }

    static func all(in subfolder: String) throws -> [Fixture] {
        try FileManager.default.contentsOfDirectory(at: folder.appending(path: subfolder), includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "toml" }
            .sorted { $0.path < $1.path }
            .map(Fixture.init(url:))
    }

    init(url: URL) throws {
        let content = try String(contentsOf: url, encoding: .utf8)
        let parts = content.split(separator: Self.separator, maxSplits: 1, omittingEmptySubsequences: false)
        self.url = url
        text = String(parts[0])
        expected = parts.count == 2 ? String(parts[1]) : ""
    }

    func read(mode: ReadMode = .strict) -> ReadResult {
        Configuration.parse(text: text, file: url.lastPathComponent, mode: mode)
    }

    /// The problems as the file writes them.
    func actual(_ result: ReadResult) throws -> String {
        let actual = result.problems.map { $0.description + "\n" }.joined()
        if Self.mayUpdate { try (text + Self.separator + actual).write(to: url, atomically: true, encoding: .utf8) }
        return actual
    }
}
