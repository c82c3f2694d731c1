import TestSupport
import Testing

@Suite("Programs that tests start")
struct ChildProcessTests {
    @Test("who writes to a program that has ended is told, and lives on")
    func writingToTheDead() async throws {
        let child = try ChildProcess("true")
        #expect(try await child.exit() == .code(0))
        #expect(throws: Wire.Failure.self) { try child.write("Q\n") }
    }
}
