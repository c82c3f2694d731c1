import Configuration
import EventLoop
import FoundationEssentials
import Gateway
import Logging
import TLS

/// Configurations that were in use, and the way back to them.
extension Reloader {
    /// The history of this file's configurations: gateways of several files may share a state directory.
    var history: ConfigurationHistory {
        let path = source.path.hasPrefix("/") ? source.path : FileManager.default.currentDirectoryPath + "/" + source.path
        let name = ContentHash.hexadecimal(Array(path.utf8)).prefix(12)
        return ConfigurationHistory(
            directory: "\(configuration.stateDirectoryInUse)/history/\(name)", maxEntries: configuration.admin.history)
    }

    /// The gateway serves its first configuration.
    func begin() async {
        remember(sourceInUse)
        let watch = RollbackMonitor(gateway, on: loop) { [weak self] reason in await self?.rollBack(reason) }
        answerWatch = watch
        await watch.reloaded(configuration.admin.rollbackOn, .never)
    }

    /// A configuration has come into use. That it cannot be kept harms nobody.
    func remember(_ texts: ConfigurationSource) {
        present.note(texts)
        guard configuration.admin.history > 0 else { return }
        do throws(SystemError) {
            try history.add(texts.text, hash: hashInUse, time: Int64(realtimeNanoseconds() / 1_000_000))
            historyFailure = nil
        } catch {
            let failure = "\(history.directory): \(error)"
            guard failure != historyFailure else { return }
            historyFailure = failure
            // Nobody has asked for the standard directory, and not everybody may write to it.
            log.log(
                level: configuration.namesStateDirectory ? .warning : .info, "the configuration cannot be kept in the history",
                metadata: [
                    "reason": "\(failure)", "help": "name a directory with [server] state_dir, or set [admin] history = 0",
                ])
        }
    }

    /// Uses a configuration of the history.
    /// - Parameter prefix: of its hash; nil: the last one before the one in use.
    /// - Throws: when the history does not have it.
    func rollBack(to prefix: String?) async throws(ConfigurationHistory.Failure) -> Outcome {
        if let refusal = refuseWhileDraining() { return refusal }
        do throws(ConfigurationHistory.Failure) {
            guard let wanted = prefix ?? history.entries.first(where: { $0.hash != hashInUse })?.hash else {
                throw ConfigurationHistory.Failure(description: "the history has no other configuration than the one in use")
            }
            let (entry, text) = try history.text(of: wanted)
            var texts = ConfigurationSource(whole: text, file: entry.path)
            if texts.files.count > 1 { texts.remark = " (as in \(entry.path))" }
            return await use(texts, because: "gone back to by order")
        } catch {
            log.error("the rollback is refused: what was in use goes on", metadata: ["reason": "\(error)"])
            throw error
        }
    }

    /// Answers have become worse since the last reload.
    private func rollBack(_ reason: String) async {
        guard var previous = present.previous else { return }
        previous.remark = " (as it was before)"
        let bad = hashInUse
        log.notice("going back", metadata: ["by": "admin.rollback_on", "reason": "\(reason)"])
        switch await undo(bad, by: previous, because: "gone back to, since answers had become worse: \(reason)") {
        case .done:
            log.error("the reload is undone: answers have become worse", metadata: ["reason": "\(reason)"])
            await rolledBack?(bad, reason)
        case .refused:
            log.error("the reload is not undone, though answers have become worse", metadata: ["reason": "\(reason)"])
        case nil: log.notice("the reload is not undone: another configuration is in use by now")
        }
    }
}
