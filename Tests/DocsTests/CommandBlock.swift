import Foundation
import RunningDemo
import Testing

/// A page of the documentation that has commands to run.
struct CommandPage: Sendable, CustomTestStringConvertible {
    var path: String
    var blocks: [CommandBlock]

    var testDescription: String { path }

    /// README.md and the pages of docs/.
    static func paths() throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: Program.root + "docs")
        return ["README.md"] + names.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
    }

    static func all() throws -> [CommandPage] {
        try paths().map { path in
            let text = try String(contentsOfFile: Program.root + path, encoding: .utf8)
            return CommandPage(path: path, blocks: CommandBlock.all(in: text, of: path))
        }.filter { !$0.blocks.isEmpty }
    }
}

/// A fenced block that begins with ```` ```sh run ````; and the next block of its section, which shows what is printed, if that
/// one begins with ```` ```text ````.
struct CommandBlock: Sendable, CustomStringConvertible {
    var page: String
    var line: Int
    var commands: String
    /// Lines that must come, in this order. `…` stands for anything.
    var shown: [String] = []

    var description: String { "\(page):\(line)" }

    static func all(in text: String, of page: String) -> [CommandBlock] {
        var blocks: [CommandBlock] = []
        var fence: (kind: Substring, lines: [String], start: Int)?
        var mayShow = false
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if let open = fence {
                guard line == "```" else {
                    fence?.lines.append(String(line))
                    continue
                }
                fence = nil
                if open.kind == "sh run" {
                    blocks.append(CommandBlock(page: page, line: open.start, commands: open.lines.joined(separator: "\n")))
                } else if open.kind == "text", mayShow {
                    blocks[blocks.count - 1].shown = open.lines
                }
                mayShow = open.kind == "sh run"
            } else if line.hasPrefix("```") {
                fence = (line.dropFirst(3), [], index + 1)
            } else if line.hasPrefix("#") {
                mayShow = false
            }
        }
        return blocks
    }

    /// The commands as a reader would type them.
    func script(_ ports: PortMap) -> String { ports.translate(commands) }

    /// The shown lines that `output` lacks.
    func missing(from output: String, _ ports: PortMap) -> [String] {
        // A CR LF is one character of Swift: it would not be a line's end.
        var rest = output.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)[...]
        return shown.filter { line in
            guard !line.isEmpty, line != "…" else { return false }
            let parts = ports.translate(line).components(separatedBy: "…")
            guard let place = rest.firstIndex(where: { Self.matches($0, parts) }) else {
                return true
            }
            rest = rest[(place + 1)...]
            return false
        }
    }

    /// Does the line consist of these parts, with anything between them?
    private static func matches(_ line: Substring, _ parts: [String]) -> Bool {
        guard parts.count > 1 else { return line == parts[0] }
        guard line.hasPrefix(parts[0]) else { return false }
        var rest = line.dropFirst(parts[0].count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.range(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.hasSuffix(parts[parts.count - 1])
    }
}

/// The ports that the pages speak of, and those that stand for them while a page is tested.
struct PortMap {
    private var ports: [(written: String, used: String)]

    /// - Parameter free: a port for the page's own site.
    init(_ demo: RunningDemo, free: String) {
        ports = [("8443", "\(demo.port)"), ("9443", free)]
        if let plain = demo.plainPort { ports.append(("8080", "\(plain)")) }
    }

    func translate(_ text: String) -> String {
        ports.reduce(text) { $0.replacing($1.written, with: "<\($1.written)>") }
            .replacing(/<([0-9]{4})>/) { match in ports.first { $0.written == match.output.1 }?.used ?? String(match.output.0) }
    }
}
