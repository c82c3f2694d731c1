import Foundation

/// `gatehouse demo`, started for a test on ports of its own and stopped with it.
package final class RunningDemo: Sendable {
    /// Where the site is: `https://localhost:…`, or with `http`.
    package let site: String
    /// The port of the site.
    package let port: Int
    /// The port that redirects; nil without TLS.
    package let plainPort: Int?
    /// Everything that was printed before it was ready.
    package let introduction: String
    private let process: Process
    private let output: FileHandle

    /// Returns when it serves.
    /// - Throws: `Program.Failed` when it ends instead, with what it said.
    package init(_ arguments: [String] = [], environment: [String: String] = [:]) throws {
        let pipe = Pipe()
        process = try Program.start(
            Program.gatehouse, ["demo", "--port", "0", "--plain-port", "0"] + arguments, environment: environment, output: pipe,
            errors: pipe)
        output = pipe.fileHandleForReading
        var text = ""
        while !text.contains("Ctrl-C stops") {
            let bytes = output.availableData
            guard !bytes.isEmpty else {
                process.waitUntilExit()
                throw Program.Failed(words: text)
            }
            text += String(decoding: bytes, as: UTF8.self)
        }
        introduction = text
        let sites = text.matches(of: /chat +(https?:\/\/localhost:([0-9]+))\//)
        guard let site = sites.first, let port = Int(site.output.2) else { throw Program.Failed(words: text) }
        self.site = String(site.output.1)
        self.port = port
        plainPort = text.firstMatch(of: /redirect +http:\/\/localhost:([0-9]+)\//).flatMap { Int($0.output.1) }
    }

    deinit {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
    }

    /// For tests that signal it themselves.
    package var identifier: Int32 { process.processIdentifier }

    /// Waits for its end.
    /// - Returns: the exit code, and what it printed since it was ready: its access log.
    package func waitForEnd() -> (code: Int32, log: String) {
        let rest = (try? output.readToEnd()) ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: rest, as: UTF8.self))
    }

    /// Sends SIGTERM and waits.
    package func stop() -> (code: Int32, log: String) {
        process.terminate()
        return waitForEnd()
    }
}
