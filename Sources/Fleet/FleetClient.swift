package import EventLoop
import TLS

/// What an operator asks of a fleet by a command goes by this client, in a process of its own: it is no member.
package actor FleetClient {
    /// Why it could not be done.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    nonisolated let loop: EventLoop
    let settings: FleetMemberSettings
    let waiter: Waiter
    let client: EtcdClient

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The actor holds its loop, which whoever runs it stops when it has ended.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// Configurations that are kept, at most; older ones are removed with a push.
    private static let maxKept = 100
    /// Of them, those that are read at once: as large as they may be, all together are more than an answer of etcd's may have.
    private static let maxReadAtOnce = 8

    /// - Parameter loop: started, and this actor's alone; every call is made in a task that prefers it.
    package init(_ settings: FleetMemberSettings, loop: EventLoop) {
        self.settings = settings
        self.loop = loop
        waiter = Waiter(loop: loop)
        client = EtcdClient(settings.etcd, waiter)
    }

    /// Nothing may be asked any more.
    package func close() {
        client.close()
        waiter.retire()
    }

    /// The members, sorted by name.
    package func members() async throws(Failure) -> [FleetMemberView] {
        let entries = try await read(.prefix(settings.members, most: FleetMember.maxMembers))
        return try entries.map { entry throws(Failure) in
            FleetMemberView(try open(entry, as: MemberRecord.self))
        }
    }

    /// The member that leads, and gets certificates; nil: none does.
    package func leader() async throws(Failure) -> String? {
        try await read(.key(settings.leader)).first.map { String(decoding: $0.value, as: UTF8.self) }
    }

    /// The configuration that was pushed last; nil: none was.
    package func configuration() async throws(Failure) -> FleetConfiguration? {
        try await read(.key(settings.configuration)).first.map { entry throws(Failure) in
            try open(entry, as: FleetConfiguration.self)
        }
    }

    /// All that are kept, the newest first.
    package func history() async throws(Failure) -> [FleetConfiguration] {
        var entries: [EtcdEntry] = []
        while entries.count < Self.maxKept {
            let last = entries.last?.key ?? ""
            let found = try await asking { client throws(EtcdError) in
                try await client.read([.prefix(settings.history, most: Self.maxReadAtOnce, after: last)])
            }
            entries += found.found[0]
            guard found.isCut, !found.found[0].isEmpty else { break }
        }
        return try entries.map { entry throws(Failure) in try open(entry, as: FleetConfiguration.self) }
            .sorted { $0.number > $1.number }
    }

    /// Makes all members use this configuration.
    /// - Parameters:
    ///   - author: whose machine this is.
    ///   - time: seconds since 1970.
    /// - Returns: what was pushed.
    package func push(_ text: String, author: String, time: Int64) async throws(Failure) -> FleetConfiguration {
        try check(text)
        let prepared = try await prepare(text, author: author, time: time)
        guard let document = SealedDocument.seal(prepared.bytes, at: settings.configuration, with: settings.secret) else {
            throw Failure(description: "the configuration cannot be encrypted")
        }
        let isDone = try await asking { client throws(EtcdError) in
            try await client.put(document, at: settings.configuration, if: prepared.conditions, with: prepared.changes)
        }
        guard isDone else { throw Failure(description: "somebody else has pushed a configuration just now") }
        return prepared.next
    }

    func check(_ text: String) throws(Failure) {
        guard text.utf8.count <= FleetConfiguration.maxBytes else {
            let most = FleetConfiguration.maxBytes
            throw Failure(description: "the configuration has \(text.utf8.count) bytes: \(most) are the most in a fleet")
        }
    }

    /// What a push is made of, whoever uses it first.
    struct Prepared {
        var next: FleetConfiguration
        var bytes: [UInt8]
        /// The conditions that nobody has pushed anything since, and that no roll-out has begun.
        var conditions: [EtcdCondition]
        /// Puts it into the history.
        var changes: [EtcdChange]
        /// What all use; nil: nothing was pushed yet.
        var base: Int?
        var rollout: RolloutStore.Present?
    }

    /// - Throws: also if a roll-out is under way.
    func prepare(_ text: String, author: String, time: Int64) async throws(Failure) -> Prepared {
        let found = try await asking { client throws(EtcdError) in
            try await client.read([
                .keys(settings.history, most: Self.maxKept + 1), .key(settings.configuration), .key(settings.rollout),
            ]).found
        }
        let (kept, entry) = (found[0].map(\.key), found[1].first)
        let rollout = try found[2].first.map { entry throws(Failure) in
            RolloutStore.Present(rollout: try open(entry, as: FleetRollout.self), revision: entry.revision)
        }
        if let running = rollout?.rollout, running.isRunning {
            let reason = "a roll-out is under way: \(running.summary). gatehouse fleet rollback undoes it."
            throw Failure(description: reason)
        }
        let present = try entry.map { entry throws(Failure) in try open(entry, as: FleetConfiguration.self).number }
        // Should etcd have forgotten the present one: members take no number that they had before.
        let former = kept.last.flatMap { Int($0.dropFirst(settings.history.count)) } ?? 0
        let last = max(present ?? 0, former)
        // Keys are not encrypted, and anybody who can write to etcd can make one.
        guard last < FleetConfiguration.maxNumber else {
            let key = present == last ? settings.configuration : kept.last ?? ""
            throw Failure(
                description: "no configuration has the number \(last), which etcd has at \(key): remove that key (etcdctl del)")
        }
        let next = FleetConfiguration(
            number: last + 1, text: text, hash: ContentHash.hexadecimal(Array(text.utf8)), author: author, time: time)
        let key = settings.history(next.number)
        guard let bytes = EtcdMessage.encode(next), let copy = SealedDocument.seal(bytes, at: key, with: settings.secret)
        else { throw Failure(description: "the configuration cannot be encrypted") }
        let superfluous = kept.prefix(max(0, kept.count + 1 - Self.maxKept)).map { EtcdChange.delete($0) }
        return Prepared(
            next: next, bytes: bytes,
            conditions: [
                .isOf(settings.configuration, revision: entry?.revision ?? 0),
                .isOf(settings.rollout, revision: rollout?.revision ?? 0),
            ], changes: [.put(key, copy)] + superfluous, base: present, rollout: rollout)
    }

    /// Waits until each member uses a configuration, or has refused it.
    /// - Parameters:
    ///   - number: of the configuration.
    ///   - seconds: no longer than this.
    /// - Returns: the members as they are then.
    package func settled(_ number: Int, within seconds: UInt64) async throws(Failure) -> [FleetMemberView] {
        let end = loop.now + seconds * 1_000_000_000
        while true {
            let found = try await members()
            if found.allSatisfy({ $0.configuration >= number || ($0.refused?.number ?? 0) >= number }) || loop.now >= end {
                return found
            }
            _ = await waiter.wait(timeout: 100_000_000)
        }
    }

    // MARK: -

    func read(_ range: EtcdRange) async throws(Failure) -> [EtcdEntry] {
        try await asking { client throws(EtcdError) in try await client.read([range]).found[0] }
    }

    func asking<Result>(
        _ question: (EtcdClient) async throws(EtcdError) -> Result
    ) async throws(Failure) -> Result {
        do throws(EtcdError) { return try await question(client) } catch { throw Failure(description: "\(error)") }
    }

    func open<Content: Decodable>(_ entry: EtcdEntry, as type: Content.Type) throws(Failure) -> Content {
        do throws(DocumentFault) {
            let bytes = try SealedDocument.open(entry.value, at: entry.key, with: settings.secret)
            guard let content = EtcdMessage.decode(type, bytes) else { throw .malformed }
            return content
        } catch {
            throw Failure(description: "\(entry.key): \(error)")
        }
    }
}
