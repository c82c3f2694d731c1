import HTTP

/// One answer on its way to the client, and perhaps into the cache: what a relay asks about it, and tells it.
final class CacheRecording {
    /// What it asks the upstream for.
    enum Purpose {
        case new
        /// Whether a stored answer is still the same.
        case validation(CachedAnswer, canBeStale: Bool)
    }

    let cache: ResponseCache
    let plan: CachePlan
    let key: CacheKey
    /// The mark from before the answer was asked for.
    let mark: ChangedTargets.Mark
    let purpose: Purpose
    /// Of the request that is sent.
    var selecting: SelectingFields
    private let asked: CacheRules.Asked
    /// Seconds since 1970.
    private let requested: Int64
    private let clock: WallClock
    /// Those who wait for it; nil: nobody does.
    private var fill: CacheFill?
    var status: CacheStatus

    /// What is known once the head is there, while the body comes.
    private struct Storing {
        let head: [UInt8]
        let status: Int
        let directives: CacheDirectives
        let times: CachedTimes
        let varying: VaryingFields
        let values: [UInt8]
        var reserved: Int
    }

    private var storing: Storing?
    private var body: [UInt8] = []
    /// The stored answer, with the words of the 304 that has come.
    private(set) var validated: CachedAnswer?
    /// What that 304 has set for the client whose request it answers, and for nobody else: it is not stored.
    private(set) var cookies: [[UInt8]] = []
    /// A 304 has come that is of another answer than the stored one, or makes its head too long: the whole is to be asked for.
    private(set) var isMismatched = false

    init(
        _ cache: ResponseCache, _ plan: CachePlan, _ key: CacheKey, _ selecting: SelectingFields, _ purpose: Purpose,
        _ asked: CacheRules.Asked, fill: CacheFill?, clock: WallClock, status: CacheStatus
    ) {
        self.cache = cache
        self.plan = plan
        self.key = key
        mark = cache.changes.mark(of: key)
        self.selecting = selecting
        self.purpose = purpose
        self.asked = asked
        self.fill = fill
        self.clock = clock
        self.status = status
        requested = clock.seconds
        cache.beginReceiving(self)
    }

    /// It says to those who wait what they are to do.
    deinit {
        cache.endReceiving(self)
        end(.failed)
    }

    private func end(_ state: CacheFill.State) {
        if let fill = fill.take() { cache.end(fill, state) }
        if let storing { cache.release(storing.reserved) }
        storing = nil
        body = []
    }

    // MARK: The head

    /// Does the answer say that the stored one is still the same? It is then not passed on, nor is one that says so of another.
    /// - Parameter reverseRewrite: what this upstream's addresses and cookies go through.
    func takes(
        unchanged head: ResponseHead, of request: RequestHead, _ limits: PlanLimits, _ reverseRewrite: ReverseRewrite?
    ) -> Bool {
        guard head.status == 304, case .validation(let stored, _) = purpose else { return false }
        // Before its fields become the stored answer's (RFC 9111 §3.2), whose own have been changed.
        reverseRewrite?.apply(to: head, of: request)
        let fresh = ResponseHead()
        let bytes = StoredHead.bytes(of: stored.head, freshenedBy: head)
        // RFC 9111 §3.2 adds what is new in a 304, and the next one adds more: in all no more than one head may have.
        guard StoredHead.isOf(stored.head, head), (try? fresh.parse(bytes.span, limits: limits.head.ofStored)) != nil else {
            isMismatched = true
            cache.remove(key)
            end(.failed)
            return true
        }
        let now = clock.seconds
        let directives = CacheDirectives(fresh.fields)
        let verdict = plan.rules.verdict(on: fresh, directives, to: asked, now: now)
        let lifetime = if case .store(let seconds) = verdict { seconds } else { UInt64(0) }
        // The upstream may say by now that it looks at more fields of requests (RFC 9110 §15.4.5). Its 304 was for this one.
        let varying = VaryingFields(of: fresh.fields)
        let isForAsMany = varying == stored.varying
        let renewed = StoredAnswer(
            key: key, head: bytes, status: stored.stored.status, body: stored.body, directives: directives,
            times: times(of: head, lifetime: lifetime, now: now), varying: varying,
            values: isForAsMany ? stored.values : selecting.values(of: varying))
        guard let answer = CachedAnswer(renewed, mark) else { return false }
        validated = answer
        for line in head.fields.lines where line.known == .setCookie { cookies.append(Array(head.fields.bytes[line.value])) }
        if case .store = verdict, cache.endReceiving(self) {
            // The one from before would go on to suit others, for whom it may be none.
            if !isForAsMany { cache.remove(key) }
            // What is asked about each time would be written each time, and the bytes on disk are the same.
            cache.store(answer, onDisk: lifetime > 0)
        } else {
            cache.remove(key)
        }
        status.forwardStatus = 304
        end(.stored)
        return true
    }

    /// Is the answer worse than the stored one, though that is stale (RFC 5861 §4)?
    func prefersStale(to status: Int) -> Bool {
        guard case .validation(_, canBeStale: true) = purpose else { return false }
        return status == 500 || 502...504 ~= status
    }

    /// An answer goes to the client with this head, to which is added what the cache does with it.
    /// - Parameter framing: of what the client gets.
    func begin(_ head: ResponseHead, _ framing: BodyFraming) {
        decide(head, framing)
        var fields = AnswerFields()
        fields.append("Cache-Status") { status.append(to: &$0, of: plan.name) }
        head.add(fields)
    }

    private func decide(_ head: ResponseHead, _ framing: BodyFraming) {
        let now = clock.seconds
        let directives = CacheDirectives(head.fields)
        let verdict = plan.rules.verdict(on: head, directives, to: asked, now: now)
        guard case .store(let lifetime) = verdict, framing.isBounded,
            reserve(head, framing, directives, times(of: head, lifetime: lifetime, now: now), now)
        else {
            // What is for its client alone says nothing of what is for all.
            let isOfClient = verdict == .refuse(.authorization) || verdict == .refuse(.setCookie)
            return isOfClient ? end(.passed) : pass(over: head.status)
        }
        status.isStored = true
    }

    /// The answer is none to be stored. What is stored of before goes all the same, if this one says otherwise: else it would be
    /// sent as long as it may be stale, whatever the upstream says by now.
    private func pass(over status: Int) {
        if case .validation(let stored, _) = purpose, CacheRules.supersedes(status) { cache.remove(stored) }
        end(.passed)
    }

    private func times(of head: ResponseHead, lifetime: UInt64, now: Int64) -> CachedTimes {
        CachedTimes(
            requested: requested, received: now, date: CachedTimes.date(of: head.fields, now: now),
            age: CachedTimes.age(of: head.fields), lifetime: lifetime)
    }

    private func reserve(
        _ head: ResponseHead, _ framing: BodyFraming, _ directives: CacheDirectives, _ times: CachedTimes, _ now: Int64
    ) -> Bool {
        var length = 0
        if case .length(let stated) = framing {
            guard stated <= UInt64(plan.limits.object) else { return false }
            length = Int(stated)
        }
        guard cache.reserve(length) else { return false }
        let varying = VaryingFields(of: head.fields)
        storing = Storing(
            head: StoredHead.bytes(of: head, now: now), status: head.status, directives: directives, times: times,
            varying: varying, values: selecting.values(of: varying), reserved: length)
        body.reserveCapacity(length)
        return true
    }

    // MARK: The body

    /// Payload that has gone to the client.
    /// - Parameter isHeldUp: does the client take no more for now?
    func append(_ payload: Span<UInt8>, isHeldUp: Bool) {
        fill?.isHeldUp = isHeldUp
        guard let reserved = storing?.reserved else { return }
        let most = body.count + payload.count
        guard most <= plan.limits.object else { return pass(over: storing?.status ?? 0) }
        if most > reserved {
            // As an array grows.
            let more = max(most, reserved * 2) - reserved
            guard cache.reserve(more) else { return pass(over: storing?.status ?? 0) }
            storing?.reserved += more
        }
        body.append(payload)
    }

    /// The answer is complete.
    func finish() {
        guard let storing = storing.take() else { return }
        cache.release(storing.reserved)
        guard cache.endReceiving(self) else { return end(.failed) }
        let stored = StoredAnswer(
            key: key, head: storing.head, status: storing.status, body: exchange(&body, with: []),
            directives: storing.directives, times: storing.times, varying: storing.varying, values: storing.values)
        guard let answer = CachedAnswer(stored, mark) else { return end(.failed) }
        cache.store(answer)
        end(.stored)
    }
}

extension BodyFraming {
    /// Is it known whether the body came whole? Not of one that ends with its connection (RFC 9112 §8).
    fileprivate var isBounded: Bool { if case .untilClose = self { false } else { true } }
}

extension HeadLimits {
    /// Of a head as it is stored once it has been read within these: with a date, and a blank behind each colon.
    fileprivate var ofStored: HeadLimits {
        var limits = self
        limits.maxHeadBytes += maxFields + 64
        limits.maxFields += 1
        limits.maxFieldBytes += 1
        return limits
    }

    /// For what has been read once: a stored head may have become longer by its date.
    static var stored: HeadLimits {
        var limits = HeadLimits()
        (limits.maxHeadBytes, limits.maxFields, limits.maxFieldBytes) = (1 << 20, 1 << 14, 1 << 20)
        return limits
    }
}
