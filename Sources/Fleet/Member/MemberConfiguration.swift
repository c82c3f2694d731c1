import ACME
import EventLoop
import Logging

/// The configuration that all members have in common.
extension FleetMember {
    /// The fleet's configurations, as far as they have come here; by their numbers, where 0 is none.
    struct Configurations {
        /// The revision of the document that was looked at last.
        var seenRevision: Int64 = 0
        /// The last one that was looked at.
        var last = 0
        var inUse = 0
        /// What tells the text in use apart.
        var hashInUse = ""
        /// What was in use before.
        var former = 0
        /// The one that was refused, and why.
        var refused: (number: Int, reason: String)?
        /// The one in use, if the disk has not taken it.
        var unkept: FleetConfiguration?
        /// Brings one into use.
        var applying: Task<Void, Never>?
        /// The one whose answers are watched.
        var watched = 0
        /// How answers have become worse since it is in use; nil: they have not, or it was said.
        var badAnswers: String?
    }

    /// Begins with the last one that is known, so that a member which starts without etcd has it, too.
    func useKeptConfiguration() {
        guard let kept = try? StateDirectory(settings.stateDirectory).read(settings.configurationFile) else { return }
        follow(configuration: EtcdEntry(key: settings.configuration, value: kept, revision: 0, created: 0), isKept: true)
    }

    /// - Parameters:
    ///   - entry: the document; nil: nothing was pushed yet, or etcd has forgotten it.
    ///   - isKept: whether it is from the disk.
    func follow(configuration entry: EtcdEntry?, isKept: Bool = false) {
        guard let entry, isKept || entry.revision != configurations.seenRevision else { return }
        guard let found = opened(entry, as: { EtcdMessage.decode(FleetConfiguration.self, $0) }) else { return }
        configurations.seenRevision = entry.revision
        guard found.number > configurations.last else {
            // One that a roll-out has brought here is ahead of what all use.
            if found.number < configurations.last, rollout?.isRunning != true || rollout?.number != configurations.last {
                log.warning(
                    "etcd has an older configuration than this member: it is not taken up",
                    metadata: ["fleet": "\(settings.name)", "etcd": "\(found.number)", "here": "\(configurations.last)"])
            }
            return
        }
        take(found, isKept: isKept)
    }

    /// Brings it into use, when what was begun before has ended.
    func take(_ found: FleetConfiguration, isKept: Bool = false) {
        configurations.last = found.number
        // Not awaited: using it may end this member, which has then to be waited for.
        let (before, deployment) = (configurations.applying, deployment)
        let rule = rollout.flatMap { $0.isRunning && $0.number == found.number ? $0.terms.rule : nil }
        if rule != nil { (configurations.watched, configurations.badAnswers) = (found.number, nil) }
        configurations.applying = Task {
            await before?.value
            if let rule { await deployment.watch(rule) { [weak self] reason in await self?.note(badAnswers: reason) } }
            let reason = await deployment.use(configuration: found)
            self.applied(found, reason, isKept: isKept)
        }
    }

    private func applied(_ found: FleetConfiguration, _ reason: String?, isKept: Bool) {
        if let reason {
            configurations.refused = (found.number, reason)
            log.error(
                "the fleet's configuration is refused: what was in use goes on",
                metadata: ["fleet": "\(settings.name)", "number": "\(found.number)", "reason": "\(reason)"])
        } else {
            configurations.former = configurations.inUse
            (configurations.inUse, configurations.hashInUse) = (found.number, found.hash)
            configurations.refused = nil
            var facts: Logger.Metadata = [
                "fleet": "\(settings.name)", "number": "\(found.number)", "hash": "\(found.hash.prefix(12))",
                "author": "\(found.author)",
            ]
            if !isKept {
                configurations.unkept = found
                facts["kept"] = keepConfiguration().map { "no: \($0)" }
            }
            log.notice("the fleet's configuration is in use", metadata: facts)
        }
        lookSoon()
    }

    /// Keeps the configuration in use on the disk, for a start without etcd.
    /// - Returns: why it does not; nil: it does. It is tried again with each look.
    @discardableResult
    func keepConfiguration() -> String? {
        guard let found = configurations.unkept, let bytes = EtcdMessage.encode(found),
            let sealed = SealedDocument.seal(bytes, at: settings.configuration, with: settings.secret)
        else { return nil }
        do throws(ACMEError) {
            try StateDirectory(settings.stateDirectory).write(sealed, to: settings.configurationFile)
            configurations.unkept = nil
            return nil
        } catch {
            return "\(error)"
        }
    }
}
