import Foundation
import Testing

/// The stories of `scripts/chaos-upstreams` with few requests: the built binary, three nginx servers, and what befalls them.
@Suite(.serialized) struct ChaosTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    /// Beside the tests' own binary, whatever it was built with.
    private static let binary = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "gatehouse")

    @Test(
        "Clients see nothing of what their upstreams suffer",
        arguments: ["kill", "idle-close", "500", "slow", "probes", "sticky"])
    func unseen(story: String) async throws {
        let (status, text) = try await Self.run(story, requests: 1200)
        #expect(status == 0, "\(text)")
    }

    @Test("What cannot be hidden is said", arguments: ["post", "all-down", "limits"])
    func said(story: String) async throws {
        let (status, text) = try await Self.run(story, requests: 1200)
        #expect(status == 0, "\(text)")
    }

    @Test("The demonstration of the three methods shows what each promises")
    func demonstration() async throws {
        let (status, text) = try await Self.run(script: "demo-balancing", ["--binary", Self.binary.path()])
        #expect(status == 0, "\(text)")
        #expect(text.contains("round_robin") && text.contains("weighted") && text.contains("least_connections"))
    }

    private static func run(_ story: String, requests: Int) async throws -> (status: Int32, text: String) {
        try await run(
            script: "chaos-upstreams",
            ["--only", story, "--requests", "\(requests)", "--clients", "8", "--binary", binary.path()])
    }

    /// Waits without holding a thread, and reads a file, not a pipe: other tests' children would inherit a pipe and keep it
    /// open.
    private static func run(script: String, _ arguments: [String]) async throws -> (status: Int32, text: String) {
        let output = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString)")
        try Data().write(to: output)
        defer { try? FileManager.default.removeItem(at: output) }
        let process = Process()
        process.executableURL = root.appending(path: "scripts/\(script)")
        process.arguments = arguments
        let handle = try FileHandle(forWritingTo: output)
        process.standardOutput = handle
        process.standardError = handle
        let status: Int32 = try await withCheckedThrowingContinuation { ended in
            process.terminationHandler = { ended.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { ended.resume(throwing: error) }
        }
        return (status, String(decoding: try Data(contentsOf: output), as: UTF8.self))
    }
}
