import Foundation
import RunningDemo
import Testing

@Suite("What the documentation says can be done, can be done", .serialized)
struct DocsTests {
    @Test("Every block marked to run does, and prints what the page shows", arguments: try CommandPage.all())
    func runs(_ page: CommandPage) throws {
        let folder = try scratch()
        defer { try? FileManager.default.removeItem(at: folder) }
        let demo = try RunningDemo()
        let free = try Program.run(
            Program.python, ["-c", "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"])
        let ports = PortMap(demo, free: free.text.split(separator: "\n").joined())
        for block in page.blocks {
            let ended = try Program.run(
                "/usr/bin/timeout", ["60", "/bin/bash", "-euo", "pipefail", "-c", block.script(ports)], in: folder,
                environment: ["PATH": "\(folder.path):/usr/bin:/bin"])
            try #require(ended.code == 0, "\(block) ended with \(ended.code):\n\(ended.text)")
            for line in block.missing(from: ended.text, ports) {
                Issue.record("\(block) shows a line that did not come: \(line)\n--- what came:\n\(ended.text)")
            }
        }
        #expect(demo.stop().code == 0)
    }

    @Test("The main pages have something to run")
    func seesThePages() throws {
        let pages = Set(try CommandPage.all().map(\.path))
        #expect(
            pages.isSuperset(of: [
                "README.md", "docs/getting-started.md", "docs/tls.md", "docs/forwarding.md", "docs/commands.md",
                "docs/logging.md",
            ]))
    }

    @Test("Links between the pages lead somewhere", arguments: try CommandPage.paths())
    func linksLead(_ page: String) throws {
        let text = try String(contentsOfFile: Program.root + page, encoding: .utf8)
        let folder = URL(filePath: Program.root + page).deletingLastPathComponent()
        for link in text.matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/) {
            let target = folder.appending(path: String(link.output.1)).path(percentEncoded: false)
            #expect(FileManager.default.fileExists(atPath: target), "\(page) links to \(link.output.1)")
        }
    }

    /// A folder where commands may write, and find certificates, scripts and the program.
    private func scratch() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "docs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in ["certs", "scripts"] {
            try FileManager.default.createSymbolicLink(
                at: folder.appending(path: name), withDestinationURL: URL(filePath: Program.root + name))
        }
        try FileManager.default.createSymbolicLink(
            at: folder.appending(path: "gatehouse"), withDestinationURL: URL(filePath: Program.gatehouse))
        return folder
    }
}
