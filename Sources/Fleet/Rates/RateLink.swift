package import EventLoop
import ACME
package import Logging
package import Protection
import Transport

/// Makes rate limits count over all members of a fleet, by due times that Redis keeps: on its own thread, and no request waits
/// for it.
///
/// A worker decides by what is known here, and puts down whom it has let in. All that has come together in an interval is told
/// to Redis in one round trip; it adds it up with what the others have told, and says from when on each client may come again.
/// So what several members let in too much at the same moment is let in less afterwards.
package actor RateLink {
    package nonisolated let loop: EventLoop
    let settings: RedisSettings
    let rates: SharedRates
    let log: Logger
    private let alarm: Alarm
    let waiter: Waiter
    private let onStateChange: @Sendable (String?) async -> Void
    /// Wakes the waiter while it is of interest.
    private var bell: Socket?
    private var lookup: ServiceLookup?
    var pending = PendingSpendings()
    var clock = RedisClock()
    /// SHA-1 of the scripts, as Redis has told.
    var scripts = (spend: "", announce: "")
    private var isStopped = false
    /// Connections that failed, in a row.
    private var failures = 0
    /// The endpoint that is tried first.
    private var preferred = 0
    /// Of the last question, monotonic nanoseconds.
    var asked: UInt64 = 0
    private var nextAnnouncement: UInt64 = 0
    /// That share limits, this one too.
    var members = 1

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The actor holds its loop, which whoever runs it stops when it has ended.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// Between two announcements of this member, in nanoseconds; who has made none for five times as long is not counted.
    static let announcementPause: UInt64 = 2_000_000_000
    /// Between two tries to connect, in nanoseconds.
    private static let minPause: UInt64 = 250_000_000
    private static let maxPause: UInt64 = 8_000_000_000

    /// - Parameters:
    ///   - loop: started, and this actor's alone.
    ///   - onStateChange: gets what is wrong, whenever that changes; nil: nothing.
    /// - Throws: the failed system call.
    package init(
        _ settings: RedisSettings, _ rates: SharedRates, loop: EventLoop, log: Logger,
        onStateChange: @escaping @Sendable (String?) async -> Void = { _ in }
    ) throws(SystemError) {
        self.settings = settings
        self.rates = rates
        self.loop = loop
        self.log = log
        self.onStateChange = onStateChange
        alarm = try Alarm()
        waiter = Waiter(loop: loop)
    }

    /// Until `stop()`.
    package func run() async {
        do {
            bell = try alarm.socket(on: loop)
            bell?.waiter = waiter
            lookup = try ServiceLookup(waiter)
        } catch {
            log.error("rate limits cannot count over the fleet", metadata: ["reason": "\(error)"])
            return bell?.close() ?? ()
        }
        rates.whenWoken { [alarm] in alarm.set(after: $0) }
        while !isStopped {
            do throws(RedisError) { try await share() } catch { await lose(error) }
        }
        rates.whenWoken(nil)
        rates.set(.none, at: loop.now)
        lookup?.close()
        bell?.close()
        waiter.retire()
    }

    /// Ends what is under way.
    package func stop() {
        isStopped = true
        waiter.notify()
    }

    // MARK: -

    /// Over one connection, until it breaks.
    private func share() async throws(RedisError) {
        guard let lookup else { throw .stopped }
        let endpoint = settings.endpoints[preferred]
        let connection = try await RedisConnection.open(endpoint, settings, lookup, waiter) { isStopped }
        defer { connection.close() }
        try await introduce(over: connection)
        try await announce(over: connection)
        drain(counting: false)
        _ = pending.take()
        await reportContact(endpoint)
        while !isStopped {
            drain()
            if loop.now >= nextAnnouncement { try await announce(over: connection) }
            if pending.isEmpty { try await rest(connection) } else { try await report(over: connection) }
            await pace()
        }
    }

    private func announce(over connection: RedisConnection) async throws(RedisError) {
        try await registerMember(over: connection)
        rates.set(members: members, at: loop.now)
        nextAnnouncement = loop.now &+ Self.announcementPause
    }

    /// Takes over what workers have told.
    /// - Parameter counting: false: nobody is told of it any more.
    func drain(counting: Bool = true) {
        var lost = 0
        rates.takeAll { spending in
            if !counting || !pending.add(spending) { lost += spending.isBlock ? 0 : 1 }
        }
        if lost > 0 { rates.count(local: lost) }
    }

    /// What is looked at while Redis is waited for.
    func goesOn() -> Bool {
        drain()
        return !isStopped
    }

    /// Until there is something to tell, or it is time for an announcement.
    private func rest(_ connection: RedisConnection) async throws(RedisError) {
        rates.fallAsleep(until: asked &+ settings.interval)
        defer { rates.stayAwake() }
        drain()
        let now = loop.now
        guard pending.isEmpty, now < nextAnnouncement, !isStopped else { return }
        bell?.interest = .read
        connection.watch(reading: true)
        _ = await waiter.wait(timeout: nextAnnouncement - now)
        connection.watch(reading: false)
        bell?.interest = .none
        try connection.checkSilence()
    }

    /// Until the interval since the last question is over.
    private func pace() async {
        let (now, due) = (monotonicNanoseconds(), asked &+ settings.interval)
        guard now < due, !isStopped else { return }
        alarm.set(after: due - now)
        bell?.interest = .read
        _ = await waiter.wait(timeout: settings.interval &+ 1_000_000_000)
        bell?.interest = .none
    }

    private func reportContact(_ endpoint: ServiceURL) async {
        rates.set(.made, at: loop.now)
        log.notice(
            failures > 0 ? "the fleet is in touch with Redis again" : "rate limits count over the fleet",
            metadata: ["redis": "\(endpoint.authority)", "members": "\(members)"])
        failures = 0
        await onStateChange(nil)
    }

    /// Says so, and waits until it is time for another try.
    private func lose(_ error: RedisError) async {
        guard !isStopped else { return }
        defer { preferred = (preferred + 1) % settings.endpoints.count }
        drain(counting: false)
        rates.count(local: pending.take().reduce(0) { $0 + Int($1.count) })
        rates.set(.lost, parts: settings.sharesWhenAway ? members : 1, at: loop.now)
        log.log(
            level: failures == 0 ? .warning : .info, "the fleet has lost Redis: rate limits count on this member alone",
            metadata: [
                "redis": "\(settings.endpoints[preferred].authority)", "reason": "\(error)", "key": "fleet.redis.endpoints",
            ])
        if failures == 0 { await onStateChange("\(error)") }
        failures += 1
        // The next one may be the one that takes writes.
        let isRound = failures % settings.endpoints.count == 0
        let rounds = UInt64(failures / settings.endpoints.count)
        let pause = isRound ? min(Self.minPause << min(rounds, 8), Self.maxPause) : Self.minPause / 4
        let deadline = loop.now &+ pause - UInt64.random(in: 0..<pause / 2)
        while !isStopped, loop.now < deadline { _ = await waiter.wait(timeout: deadline - loop.now) }
    }
}
