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
    /// Those in use, and those that a reload has replaced and that have not told yet what has become of their lines.
    private let queues: [LogUse]
    /// Lines of those that are neither any more.
    private let settledLines: [LogUse.Content: UInt64]

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
        let (access, diagnostics, spanWriter) = (accessWriters, diagnostics, self.spans)
        let inUse = all.map { writer in
            var contents: Set<LogUse.Content> = []
            if access.contains(where: { $0 === writer }) { contents.insert(.accessLines) }
            if writer === diagnostics { contents.insert(.diagnostics) }
            if writer === spanWriter { contents.insert(.spans) }
            return LogUse(queue: writer.queue, contents: contents)
        }
        var (queues, settled) = (inUse, previous?.settledLines ?? [:])
        for log in previous?.queues ?? [] where !inUse.contains(where: { $0.queue === log.queue }) {
            if log.queue.isSettled {
                for content in log.contents { settled[content, default: 0] += log.queue.missing }
            } else {
                queues.append(log)
            }
        }
        (self.queues, settledLines) = (queues, settled)
    }

    /// Is one of them a file?
    package var hasFile: Bool { all.contains { $0.queue.path != nil } }

    /// Lines that were dropped or lost since the process began, also by logs that a reload has replaced.
    func missingLines(of content: LogUse.Content) -> UInt64 {
        queues.reduce(settledLines[content] ?? 0) { $1.contents.contains(content) ? $0 + $1.queue.missing : $0 }
    }

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
        let others = queues.filter { $0.queue !== diagnostics.queue }
        for log in others { log.queue.close() }
        for log in others {
            let lost = close(log.queue, by: now &+ 4_000_000_000)
            guard lost > 0 else { continue }
            let what =
                log.contents.contains(.spans)
                ? "the end comes before all spans are taken: spans" : "a log ends before it is written: lines"
            say("gatehouse: warning: \(what) are lost key=\(log.queue.key) lost=\(lost)", level: .warning)
        }
        _ = close(diagnostics.queue, by: now &+ 5_000_000_000)
    }

    /// - Returns: how many lines are lost.
    private func close(_ queue: LogQueue, by end: UInt64) -> Int {
        let now = monotonicNanoseconds()
        return queue.close(timeout: end > now ? Int((end - now) / 1_000_000) : 0)
    }

    /// Tells in the diagnostics log what has happened to them since the last call.
    func report(_ log: Logger) {
        for use in queues { use.report(log) }
    }
}
