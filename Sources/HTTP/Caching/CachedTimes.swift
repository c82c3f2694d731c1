/// How old a stored answer is and how long it is fresh, RFC 9111 §4.2: values, with the time given by the caller.
///
/// All times are whole seconds since 1970.
package struct CachedTimes: Equatable, Sendable {
    /// When its request was sent.
    package var requested: Int64
    /// When its head came.
    package var received: Int64
    /// Seconds for which it is fresh, from its making on.
    package var lifetime: UInt64
    /// Its age when it came, RFC 9111 §4.2.3.
    package var initialAge: UInt64

    /// - Parameters:
    ///   - date: of the answer's `Date`; nil without a valid one, which counts as made when it came (RFC 9110 §6.6.1).
    ///   - age: of the answer's `Age`; 0 without a valid one.
    package init(requested: Int64, received: Int64, date: Int64?, age: UInt64, lifetime: UInt64) {
        self.requested = requested
        self.received = received
        self.lifetime = lifetime
        // RFC 9111 §4.2.3.
        let apparent = UInt64(max(0, received - (date ?? received)))
        let delay = UInt64(max(0, received - requested))
        initialAge = max(apparent, age + delay)
    }

    /// RFC 9111 §4.2.3: `current_age`. A clock that was set back makes nothing younger than it was.
    package func age(at now: Int64) -> UInt64 { initialAge + UInt64(max(0, now - received)) }

    /// Seconds. If the clock has been set back by more since, nobody knows how old the answer is. It would
    /// be fresh until the clock comes to where it was, which takes years on a machine that started with a wrong one.
    private static let maxSetBack: Int64 = 60

    /// Seconds for which it will still be fresh; negative, or zero, for how long it has been stale.
    package func freshness(at now: Int64) -> Int64 {
        guard received - now <= Self.maxSetBack else { return 0 }
        return Int64(min(lifetime, CacheDirectives.maxSeconds)) - Int64(min(age(at: now), 1 << 40))
    }
}

extension CachedTimes {
    /// How long an answer is fresh, RFC 9111 §4.2.1: the first of `s-maxage`, `max-age`, `Expires`.
    /// - Parameters:
    ///   - now: when the answer came, for dates with two digits of a year and answers without `Date`.
    /// - Returns: nil if it does not say.
    package static func statedLifetime(
        _ fields: borrowing FieldSection, _ directives: CacheDirectives, now: Int64
    ) -> UInt64? {
        if let shared = directives.sharedMaxAge { return shared }
        if let maxAge = directives.maxAge { return maxAge }
        guard fields.hasLine(named: "expires") else { return nil }
        // RFC 9111 §5.3: what is no date, `0` above all, is a time in the past; of several lines none can be believed.
        guard let value = fields.onlyValue(named: "expires"),
            let expires = HTTPDate.parse(value.span, 0..<value.count, now: now)
        else { return 0 }
        return UInt64(max(0, expires - (date(of: fields, now: now) ?? now)))
    }

    /// The answer's `Date`; nil without a valid one.
    package static func date(of fields: borrowing FieldSection, now: Int64) -> Int64? {
        fields.first(.date).flatMap { HTTPDate.parse(fields.bytes.span, $0.value, now: now) }
    }

    /// The answer's `Age`, RFC 9111 §5.1: the first of several, 0 where it is not a number.
    package static func age(of fields: borrowing FieldSection) -> UInt64 {
        guard let line = fields.first(.age) else { return 0 }
        var members = ListMembers(line.value)
        guard let first = members.next(fields.bytes.span) else { return 0 }
        return CacheDirectives.deltaSeconds(fields.bytes.span, first) ?? 0
    }
}
