package import ACME
import EventLoop
import Logging
import TLS

/// Files of the state directory, which all members have as their leader has written them.
extension FleetMember {
    /// Gives all others these files; see `RenewalSharing`.
    package func share(_ files: [String: [UInt8]?]) async throws(ACMEError) {
        let term = try requireTerm()
        var changes: [(path: String, change: EtcdChange)] = []
        for (path, content) in files.sorted(by: { $0.key < $1.key }) where sharedFiles.differs(content, at: path) {
            let key = settings.files + path
            guard let sealed = SealedDocument.seal(SharedFile.bytes(content), at: key, with: settings.secret) else {
                throw .storage("nothing can be encrypted: OpenSSL has no randomness or no memory")
            }
            changes.append((path, .put(key, sealed)))
        }
        // With nothing to tell, it is asked who leads.
        repeat {
            let part = Array(changes.prefix(Self.filesAtOnce))
            changes.removeFirst(part.count)
            try await commit(files: part, in: term)
        } while !changes.isEmpty
        for (path, content) in files { sharedFiles.noteShared(content, at: path) }
    }

    private func commit(files part: [(path: String, change: EtcdChange)], in term: Int64) async throws(ACMEError) {
        if part.isEmpty {
            try await commit([], in: term)
            return
        }
        let news = sharedFiles.recentChanges.adding(part.map(\.path))
        let document = try change(to: news)
        do throws(ACMEError) {
            let revision = try await commit(part.map(\.change) + [document], in: term)
            sharedFiles.note(news, of: revision)
        } catch {
            sharedFiles.forgetRecentChanges()
            throw error
        }
    }

    private func change(to news: RecentChanges) throws(ACMEError) -> EtcdChange {
        guard let bytes = EtcdMessage.encode(news),
            let sealed = SealedDocument.seal(bytes, at: settings.recentChanges, with: settings.secret)
        else { throw .storage("nothing can be encrypted: OpenSSL has no randomness or no memory") }
        return .put(settings.recentChanges, sealed)
    }

    /// Documents in one transaction; etcd takes 128 changes and 1.5 MiB.
    private static let filesAtOnce = 8

    // MARK: Looking

    /// Takes over files that others have written.
    /// - Parameters:
    ///   - news: which have changed lately; nil: the same as at the last look, or nobody has said it.
    ///   - revision: that it was read at.
    ///   - wasLeader: whether our term had begun before it was read.
    func follow(files news: EtcdEntry?, revision: Int64, wasLeader: Bool) async throws(EtcdError) {
        var isKnown = true
        // One that we have written meanwhile is newer than what was read before.
        if let news, news.revision > sharedFiles.seenRevision {
            let found = opened(news, as: { EtcdMessage.decode(RecentChanges.self, $0) })
            isKnown = found != nil
            if let found { sharedFiles.note(found, of: news.revision) }
        }
        guard let eventHandler else { return }
        var changed: Set<String> = []
        var problem: ACMEError?
        func take(_ entry: EtcdEntry) {
            do throws(ACMEError) {
                if let path = try takeOver(entry) { changed.insert(path) }
            } catch {
                problem = problem ?? error
            }
        }
        let last = sharedFiles.recentChanges.last
        if isKnown, let paths = sharedFiles.changedPaths {
            try await read(paths) { take($0) }
        } else {
            try await readAll { take($0) }
        }
        say(problem)
        // What the disk has not taken is read again with the next look.
        if problem == nil { sharedFiles.noteTaken(last, at: revision) }
        let becomesCurrent = wasLeader && leadership.term != nil && !leadership.isCurrent && problem == nil
        leadership.isCurrent = leadership.isCurrent || becomesCurrent
        if !changed.isEmpty { await eventHandler(.files(changed)) }
        if becomesCurrent { await eventHandler(.leadership) }
    }

    /// These files, as far as they are there.
    private func read(_ paths: [String], _ body: (EtcdEntry) -> Void) async throws(EtcdError) {
        for start in stride(from: 0, to: paths.count, by: Self.filesOfPage) {
            let page = paths[start..<min(start + Self.filesOfPage, paths.count)]
            for found in try await client.read(page.map { EtcdRange.key(settings.files + $0) }).found {
                if let entry = found.first { body(entry) }
            }
        }
    }

    /// All files, or those since the last time.
    private func readAll(_ body: (EtcdEntry) -> Void) async throws(EtcdError) {
        var last = ""
        let began = loop.now
        var (count, bytes) = (0, 0)
        while true {
            // Without a revision etcd stops reading where a page ends.
            let since = sharedFiles.pulled > 0 ? sharedFiles.pulled + 1 : 0
            let found = try await client.read([.prefix(settings.files, since: since, most: Self.filesOfPage, after: last)])
            for entry in found.found[0] {
                bytes += entry.value.count
                body(entry)
            }
            guard found.isCut, let end = found.found[0].last else { return }
            last = end.key
            count += found.found[0].count
            if let refusal = settings.filesLimit.refusal(files: count, bytes: bytes, time: loop.now - began) {
                throw .malformed(refusal)
            }
        }
    }

    static let filesOfPage = 100

    /// Others' files cannot be written here, or can be again.
    private func say(_ problem: ACMEError?) {
        guard complaints.note(problem.map { "\($0)" }, of: Self.disk) else { return }
        if let problem {
            log.error("the fleet's state cannot be kept", metadata: ["reason": "\(problem)", "help": "\(problem.hint)"])
        } else {
            log.notice("the fleet's state can be kept again", metadata: ["fleet": "\(settings.name)"])
        }
    }

    /// What complaints of the disk go by.
    static let disk = "server.state_dir"

    /// - Returns: the path of what is another file now; nil if nothing is.
    private func takeOver(_ entry: EtcdEntry) throws(ACMEError) -> String? {
        let path = String(entry.key.dropFirst(settings.files.count))
        guard SharedFile.isPath(path), let content = opened(entry, as: SharedFile.content) else { return nil }
        return try sharedFiles.take(content, at: path, into: StateDirectory(settings.stateDirectory)) ? path : nil
    }
}
