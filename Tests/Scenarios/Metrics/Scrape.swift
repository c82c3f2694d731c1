import Foundation
import TestSupport
import Testing

/// Asks a running gateway for its metrics.
struct Scrape {
    enum Format {
        case prometheus, open
    }

    private let running: ReloadingGatehouse

    init(_ running: ReloadingGatehouse) { self.running = running }

    /// All of them, by the admin socket.
    func text(_ format: Format = .prometheus) async throws -> String {
        let accept = format == .open ? "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5" : "*/*"
        let socket = running.runtime + "/\(running.process.pid).sock"
        return try await Command.curl(["--unix-socket", socket, "-H", "Accept: \(accept)", "http://localhost/metrics"]).text
    }

    /// A file with the text.
    func file(_ text: String) throws -> String { try running.directory.write("metrics.txt", text) }

    /// What PyPI's prometheus_client reads of a text: names and labels, without those of what changes from one look to the next.
    /// - Parameter parser: its module.
    static func samples(_ text: String, _ parser: String) async throws -> String {
        let directory = try TemporaryDirectory()
        let file = try directory.write("text", text)
        let program = """
            import sys
            from prometheus_client.\(parser) import text_string_to_metric_families as families
            for family in families(open(sys.argv[1], newline="\\n").read()):
                for sample in family.samples:
                    if not sample.name.startswith(("process_", "gatehouse_loop", "gatehouse_worker", "gatehouse_connections",
                        "gatehouse_buffers",
                        "gatehouse_upstream_idle")):
                        print(family.type, sample.name, sorted(sample.labels.items()), sample.value)
            """
        let outcome = try await Command.run(Place.pythonWithLibraries, ["-c", program, file])
        #expect(outcome.code == 0 && outcome.output.count > 1000, "\(outcome)")
        return outcome.text
    }
}
