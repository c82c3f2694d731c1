package import EventLoop
import TLS

/// What an operator asks of a fleet by a command, in a process of its own: it is no member.
package actor FleetDesk {
    /// Why it could not be done.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private nonisolated let loop: EventLoop
    private let settings: FleetMemberSettings
    private let waiter: Waiter
    private let client: EtcdClient

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The actor holds its loop, which whoever runs it stops when it has ended.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// Configurations that are kept, at most; older ones are removed with a push.
    private static let mostKept = 100

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

    /// By their names.
    package func members() async throws(Failure) -> [FleetMemberView] {
        let entries = try await read(.prefix(settings.members, most: FleetMember.mostMembers))
        return try entries.map { entry throws(Failure) in
            FleetMemberView(try open(entry, as: MemberRecord.self))
        }
    }

    /// Who has the turn to get certificates; nil: nobody.
    package func renewer() async throws(Failure) -> String? {
        try await read(.key(settings.turn)).first.map { String(decoding: $0.value, as: UTF8.self) }
    }

    /// The configuration that was pushed last; nil: none was.
    package func configuration() async throws(Failure) -> FleetConfiguration? {
        try await read(.key(settings.configuration)).first.map { entry throws(Failure) in
            try open(entry, as: FleetConfiguration.self)
        }
    }

    /// All that are kept, the newest first.
    package func history() async throws(Failure) -> [FleetConfiguration] {
        let entries = try await read(.prefix(settings.history, most: Self.mostKept))
        return try entries.map { entry throws(Failure) in try open(entry, as: FleetConfiguration.self) }
            .sorted { $0.number > $1.number }
    }

    /// Has all members use this configuration.
    /// - Parameters:
    ///   - author: whose machine this is.
    ///   - time: seconds since 1970.
    /// - Returns: what was pushed.
    package func push(_ text: String, author: String, time: Int64) async throws(Failure) -> FleetConfiguration {
        guard text.utf8.count <= FleetConfiguration.maxBytes else {
            let most = FleetConfiguration.maxBytes
            throw Failure(description: "the configuration has \(text.utf8.count) bytes: \(most) are the most in a fleet")
        }
        let kept = try await read(.prefix(settings.history, most: Self.mostKept + 1)).map(\.key)
        let entry = try await read(.key(settings.configuration)).first
        let present = try entry.map { entry throws(Failure) in try open(entry, as: FleetConfiguration.self).number } ?? 0
        // Should etcd have forgotten the present one: members take no number that they had before.
        let former = kept.last.flatMap { Int($0.dropFirst(settings.history.count)) } ?? 0
        let next = FleetConfiguration(
            number: max(present, former) + 1, text: text, hash: ContentHash.hexadecimal(Array(text.utf8)), author: author,
            time: time)
        let number = String(next.number)
        let place = settings.history + String(repeating: "0", count: max(0, 12 - number.count)) + number
        guard let bytes = EtcdMessage.encode(next),
            let document = SealedDocument.seal(bytes, at: settings.configuration, with: settings.secret),
            let copy = SealedDocument.seal(bytes, at: place, with: settings.secret)
        else { throw Failure(description: "the configuration cannot be encrypted") }
        let superfluous = kept.prefix(max(0, kept.count + 1 - Self.mostKept)).map { EtcdChange.delete($0) }
        let outcome = try await asking { client throws(EtcdError) in
            try await client.transact(
                if: [.isOf(settings.configuration, revision: entry?.revision ?? 0)],
                [.put(settings.configuration, document), .put(place, copy)] + superfluous)
        }
        guard outcome.isDone else { throw Failure(description: "somebody else has pushed a configuration just now") }
        return next
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

    private func read(_ range: EtcdRange) async throws(Failure) -> [EtcdEntry] {
        try await asking { client throws(EtcdError) in try await client.read([range]).found[0] }
    }

    private func asking<Result>(
        _ question: (EtcdClient) async throws(EtcdError) -> Result
    ) async throws(Failure) -> Result {
        do throws(EtcdError) { return try await question(client) } catch { throw Failure(description: "\(error)") }
    }

    private func open<Content: Decodable>(_ entry: EtcdEntry, as type: Content.Type) throws(Failure) -> Content {
        do throws(DocumentFault) {
            let bytes = try SealedDocument.open(entry.value, at: entry.key, with: settings.secret)
            guard let content = EtcdMessage.decode(type, bytes) else { throw .malformed }
            return content
        } catch {
            throw Failure(description: "\(entry.key): \(error)")
        }
    }
}
