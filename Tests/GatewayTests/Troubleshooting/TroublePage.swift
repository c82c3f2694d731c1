import Foundation
import TestSupport
import Testing

/// A row of docs/troubleshooting.md: a line that operators meet.
struct TroubleRow: Sendable, CustomTestStringConvertible {
    /// The line's telling part; `…` stands for anything.
    let line: String
    var testDescription: String { line }

    /// Who writes it.
    enum Journal {
        /// `gatehouse check` or `gatehouse run`, which then ends.
        case command
        case diagnostics
        case access
    }

    var journal: Journal {
        if line.contains("error: ") { return .command }
        return line.hasPrefix("gatehouse: ") ? .diagnostics : .access
    }

    /// Is this such a line?
    func matches(_ line: String) -> Bool {
        var rest = line[...]
        for part in self.line.components(separatedBy: "…") where !part.isEmpty {
            guard let found = rest.range(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }

    /// Waits until the gateway has written such a line.
    func comes(from gatehouse: Gatehouse) async throws {
        let lines = journal == .access ? gatehouse.process.output : gatehouse.log
        _ = try await lines.first("a line like: \(line)") { matches($0) }
    }

    /// All of the page, in its order.
    static func all() throws -> [TroubleRow] {
        let text = try String(contentsOfFile: Place.root + "docs/troubleshooting.md", encoding: .utf8)
        return text.matches(of: /(?:^|\n)\| `([^`]+)` \|/).map { TroubleRow(line: String($0.output.1)) }
    }
}

/// What makes a line come.
struct Situation: Sendable {
    /// Words of its row's line, and of no other row's.
    let words: String
    /// Makes it happen, and waits for the line.
    let happen: @Sendable (TroubleRow) async throws -> Void

    init(_ words: String, _ happen: @escaping @Sendable (TroubleRow) async throws -> Void) {
        self.words = words
        self.happen = happen
    }
}
