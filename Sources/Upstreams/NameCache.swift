package import EventLoop
package import Transport

/// One worker's knowledge of names: each is looked up when it is first needed, and again when its answer is too old.
package final class NameCache {
    /// How names are looked up and how long answers are believed.
    package struct Settings: Sendable, Equatable {
        package var resolver = Resolver.Settings()
        /// The bounds of an answer's lifetime, in nanoseconds.
        package var minLife: UInt64 = 1_000_000_000
        package var maxLife: UInt64 = 300_000_000_000

        package init() {}
    }

    package let settings: Settings
    let loop: EventLoop
    private var resolver: Resolver?
    private var names: [String: CachedName] = [:]

    package init(_ settings: Settings = Settings(), loop: EventLoop) {
        self.settings = settings
        self.loop = loop
    }

    deinit {
        // A plan with other settings has another cache.
        close()
    }

    /// The one entry of a name: servers that share a name share its answers.
    func name(_ name: String) -> CachedName {
        if let known = names[name] { return known }
        let new = CachedName(name, of: self)
        names[name] = new
        return new
    }

    /// Looks a name up. The resolver is made when there is a name to ask for: most gateways have none.
    func ask(_ name: String, outcome: @escaping Resolver.Outcome) {
        do throws(TransportError) {
            let resolver: Resolver
            if let made = self.resolver { resolver = made } else { resolver = try Resolver(settings.resolver, loop: loop) }
            self.resolver = resolver
            resolver.ask(name, outcome: outcome)
        } catch {
            outcome(.failure(error))
        }
    }

    /// Ends the look-ups that are under way; none can be begun after.
    package func close() { resolver?.close() }
}

/// A name in a worker's cache, and those who wait for its answer.
final class CachedName {
    private let name: String
    private unowned let cache: NameCache
    private let bounds: NameRecord.Bounds
    private var record = NameRecord()
    /// When the look-up that is under way began; nil if none is.
    private var askedAt: UInt64?
    private var lastAsked: UInt64 = 0
    private var waiting: [Waiter] = []

    init(_ name: String, of cache: NameCache) {
        self.name = name
        self.cache = cache
        bounds = NameRecord.Bounds(minLife: cache.settings.minLife, maxLife: cache.settings.maxLife)
    }

    /// Why the last look-up came to nothing; nil if it did not.
    var failure: String? { record.failure }

    /// What is known now, without ports; empty if nothing is.
    var known: [SocketAddress] { record.addresses }

    /// Counts the changes of its addresses: another number means other addresses.
    private(set) var version = 0

    /// Looks it up again if its addresses are too old: for those who use connections to them, and would not ask otherwise.
    func refresh(now: UInt64) {
        if record.isDue(at: now), askedAt == nil { ask() }
    }

    /// Whoever has old addresses waits no longer for new ones, counted from the question.
    private static let maxWaitForFresh: UInt64 = 1_000_000_000

    /// The addresses, without ports. Old ones, if new ones do not come soon.
    /// - Parameters:
    ///   - waiter: the calling task's.
    ///   - deadline: monotonic nanoseconds.
    /// - Throws: `.unresolved` if none is known.
    nonisolated(nonsending) func addresses(_ waiter: Waiter, until deadline: UInt64) async throws(TransportError)
        -> [SocketAddress]
    {
        refresh(now: waiter.loop.now)
        while let askedAt {
            let now = waiter.loop.now
            if record.isUsable(at: now) { break }
            let end = record.addresses.isEmpty ? deadline : min(deadline, askedAt &+ Self.maxWaitForFresh)
            guard now < end else { break }
            waiting.append(waiter)
            _ = await waiter.wait(timeout: end - now)
            waiting.removeAll { $0 === waiter }
        }
        guard record.addresses.isEmpty else { return record.addresses }
        throw .unresolved("\(name): \(record.failure ?? "no answer in time")")
    }

    /// No address took a connection.
    func expire() { record.expire(askedAt: lastAsked, bounds) }

    private func ask() {
        let loop = cache.loop
        lastAsked = loop.now
        askedAt = loop.now
        cache.ask(name) { [weak self] result in
            guard let self else { return }
            askedAt = nil
            switch result {
            case .success(let answer): if record.answered(answer, at: loop.now, bounds) { version += 1 }
            case .failure(let error): record.failed(error.description, at: loop.now, bounds)
            }
            for waiter in waiting { waiter.wake(.ready) }
        }
    }
}
