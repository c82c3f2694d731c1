import Foundation
import TestSupport
import Testing

/// docs/app-servers.md: its table, and what its sections say to write and to run.
struct AppServerPage: Sendable {
    struct Missing: Error {
        let what: String
    }

    /// A line of the table.
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let section: String
        let version: String
        /// "https 127.0.0.1"
        let unasked: String
        let asked: String
        /// "120" of "120 s (`channel_timeout`)"; as it stands if it begins with no number.
        let idle: String
        let readsChunked: Bool
        var testDescription: String { name }
    }

    /// A line of the table of requests without a length.
    struct Upload: Sendable, CustomTestStringConvertible {
        let name: String
        /// The command that is to be typed, without the application.
        let command: String
        let readsChunked: Bool
        let readsBuffered: Bool
        var testDescription: String { name }
    }

    let rows: [Row]
    let uploads: [Upload]
    private let text: String

    init() throws {
        text = try String(contentsOfFile: Place.root + "docs/app-servers.md", encoding: .utf8)
        rows = text.split(separator: "\n").compactMap { Self.row(String($0)) }
        uploads = text.matches(of: /(?m)^\| ([^|`]+?) \| `([^`]+)` \| (arrives|is lost) \| (arrives|is lost) \|$/).map {
            Upload(
                name: String($0.output.1), command: String($0.output.2), readsChunked: $0.output.3 == "arrives",
                readsBuffered: $0.output.4 == "arrives")
        }
    }

    private static func row(_ line: String) -> Row? {
        guard let match = line.wholeMatch(of: /\| \[([^\]]+)\]\(#([a-z-]+)\) \|(.+)\|/) else { return nil }
        let cells = match.output.3.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        guard cells.count == 5 else { return nil }
        let idle = cells[3].prefix { $0.isNumber }
        return Row(
            name: String(match.output.1), section: String(match.output.2), version: cells[0],
            unasked: cells[1].replacing("`", with: ""), asked: cells[2].replacing("`", with: ""),
            idle: idle.isEmpty ? cells[3] : String(idle), readsChunked: cells[4] == "arrives")
    }

    /// The command of a row: of its section's `sh server` blocks the one that names it, else the only one.
    func command(_ row: Row) throws -> String {
        let blocks = blocks(row).filter { $0.info.hasPrefix("sh server") }
        let own = blocks.first { $0.info == "sh server \(row.name)" }
        guard let block = own ?? (blocks.count == 1 ? blocks[0] : nil) else { throw Missing(what: "a command for \(row.name)") }
        return block.content
    }

    /// The files that a row's section says to write.
    func files(_ row: Row) -> [(name: String, content: String)] {
        blocks(row).filter { $0.info.hasPrefix("python ") }.map { (String($0.info.dropFirst(7)), $0.content) }
    }

    private func blocks(_ row: Row) -> [(info: String, content: String)] {
        let sections = text.components(separatedBy: "\n## ")
        let section = sections.first { section in
            section.prefix { $0 != "\n" }.lowercased().replacing(" ", with: "-") == row.section
        }
        let matches = (section ?? "").matches(of: /```([^\n]+)\n((?:[^`]|`[^`])*)```/)
        return matches.map { (String($0.output.1), String($0.output.2)) }
    }
}
