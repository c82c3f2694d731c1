import Configuration
import EventLoop
import Gateway
import Logging

/// Files that change while they are in use.
extension Reloader {
    /// A configuration that nobody has told of is read when it was last written so many nanoseconds ago: who writes it in place
    /// may not have done.
    static let settled: UInt64 = 5_000_000_000
    /// Changed files that a line of the log names.
    private static let mostNamed = 4

    /// What is to be watched.
    var watchedFiles: [String] {
        gateway.currentPlan.certificates.flatMap(\.watchedFiles)
            + [gateway.currentPlan.ticketKeyPath].compactMap { $0 }
            + (source.isWatched ? filesRead.paths : [])
    }

    /// Uses certificates that have been replaced, and with `--watch` a configuration that has changed.
    /// - Parameter changed: those of which the kernel has told that they were written or replaced, and are whole.
    /// - Returns: is there to be another look when what has just been written is `settled`? The kernel may not have told of it,
    ///   since it was not watched yet.
    func lookAtFiles(changed: Set<String>) async -> Bool {
        // An exchange may have held one for longer.
        if gateway.releaseRetiredPlans() > 0 { returnMemorySoon() }
        renewCertificates()
        // What was replaced before it was watched, nobody tells of.
        if let keys = gateway.currentPlan.ticketKeyPath, changed.isEmpty || changed.contains(keys) { renewTicketKeys(keys) }
        guard source.isWatched else { return false }
        let isTold = isTold(changed)
        guard isTold || isSettled else { return true }
        let files = await changedFiles
        guard !files.isEmpty else { return false }
        // Somebody may have begun to write meanwhile.
        guard isTold || isSettled else { return true }
        let more = files.count > Self.mostNamed ? " and \(files.count - Self.mostNamed) more" : ""
        log.notice(
            "reloading", metadata: ["by": "a change of \(files.prefix(Self.mostNamed).joined(separator: ", "))\(more)"])
        _ = await reload()
        return false
    }

    /// Directories in which any file may be one more, or one less, of the configuration's.
    var watchedDirectories: [String] { source.isWatched ? filesRead.directories : [] }

    private func isTold(_ changed: Set<String>) -> Bool {
        filesRead.paths.contains(where: changed.contains) || filesRead.directories.contains(where: changed.contains)
    }

    private var isSettled: Bool {
        let modified = filesRead.files.compactMap { FileAccess.modified($0.path) }
        guard let latest = modified.max(), FileAccess.modified(source.path) != nil else { return false }
        return realtimeNanoseconds() > latest &+ Self.settled
    }

    /// Those of the configuration. If its own has vanished, or cannot be read, none has changed: it is about to be replaced, most
    /// likely.
    private var changedFiles: [String] {
        get async {
            let now = await read().source
            return now.isEmpty ? [] : now.changedFiles(since: filesRead)
        }
    }

    private func renewTicketKeys(_ path: String) {
        switch gateway.renewTicketKeys() {
        case .unchanged: break
        case .replaced: log.notice("the keys of session tickets are replaced", metadata: ["file": "\(path)"])
        case .refused(let reason):
            log.error("replaced keys of session tickets are not used: those in use go on", metadata: ["reason": "\(reason)"])
        }
    }

    private func renewCertificates() {
        for (certificate, renewal) in gateway.renewCertificates() {
            var facts: Logger.Metadata = ["site": "\(certificate.site)", "file": "\(certificate.certificateFile)"]
            switch renewal {
            case .replaced(let expires):
                if let expires { facts["expires"] = "\(Timestamp.text(seconds: expires))" }
                log.notice("a certificate is replaced: new handshakes show it", metadata: facts)
            case .refused(let reason):
                facts["reason"] = "\(reason)"
                log.error("a replaced certificate is not used: what was in use goes on", metadata: facts)
            case .restored: log.notice("a certificate's files hold again what is in use", metadata: facts)
            }
        }
    }
}
