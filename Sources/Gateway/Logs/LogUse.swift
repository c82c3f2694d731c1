import EventLoop
import Logging

/// A log's queue, and what goes through it.
struct LogUse: Sendable {
    /// One log may be for access lines and for diagnostics.
    enum Content: Sendable {
        case accessLines, diagnostics, spans
    }

    let queue: LogQueue
    let contents: Set<Content>

    /// Tells in the diagnostics log what has happened to it since the last call.
    func report(_ log: Logger) {
        for change in queue.takeChanges() {
            var facts: Logger.Metadata = ["key": "\(queue.key)"]
            if let path = queue.path { facts["path"] = "\(path)" }
            report(change, facts, log)
        }
    }

    private func report(_ change: LogQueue.Change, _ facts: Logger.Metadata, _ log: Logger) {
        let isOfSpans = contents.contains(.spans)
        var facts = facts
        switch change {
        case .isFull:
            log.warning(
                isOfSpans ? "spans are not taken: they are dropped" : "a log is not read: lines are dropped",
                metadata: facts)
        case .hasRoom(let lost):
            facts["dropped"] = "\(lost)"
            log.warning(isOfSpans ? "spans are taken again" : "a log is read again", metadata: facts)
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
            log.warning(isOfSpans ? "spans are taken again" : "a log is written again", metadata: facts)
        case .reopened: log.notice("log file opened again", metadata: facts)
        case .notReopened(let error):
            facts["reason"] = "\(error.reason)"
            log.error("a log file cannot be opened again: lines go on to the old one", metadata: facts)
        case .ended(let lost):
            facts["lost"] = "\(lost)"
            log.warning(
                isOfSpans
                    ? "the collector of before the reload has not taken all spans: they are lost"
                    : "a log that a reload has replaced ends before it is written: lines are lost",
                metadata: facts)
        }
    }
}
