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

    @Test("a group ends with its first process: what that has started holds nothing any more")
    func group() async throws {
        let child = try ChildProcess("sh", ["-c", "tail -f /dev/null & echo started; wait"], isGroup: true)
        _ = try await child.output.first { $0 == "started" }
        child.kill()
        // That is told at the end of the output, which the second process would have kept open.
        #expect(try await child.exit() == .signal(9))
    }
}
