package import ACME
import EventLoop
import Logging
import TLS

/// Certificates: one member at a time asks authorities, and all have what it gets.
extension FleetMember: RenewalSharing {
    /// - Parameter body: is told what others have done; see `RenewalSharing`.
    package func onEvent(_ body: (@Sendable (RenewalEvent) async -> Void)?) {
        eventHandler = body
        // What has come before is told anew.
        (pulled, knownChanges) = (0, nil)
        proofsInUse = nil
        forgetDemands()
        wantsTurn = wantsTurn && body != nil
        lookSoon()
    }

    /// Whether it is this member's turn; see `RenewalSharing`.
    package func hasTurn() -> Bool {
        if !wantsTurn {
            wantsTurn = true
            lookSoon()
        }
        return turn != nil && loop.now < leaseEnd && isCurrent
    }

    /// Has all others have these files; see `RenewalSharing`.
    package func share(_ files: [String: [UInt8]?]) async throws(ACMEError) {
        guard let turn else { throw .storage("it is another member's turn to get certificates") }
        var changes: [(path: String, change: EtcdChange)] = []
        for (path, content) in files.sorted(by: { $0.key < $1.key }) where known[path] != FileMark(content) {
            if content == nil, known[path] == nil { continue }
            let place = settings.files + path
            guard let sealed = SealedDocument.seal(SharedFile.bytes(content), at: place, with: settings.secret) else {
                throw .storage("nothing can be encrypted: OpenSSL has no randomness or no memory")
            }
            changes.append((path, .put(place, sealed)))
        }
        // With nothing to tell, it is asked whose turn it is.
        repeat {
            let part = Array(changes.prefix(Self.filesAtOnce))
            changes.removeFirst(part.count)
            try await commit(files: part, turn)
        } while !changes.isEmpty
        for (path, content) in files { known[path] = FileMark(content) }
    }

    private func commit(files part: [(path: String, change: EtcdChange)], _ turn: Int64) async throws(ACMEError) {
        if part.isEmpty {
            try await commit([], turn)
            return
        }
        let news = recentChanges.adding(part.map(\.path))
        let told = try change(to: news)
        do throws(ACMEError) {
            let revision = try await commit(part.map(\.change) + [told], turn)
            (recentChanges, seenChanges) = (news, revision)
        } catch {
            // It may have been done all the same: the next number must be none that somebody knows.
            recentChanges = recentChanges.forgetting
            throw error
        }
    }

    private func change(to news: RecentChanges) throws(ACMEError) -> EtcdChange {
        guard let bytes = EtcdMessage.encode(news),
            let sealed = SealedDocument.seal(bytes, at: settings.recentChanges, with: settings.secret)
        else { throw .storage("nothing can be encrypted: OpenSSL has no randomness or no memory") }
        return .put(settings.recentChanges, sealed)
    }

    /// Has all others show these proofs; see `RenewalSharing`.
    package func show(_ proofs: SharedProofs) async throws(ACMEError) {
        guard let turn else { throw .storage("it is another member's turn to get certificates") }
        guard let text = EtcdMessage.encode(proofs),
            let sealed = SealedDocument.seal(text, at: settings.proofs, with: settings.secret)
        else { throw .storage("the proofs cannot be encrypted") }
        let isNone = proofs == SharedProofs()
        let revision = try await commit([isNone ? .delete(settings.proofs) : .put(settings.proofs, sealed, lease: lease)], turn)
        if !isNone { await waitForOthers(revision) }
    }

    /// Documents in one transaction; etcd takes 128 changes and 1.5 MiB.
    private static let filesAtOnce = 8
    /// So long, in nanoseconds, others may take to show proofs. Who is slower may be asked in vain, and authorities ask again.
    private static let proofTimeout: UInt64 = 3_000_000_000

    /// - Returns: the revision that the changes are of.
    @discardableResult
    func commit(_ changes: [EtcdChange], _ turn: Int64) async throws(ACMEError) -> Int64 {
        let outcome: EtcdOutcome
        do {
            outcome = try await withTaskExecutorPreference(loop) {
                try await sharingClient.transact(if: [.wasMade(settings.turn, revision: turn)], changes)
            }
        } catch {
            throw .storage("the fleet's certificates cannot be kept: \(error)")
        }
        guard outcome.isDone else {
            loseTurn()
            throw .storage("it is another member's turn to get certificates by now")
        }
        if !changes.isEmpty {
            log.debug("written in this member's turn", metadata: ["turn": "\(turn)", "revision": "\(outcome.revision)"])
        }
        return outcome.revision
    }

    /// Until all members show the proofs of a revision.
    private func waitForOthers(_ revision: Int64) async {
        let end = loop.now &+ Self.proofTimeout
        await withTaskExecutorPreference(loop) {
            while loop.now < end, !isStopped {
                guard let found = try? await sharingClient.read([.prefix(settings.members, most: Self.mostMembers)]).found[0]
                else { return }
                let others = records(of: found).filter { $0.member != settings.member && $0.follows }
                if others.allSatisfy({ $0.proofs >= revision }) { return }
                _ = await sharingWaiter.wait(timeout: 50_000_000)
            }
        }
    }

    static let mostMembers = 1000

    // MARK: Looking

    /// Takes the turn if nobody has it, or notes that it is somebody else's.
    func follow(turn found: EtcdEntry?) async throws(EtcdError) {
        if let found {
            guard found.created == turn else {
                loseTurn()
                // Etcd's answer has not reached us, who have made it: nobody else's hangs on our lease.
                return isOnOurLease(found) ? begin(turn: found.created) : ()
            }
            guard !wantsTurn else { return }
            // Nobody here gets certificates any more: others need not wait for our end.
            _ = try await client.transact(if: [.wasMade(settings.turn, revision: found.created)], [.delete(settings.turn)])
            return loseTurn()
        }
        loseTurn()
        guard wantsTurn, lease != 0, eventHandler != nil, nameHolder == nil, turnPause <= loop.now else { return }
        let outcome = try await client.transact(
            if: [.wasMade(settings.turn, revision: 0)], [.put(settings.turn, Array(settings.member.utf8), lease: lease)])
        guard outcome.isDone else { return lookSoon() }
        begin(turn: outcome.revision)
    }

    /// Lets another member have it, if there is one that wants it and whose disk takes what others have got.
    /// See `RenewalSharing`.
    package func giveUpTurn(_ reason: String) async {
        guard let turn else { return }
        do {
            let heir = try await withTaskExecutorPreference(loop) { try await giveUp(turn) }
            guard let heir else { return }
            turnPause = loop.now &+ Self.turnRest
            loseTurn()
            log.warning(
                "the turn to get certificates is given up: this member cannot keep them",
                metadata: ["fleet": "\(settings.name)", "reason": "\(reason)", "heir": "\(heir)", "key": "server.state_dir"])
        } catch {
            log.debug("the turn could not be given up", metadata: ["reason": "\(error)"])
        }
    }

    /// So long, in nanoseconds, who has given it up leaves it to others.
    private static let turnRest: UInt64 = 60_000_000_000

    /// - Returns: who could have it; nil: nobody, and it is kept.
    private func giveUp(_ turn: Int64) async throws(EtcdError) -> String? {
        let found = try await sharingClient.read([.prefix(settings.members, most: Self.mostMembers)]).found[0]
        let heir = records(of: found).first { record in
            record.member != settings.member && record.follows && record.wantsTurn == true
                && !record.problems.contains { $0.hasPrefix("\(Self.disk): ") }
        }
        guard let heir else { return nil }
        // If it is another's by now, it is given up as well.
        _ = try await sharingClient.transact(if: [.wasMade(settings.turn, revision: turn)], [.delete(settings.turn)])
        return heir.member
    }

    /// Those that can be read.
    func records(of entries: [EtcdEntry]) -> [MemberRecord] {
        entries.compactMap { entry in
            (try? SealedDocument.open(entry.value, at: entry.key, with: settings.secret))
                .flatMap { EtcdMessage.decode(MemberRecord.self, $0) }
        }
    }

    private func begin(turn revision: Int64) {
        turn = revision
        // All that others have got is here before anybody is asked for anything.
        isCurrent = false
        log.notice(
            "it is this member's turn to get certificates",
            metadata: ["fleet": "\(settings.name)", "member": "\(settings.member)"])
        lookSoon()
    }

    func loseTurn() {
        guard turn != nil else { return }
        turn = nil
        isCurrent = false
        // What was written here meanwhile is not what counts.
        (pulled, knownChanges) = (0, nil)
        known = [:]
        log.notice("it is another member's turn to get certificates", metadata: ["fleet": "\(settings.name)"])
    }

    /// Takes over files that others have written.
    /// - Parameters:
    ///   - news: which have changed lately; nil: the same as at the last look, or nobody has said it.
    ///   - revision: that it was read at.
    ///   - hadTurn: whether it was our turn before it was read.
    func follow(files news: EtcdEntry?, revision: Int64, hadTurn: Bool) async throws(EtcdError) {
        var isKnown = true
        // One that we have written meanwhile is newer than what was read before.
        if let news, news.revision > seenChanges {
            let found = opened(news, as: { EtcdMessage.decode(RecentChanges.self, $0) })
            isKnown = found != nil
            if let found { (recentChanges, seenChanges) = (found, news.revision) }
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
        let last = recentChanges.last
        if isKnown, let paths = recentChanges.since(knownChanges) {
            try await read(paths) { take($0) }
        } else {
            try await readAll { take($0) }
        }
        say(problem)
        // What the disk has not taken is read again with the next look.
        if problem == nil { (pulled, knownChanges) = (revision, last) }
        let becomesCurrent = hadTurn && turn != nil && !isCurrent && problem == nil
        isCurrent = isCurrent || becomesCurrent
        if !changed.isEmpty { await eventHandler(.files(changed)) }
        if becomesCurrent { await eventHandler(.turn) }
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
        while true {
            // Without a revision etcd stops reading where a page ends.
            let found = try await client.read([
                .prefix(settings.files, since: pulled > 0 ? pulled + 1 : 0, most: Self.filesOfPage, after: last)
            ])
            for entry in found.found[0] { body(entry) }
            guard found.isCut, let end = found.found[0].last else { return }
            last = end.key
        }
    }

    static let filesOfPage = 100

    /// Others' files cannot be written here, or can be again.
    private func say(_ problem: ACMEError?) {
        let words = problem.map { "server.state_dir: \($0)" }
        guard complaints[Self.disk] != words else { return }
        complaints[Self.disk] = words
        if let problem {
            log.error("the fleet's state cannot be kept", metadata: ["reason": "\(problem)", "help": "\(problem.hint)"])
        } else {
            log.notice("the fleet's state can be kept again", metadata: ["fleet": "\(settings.name)"])
        }
    }

    /// What complaints of the disk go by.
    private static let disk = "server.state_dir"

    /// - Returns: the path of what is another file now; nil if nothing is.
    private func takeOver(_ entry: EtcdEntry) throws(ACMEError) -> String? {
        let path = String(entry.key.dropFirst(settings.files.count))
        guard SharedFile.isPath(path), let content = opened(entry, as: SharedFile.content) else { return nil }
        let mark = FileMark(content)
        guard known[path] != mark else { return nil }
        let directory = StateDirectory(settings.stateDirectory)
        let isNew = try directory.read(path) != content
        if let content { if isNew { try directory.write(content, to: path) } } else { try directory.remove(path) }
        known[path] = mark
        return isNew ? path : nil
    }

    /// Shows what others prove names with.
    func follow(proofs entry: EtcdEntry?) async {
        guard let eventHandler, turn == nil, entry?.revision != proofsInUse else { return }
        if let entry {
            guard let proofs = opened(entry, as: { EtcdMessage.decode(SharedProofs.self, $0) }) else { return }
            await eventHandler(.proofs(proofs))
        } else {
            await eventHandler(.proofs(SharedProofs()))
        }
        proofsInUse = entry?.revision
    }
}
