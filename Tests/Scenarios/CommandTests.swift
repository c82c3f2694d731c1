import TestSupport
import Testing

@Suite("The command line")
struct CommandTests {
    @Test("--help teaches, with exit code 0")
    func help() async throws {
        let outcome = try await Command.run(Place.gatehouse, ["--help"])
        #expect(outcome.exit == .code(0))
        for word in ["gatehouse demo", "gatehouse check", "gatehouse run -c", "Exit codes: 0"] {
            #expect(outcome.text.contains(word))
        }
    }
}
