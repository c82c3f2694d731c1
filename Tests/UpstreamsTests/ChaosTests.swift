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
    func unseen(story: String) throws {
        let (status, text) = try Self.run(story, requests: 1200)
        #expect(status == 0, "\(text)")
    }

    @Test("What cannot be hidden is said", arguments: ["post", "all-down", "limits"])
    func said(story: String) throws {
        let (status, text) = try Self.run(story, requests: 1200)
        #expect(status == 0, "\(text)")
    }

    @Test("The demonstration of the three methods shows what each promises")
    func demonstration() throws {
        let (status, text) = try Self.run(script: "demo-balancing", ["--binary", Self.binary.path()])
        #expect(status == 0, "\(text)")
        #expect(text.contains("round_robin") && text.contains("weighted") && text.contains("least_connections"))
    }

    private static func run(_ story: String, requests: Int) throws -> (status: Int32, text: String) {
        try run(
            script: "chaos-upstreams",
            ["--only", story, "--requests", "\(requests)", "--clients", "8", "--binary", binary.path()])
    }

    private static func run(script: String, _ arguments: [String]) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = root.appending(path: "scripts/\(script)")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let text = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }
}
