import TestSupport
import Testing

/// What `scripts/bench` computes of its runs, and how it is asked.
@Suite("The bench", .serialized)
struct BenchTests {
    @Test("its verdicts, peers and counts are right by value")
    func values() async throws {
        let folder = "\(Place.root)/Benchmarks"
        let outcome = try await Command.run("python3", ["-B", "-m", "unittest", "discover", "-s", folder, "-t", folder])
        #expect(outcome.exit == .code(0), "\(outcome.errors)")
        #expect(outcome.errors.contains("Ran ") && outcome.errors.contains("OK"), "\(outcome.errors)")
    }

    @Test(
        "what cannot be measured is wrong usage, and says why",
        arguments: [
            ("--peer apache=/bin/sh", "no peer is called apache"), ("--peer nginx", "NAME=PATH is wanted"),
            ("--peer nginx=/none", "there is no such program"), ("--check --rounds 4", "--check needs 5 rounds at least"),
            ("--check --scenario h2-static-1k", "has no bound for these scenarios"),
        ])
    func wrongUsage(arguments: String, reason: String) async throws {
        let outcome = try await Command.run("\(Place.root)/scripts/bench", arguments.split(separator: " ").map(String.init))
        #expect(outcome.exit == .code(2) && outcome.errors.contains(reason), "\(outcome.errors)")
    }
}
