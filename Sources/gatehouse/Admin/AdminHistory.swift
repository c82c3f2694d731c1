import Gateway
import Logging
import Messages

/// The configurations that were in use, the newest first.
struct AdminHistory: Codable, Sendable {
    struct Entry: Codable, Sendable {
        /// SHA-256 of the file, in hexadecimal.
        var hash: String
        /// When it came into use last, in RFC 3339.
        var time: String
        var file: String
        var isCurrent: Bool
        /// Why it cannot be used; nil if it can.
        var problem: String?
    }

    /// The state directory's.
    var directory: String
    var entries: [Entry]
    /// Why the last one could not be kept; nil if it could, or if none is to be kept.
    var problem: String?
}

/// What to go back to.
struct AdminRollback: Codable, AdminOrder, Sendable {
    enum CodingKeys: String, CodingKey, CaseIterable { case hash }

    /// The beginning of the hash.
    var hash: String
}

extension AdminResources {
    func history() async -> ServiceAnswer {
        guard let reloader else { return Self.noFile }
        let (history, current) = (await reloader.history, await reloader.hashInUse)
        return .json(
            AdminHistory(
                directory: history.directory,
                entries: history.entries.map { entry in
                    AdminHistory.Entry(
                        hash: entry.hash, time: Timestamp.text(seconds: entry.time / 1000), file: entry.path,
                        isCurrent: entry.hash == current, problem: history.problem(of: entry))
                }, problem: await reloader.historyFailure))
    }

    /// - Parameter hash: its beginning; nil: of the one before the one in use.
    func rollBack(to hash: String?) async -> ServiceAnswer {
        guard let reloader else { return Self.noFile }
        log.notice("going back", metadata: ["by": "the admin socket"])
        do throws(ConfigurationHistory.Failure) {
            return answer(try await reloader.rollBack(to: hash))
        } catch {
            return .problem(422, "the rollback is refused: \(error)")
        }
    }
}
