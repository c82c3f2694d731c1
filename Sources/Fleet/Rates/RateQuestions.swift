import EventLoop
import Protection

/// What Redis is asked.
extension RateLink {
    /// Says who we are, and has Redis know the scripts.
    func introduce(over connection: RedisConnection) async throws(RedisError) {
        var commands = RESPCommands()
        if let file = settings.passwordFile {
            guard let password = SecretFile.password(in: file) else { throw .settings("cannot read \(file)") }
            if let user = settings.user { commands.add("AUTH", user, password) } else { commands.add("AUTH", password) }
            for reply in try await ask(commands, over: connection) where reply != .simple("OK") { throw .malformed("\(reply)") }
        }
        try await loadScripts(over: connection)
    }

    private func loadScripts(over connection: RedisConnection) async throws(RedisError) {
        var commands = RESPCommands()
        for script in [RateScript.spend, RateScript.announce] { commands.add("SCRIPT", "LOAD", script) }
        var hashes: [String] = []
        for reply in try await ask(commands, over: connection) {
            guard case .bulk(let hash?) = reply, hash.count == 40 else { throw .malformed("\(reply)") }
            hashes.append(String(decoding: hash, as: UTF8.self))
        }
        scripts = (hashes[0], hashes[1])
    }

    /// Counts this member among those that are there, and reads Redis's clock.
    func registerMember(over connection: RedisConnection) async throws(RedisError) {
        var commands = RESPCommands()
        let life = Int64(5 * Self.announcementPause / 1000)
        commands.begin(6)
        for word in ["EVALSHA", scripts.announce, "1", "\(settings.prefix)members", settings.member] { commands.word(word) }
        commands.word(life)
        let sent = monotonicNanoseconds()
        let replies = try await askKnowing(commands, over: connection)
        guard let numbers = replies.first.flatMap(Self.numbers), numbers.count == 2, numbers[0] > 0, numbers[1] > 0 else {
            throw .malformed("of the announcement")
        }
        clock.note(numbers[0], sent: sent, received: monotonicNanoseconds())
        members = Int(clamping: min(numbers[1], 100_000))
    }

    /// Tells Redis of all spendings that there are, and has the clients' due times here be those that it says.
    func report(over connection: RedisConnection) async throws(RedisError) {
        let entries = takePending()
        guard !entries.isEmpty else { return }
        let now = monotonicNanoseconds()
        asked = now
        let parts = stride(from: 0, to: entries.count, by: RateScript.maxKeys).map {
            entries[$0..<min($0 + RateScript.maxKeys, entries.count)]
        }
        var commands = RESPCommands()
        for part in parts { write(part, now: now, to: &commands) }
        var applied = 0
        do throws(RedisError) {
            let replies = try await askKnowing(commands, over: connection)
            let received = monotonicNanoseconds()
            for (part, reply) in zip(parts, replies) {
                try take(reply, of: part, asked: now, received: received)
                applied += Self.requests(part)
            }
            rates.countBatch(roundTrip: received - now, at: received)
        } catch {
            rates.count(local: Self.requests(entries[...]) - applied)
            throw error
        }
    }

    // MARK: -

    private typealias Part = ArraySlice<(entry: PendingSpendings.Entry, limit: SharedLimit)>

    /// What workers have told, without that of limits which are gone.
    private func takePending() -> [Part.Element] {
        var entries: [Part.Element] = []
        var known: SharedLimit?
        for entry in pending.take() {
            // Most are of the same one.
            if known?.number != entry.number { known = rates.limit(numbered: entry.number) }
            if let known { entries.append((entry, known)) }
        }
        return entries
    }

    /// How many requests they are.
    private static func requests(_ part: Part) -> Int { part.reduce(0) { $0 + Int($1.entry.count) } }

    /// Goes by Redis's answer to one part.
    private func take(_ reply: RESPValue, of part: Part, asked: UInt64, received: UInt64) throws(RedisError) {
        guard let numbers = Self.numbers(reply), numbers.count >= 2 else { throw .malformed("of a question") }
        clock.note(numbers[1], sent: asked, received: received)
        if numbers[0] == 0 {
            // Redis's clock has changed, or it has stood still for long: what was asked is too old to count.
            rates.count(local: Self.requests(part))
        } else {
            try apply(numbers.dropFirst(2), to: part, asked: asked)
            rates.count(shared: Self.requests(part))
        }
    }

    /// By how much Redis's clock may be other than reckoned, in nanoseconds: a question that has taken longer was given up.
    private var slack: UInt64 { 2 * settings.timeout }

    private func write(_ part: Part, now: UInt64, to commands: inout RESPCommands) {
        commands.begin(5 + 5 * part.count)
        commands.word("EVALSHA")
        commands.word(scripts.spend)
        commands.word(Int64(part.count))
        let prefix = Array(settings.prefix.utf8)
        for (entry, limit) in part {
            commands.word(prefix, hex: limit.key(of: entry.client))
        }
        commands.word(clock.micros(at: now))
        commands.word(Int64(slack / 1000))
        for (entry, limit) in part {
            commands.word(Int64((now - min(now, entry.first)) / 1000))
            commands.word(Self.micros(entry.count.multipliedReportingOverflow(by: limit.limit.interval)))
            commands.word(least(entry, limit, now: now))
            commands.word(most(limit))
        }
    }

    /// A block begins; or Redis may have forgotten the client: then it is told what is known here, less what clocks may be wrong
    /// by.
    private func least(_ entry: PendingSpendings.Entry, _ limit: SharedLimit, now: UInt64) -> Int64 {
        if entry.blocked > 0 {
            let due = limit.limit.blocked(at: entry.blocked)
            return due > now ? Int64((due - now) / 1000) * 2 + 1 : 0
        }
        let due = limit.table.due(of: entry.client)
        guard due > now + slack else { return 0 }
        return Int64((due - now - slack) / 1000) * 2 + Int64(due & RateLimit.blockedBit)
    }

    /// How far ahead a due time may be, in microseconds, if all members let in all they may at once.
    private func most(_ limit: SharedLimit) -> Int64 {
        let (all, overflows) = limit.limit.allowance.multipliedReportingOverflow(by: UInt64(members + 1))
        return Self.micros((min(all, Self.year) + limit.limit.block, overflows))
    }

    private static let year: UInt64 = 31_536_000_000_000_000

    /// Rounded up; a year at most, and then some.
    private static func micros(_ nanoseconds: (partialValue: UInt64, overflow: Bool)) -> Int64 {
        Int64((nanoseconds.overflow ? year : min(nanoseconds.partialValue, 2 * year)) / 1000 + 1)
    }

    private func apply(_ numbers: ArraySlice<Int64>, to part: Part, asked: UInt64) throws(RedisError) {
        guard numbers.count == part.count else { throw .malformed("of a question: \(numbers.count) numbers") }
        for (number, (entry, limit)) in zip(numbers, part) {
            guard 0...(2 * most(limit) + 1) ~= number else { throw .malformed("of a question: the number \(number)") }
            // What was let in since is still to be told.
            let since = pending.count(entry.number, entry.client) &* limit.limit.interval
            let due = asked &+ UInt64(number / 2) * 1000 &+ min(since, Self.year)
            limit.table.raise(
                entry.client, to: due & ~RateLimit.blockedBit | UInt64(number & 1), now: asked)
        }
    }

    private static func numbers(_ reply: RESPValue) -> [Int64]? {
        guard case .array(let elements?) = reply else { return nil }
        let numbers = elements.compactMap { if case .integer(let number) = $0 { number } else { nil } }
        return numbers.count == elements.count ? numbers : nil
    }

    /// - Throws: `.refused` if one of the replies is an error.
    private func ask(_ commands: RESPCommands, over connection: RedisConnection) async throws(RedisError) -> [RESPValue] {
        let replies = try await connection.ask(commands, timeout: settings.timeout) { goesOn() }
        for case .error(let text) in replies { throw .refused(text) }
        return replies
    }

    /// The same for scripts, which Redis may have forgotten, such as at a start.
    private func askKnowing(_ commands: RESPCommands, over connection: RedisConnection) async throws(RedisError) -> [RESPValue] {
        do throws(RedisError) { return try await ask(commands, over: connection) } catch {
            guard case .refused(let text) = error, text.hasPrefix("NOSCRIPT") else { throw error }
        }
        try await loadScripts(over: connection)
        return try await ask(commands, over: connection)
    }
}
