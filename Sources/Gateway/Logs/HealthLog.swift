import Logging
import Upstreams

/// Says in the log when a server's health has changed, and why.
struct HealthLog {
    private let log: Logger

    init(_ log: Logger) {
        self.log = log
    }

    /// Logs the changes since the last call.
    /// - Parameter now: monotonic nanoseconds.
    func report(_ servers: some Sequence<UpstreamServer>, now: UInt64) {
        for server in servers {
            for change in server.state.takeChanges() { report(change, of: server, now) }
        }
    }

    private func report(_ change: ServerHealth.Change, of server: UpstreamServer, _ now: UInt64) {
        var facts: Logger.Metadata = ["upstream": "\(server.url)"]
        switch change {
        case .ejected(let cause, let reason, let end):
            facts["reason"] = "\(reason)"
            facts["seconds"] = "\(seconds(now, end))"
            switch cause {
            case .failuresInARow(let count): facts["failures"] = "\(count)"
            case .share(let percent): facts["failed_percent"] = "\(percent)"
            }
            log.warning("upstream ejected", metadata: facts)
        case .returned: log.notice("upstream back after its ejection", metadata: facts)
        case .circuitOpened(let reason, let end):
            facts["reason"] = "\(reason)"
            facts["seconds"] = "\(seconds(now, end))"
            log.warning("upstream circuit opened", metadata: facts)
        case .circuitClosed: log.notice("upstream circuit closed", metadata: facts)
        case .probesFail(let finding):
            facts["probe"] = "\(finding)"
            log.warning("upstream unhealthy", metadata: facts)
        case .unresolved(let reason):
            facts["reason"] = "\(reason)"
            log.warning("upstream name not resolved", metadata: facts)
        case .resolved: log.notice("upstream name resolved again", metadata: facts)
        case .probesPass(let finding):
            facts["probe"] = "\(finding)"
            log.notice("upstream healthy again", metadata: facts)
        }
    }

    private func seconds(_ now: UInt64, _ end: UInt64) -> UInt64 {
        end > now ? (end - now + 999_999_999) / 1_000_000_000 : 0
    }
}
