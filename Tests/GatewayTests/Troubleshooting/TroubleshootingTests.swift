import TestSupport
import Testing

@Suite("The page about troubleshooting")
struct TroubleshootingTests {
    private static let situations =
        Situation.starts + Situation.handshakes + Situation.refusals + Situation.upstreams + Situation.diagnostics

    @Test("each of its lines is what the program writes when that happens", arguments: try TroubleRow.all())
    func line(_ row: TroubleRow) async throws {
        let meant = Self.situations.filter { row.line.contains($0.words) }
        try #require(meant.count == 1, "\(meant.map(\.words)) speak of \(row.line)")
        try await meant[0].happen(row)
    }

    @Test("it has a line of each situation, and at least twenty")
    func complete() throws {
        let rows = try TroubleRow.all()
        #expect(rows.count >= 20)
        for situation in Self.situations {
            #expect(rows.count { $0.line.contains(situation.words) } == 1, "\(situation.words)")
        }
    }
}
