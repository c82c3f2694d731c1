import TestSupport
import Testing

@Suite("How many workers there are where nothing says so")
struct WorkerCountTests {
    private static func canBePinned() async throws -> Bool {
        try await Command.run("taskset", ["--cpu-list", "0", "true"]).exit == .code(0)
    }

    @Test(
        "one for each core that the process may run on, not for each that the machine has",
        .enabled("nobody may be pinned to core 0 here") { try await canBePinned() })
    func pinned() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let file = try directory.write(
            "gatehouse.toml",
            "[[sites]]\nhostname = \"a.test\"\nlisten = \"127.0.0.1\"\nport = \(port)\nstatic_dir = \"\(directory.path)\"\n")
        let process = try ChildProcess("taskset", ["--cpu-list", "0", Place.gatehouse, "run", "-c", file])
        let line = try await process.errors.first { $0.contains(": serving addresses=") }
        #expect(line.contains(" workers=1"), "\(line)")
        process.terminate()
        #expect(try await process.exit() == .code(0))
    }
}
