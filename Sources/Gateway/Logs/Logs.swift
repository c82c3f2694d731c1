package import Configuration
import EventLoop
package import Logging

/// All logs of the gateway.
package final class Logs: Sendable {
    /// Where access lines go: the first is for sites without a log of their own. Each is another place.
    let accessWriters: [LogWriter]
    /// One of those if it goes to the same place.
    let diagnostics: LogWriter
    /// Who takes spans; nil without `[tracing]`.
    let spans: LogWriter?
    /// Each once.
    private let all: [LogWriter]

    /// Opens them.
    /// - Parameters:
    ///   - sites: those that may have logs of their own.
    ///   - spans: who takes spans.
    ///   - workers: how many will write access lines.
    ///   - previous: those in use; what goes where it went goes on in the same thread.
    /// - Throws: `LogOpenError`, or the system call that failed.
    package init(
        _ configuration: Configuration::Logging, sites: [Site] = [], spans: Configuration::Logging.Destination? = nil,
        workers: Int, after previous: Logs? = nil
    ) throws {
        var outputs: [(destination: Configuration::Logging.Destination, key: String)] = [
            (configuration.accessLog, "logging.access_log")
        ]
        for (index, site) in sites.enumerated() {
            guard let own = site.accessLog, !outputs.contains(where: { $0.destination == own }) else { continue }
            outputs.append((own, "sites[\(index)].access_log"))
        }
        let options = LogOptions(configuration)
        func writer(_ destination: Configuration::Logging.Destination, _ key: String, _ sources: Int) throws -> LogWriter {
            if let found = previous?.all.first(where: { $0.isSame(as: destination, options, key: key, sources: sources) }) {
                return found
            }
            return try LogWriter(destination, options, key: key, sources: sources)
        }
        accessWriters = try outputs.map { output in
            try writer(output.destination, output.key, workers + (output.destination == configuration.errorLog ? 1 : 0))
        }
        self.spans = try spans.map { try writer($0, "tracing.endpoint", workers) }
        let others = [self.spans].compactMap { $0 }
        if let shared = accessWriters.first(where: { $0.destination == configuration.errorLog }) {
            diagnostics = shared
            all = accessWriters + others
        } else {
            diagnostics = try writer(configuration.errorLog, "logging.error_log", 1)
            all = accessWriters + [diagnostics] + others
        }
    }

    /// Is one of them a file?
    package var hasFile: Bool { all.contains { $0.path != nil } }

    /// Access lines that were dropped or lost.
    var missingAccessLines: UInt64 { accessWriters.reduce(0) { $0 + $1.missingLines } }

    /// Opens files anew.
    package func reopen() {
        for writer in all { writer.reopen() }
    }

    /// Writes one line of diagnostics.
    /// - Parameters:
    ///   - line: without time and line end.
    ///   - level: how much it matters, for those who are told.
    package func say(_ line: String, level: Logger.Level) {
        guard diagnostics.isOn else { return }
        var batch = LogBatch(source: 0)
        let now = realtimeNanoseconds()
        if !diagnostics.isTimed {
            Timestamp.append(nanoseconds: now, to: &batch.bytes)
            batch.bytes.append(0x20)
        }
        batch.bytes.append(contentsOf: line.utf8)
        batch.endLine(time: now, severity: LogSeverity(level))
        diagnostics.write(batch)
    }

    /// Writes what is there, but waits no longer than five seconds for all: a log never keeps the gateway from ending.
    package func close() {
        let now = monotonicNanoseconds()
        // The diagnostics log is the last, with a second of its own: it tells of the others.
        for writer in all where writer !== diagnostics {
            let lost = close(writer, by: now &+ 4_000_000_000)
            guard lost > 0 else { continue }
            let facts = "key=\(writer.key) lost=\(lost)"
            let what =
                writer === spans
                ? "the end comes before all spans are taken: spans" : "a log ends before it is written: lines"
            say("gatehouse: warning: \(what) are lost \(facts)", level: .warning)
        }
        _ = close(diagnostics, by: now &+ 5_000_000_000)
    }

    /// - Returns: how many lines are lost.
    private func close(_ writer: LogWriter, by end: UInt64) -> Int {
        let now = monotonicNanoseconds()
        return writer.close(timeout: end > now ? Int((end - now) / 1_000_000) : 0)
    }

    /// Tells in the diagnostics log what has happened to them since the last call.
    func report(_ log: Logger) {
        for writer in all { report(writer, log) }
    }

    private func report(_ writer: LogWriter, _ log: Logger) {
        let isOfSpans = writer === spans
        for change in writer.takeChanges() {
            var facts: Logger.Metadata = ["key": "\(writer.key)"]
            if let path = writer.path { facts["path"] = "\(path)" }
            switch change {
            case .isFull:
                log.warning(
                    isOfSpans ? "spans are not taken: they are dropped" : "a log is not read: lines are dropped",
                    metadata: facts)
            case .hasRoom(let lost):
                facts["dropped"] = "\(lost)"
                log.warning(
                    isOfSpans ? "spans are taken again" : "a log is read again",
                    metadata: facts)
            case .fails(let error):
                facts["reason"] = "\(error)"
                log.error(
                    isOfSpans ? "spans are not taken: they are lost" : "a log cannot be written: lines are lost",
                    metadata: facts)
            case .unreached(let error):
                facts["reason"] = "\(error)"
                log.error(
                    isOfSpans
                        ? "the spans' collector cannot be reached: spans wait"
                        : "a log's receiver cannot be reached: lines wait",
                    metadata: facts)
            case .reached:
                log.notice(
                    isOfSpans ? "the spans' collector is there again" : "a log's receiver is there again",
                    metadata: facts)
            case .works(let lost):
                facts["lost"] = "\(lost)"
                log.warning(
                    isOfSpans ? "spans are taken again" : "a log is written again",
                    metadata: facts)
            case .reopened: log.notice("log file opened again", metadata: facts)
            case .notReopened(let error):
                facts["reason"] = "\(error.reason)"
                log.error("a log file cannot be opened again: lines go on to the old one", metadata: facts)
            }
        }
    }
}
