import Logging
import StaticFiles

/// Says in the log when a site's directory is no longer there, and when it is there again.
struct DirectoryLog {
    private let log: Logger

    init(_ log: Logger) {
        self.log = log
    }

    /// Logs the changes since the last call.
    func report(_ sites: some Sequence<StaticSite>) {
        for site in sites {
            switch site.takeChange() {
            case .lost(let reason):
                log.error("static_dir is lost", metadata: ["static_dir": "\(site.path)", "reason": "\(reason)"])
            case .returned: log.notice("static_dir is back", metadata: ["static_dir": "\(site.path)"])
            case nil: break
            }
        }
    }
}
