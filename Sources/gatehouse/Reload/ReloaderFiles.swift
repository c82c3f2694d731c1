import Configuration
import EventLoop
import Gateway
import Logging

/// Files that change while they are in use.
extension Reloader {
    /// A configuration that nobody has told of is read when it was last written so many nanoseconds ago: who writes it in place
    /// may not have done.
    static let settled: UInt64 = 5_000_000_000
    /// Until two agree; who writes all the time will close the file, which is told.
    private static let maxReadings = 20
    /// Changed files that a line of the log names.
    private static let maxNamed = 4

    /// What is to be watched.
    var watchedFiles: [String] {
        gateway.currentPlan.certificates.flatMap(\.watchedFiles)
            + [gateway.currentPlan.ticketKeyPath].compactMap { $0 }
            + (source.isWatched ? present.filesRead.paths : [])
    }

    /// What a look at the files has come to.
    struct Look {
        /// Is there to be another one when what has just been written is `settled`? The kernel may not have told of it, since it
        /// was not watched yet.
        var isToBeRepeated = false
        /// Files, not of the configuration, of which the kernel has told meanwhile: they are still to be looked at.
        var others: Set<String> = []
    }

    /// Uses certificates that have been replaced, and with `--watch` a configuration that has changed.
    /// - Parameters:
    ///   - changed: those of which the kernel has told that they were written or replaced, and are whole.
    ///   - pause: waits for a quarter of a second, and returns those of which the kernel has told until its end.
    func lookAtFiles(changed: Set<String>, pause: @Sendable () async -> Set<String>) async -> Look {
        // An exchange may have held one for longer.
        if gateway.releaseRetiredPlans() > 0 { returnMemorySoon() }
        let replaced = ReplacedFiles(gateway: gateway, log: log)
        replaced.useCertificates()
        // What was replaced before it was watched, nobody tells of.
        if let keys = gateway.currentPlan.ticketKeyPath, changed.isEmpty || changed.contains(keys) {
            replaced.useTicketKeys(keys)
        }
        guard source.isWatched else { return Look() }
        let isTold = isTold(changed)
        guard isTold || isSettled else { return Look(isToBeRepeated: true) }
        let first = await read().source
        guard !changedFiles(first).isEmpty else { return Look() }
        let (files, others) = await settledFiles(after: first, pause)
        guard !files.isEmpty else { return Look(others: others) }
        // Somebody may have begun to write meanwhile.
        guard isTold || isSettled else { return Look(isToBeRepeated: true, others: others) }
        let more = files.count > Self.maxNamed ? " and \(files.count - Self.maxNamed) more" : ""
        log.notice(
            "reloading", metadata: ["by": "a change of \(files.prefix(Self.maxNamed).joined(separator: ", "))\(more)"])
        _ = await reload()
        return Look(others: others)
    }

    /// Reads the configuration until it has stayed the same for a moment: the kernel may have told late, and by now somebody may
    /// write again.
    /// - Returns: the files that are not as they were read, and others of which the kernel has told meanwhile. What it has told
    ///   of the configuration's is done with: it has been read since.
    private func settledFiles(
        after first: ConfigurationSource, _ pause: @Sendable () async -> Set<String>
    ) async -> (files: [String], others: Set<String>) {
        var (seen, others) = (first, Set<String>())
        for _ in 0..<Self.maxReadings {
            others.formUnion(await pause())
            let again = await read().source
            guard again != seen else { break }
            seen = again
        }
        others.subtract(seen.paths + seen.directories + present.filesRead.paths + present.filesRead.directories)
        return (changedFiles(seen), others)
    }

    /// Directories in which any file may be one more, or one less, of the configuration's.
    var watchedDirectories: [String] { source.isWatched ? present.filesRead.directories : [] }

    private func isTold(_ changed: Set<String>) -> Bool {
        let files = present.filesRead
        return files.paths.contains(where: changed.contains) || files.directories.contains(where: changed.contains)
    }

    private var isSettled: Bool {
        let modified = present.filesRead.files.compactMap { FileAccess.modified($0.path) }
        guard let latest = modified.max(), FileAccess.modified(source.path) != nil else { return false }
        return realtimeNanoseconds() > latest &+ Self.settled
    }

    /// Those that are not as they were read. If the configuration's own has vanished, or cannot be read, none has changed: it is
    /// about to be replaced, most likely.
    private func changedFiles(_ now: ConfigurationSource) -> [String] {
        now.isEmpty ? [] : now.changedFiles(since: present.filesRead)
    }
}
