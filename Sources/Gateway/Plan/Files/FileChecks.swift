import Configuration
import EventLoop
import Glibc

/// The part of making a plan that looks at files which are not opened yet.
extension PlanBuilder {
    /// A log that cannot be opened is an error of the configuration, not of the moment in which it is opened.
    mutating func checkLogs() {
        let logging = configuration.logging
        var files = [("logging.access_log", logging.accessLog), ("logging.error_log", logging.errorLog)]
        for (index, site) in configuration.sites.enumerated() {
            if let own = site.accessLog { files.append(("sites[\(index)].access_log", own)) }
        }
        if let file = configuration.tls.keylogFile { files.append(("tls.keylog_file", .file(path: file))) }
        checkAuthorities(logging.syslogCaFile, at: "logging.syslog_ca_file")
        checkAuthorities(configuration.tracing.caFile, at: "tracing.ca_file")
        for (key, destination) in files {
            guard case .file(let path) = destination, let error = FileAccess.problem(appendingTo: path) else { continue }
            let directory = FileAccess.directory(of: path)
            let hint: String? =
                switch error.code {
                case ENOENT, ENOTDIR: "the directory \(directory) must be there"
                case EACCES: "whoever runs Gatehouse must be allowed to write there"
                default: nil
                }
            problem(at: key, "cannot open \(path): \(error.reason)", hint: hint)
        }
    }
}
