/// When a certificate is asked for. Pure: times in seconds since 1970, chance as numbers of 0 to 999.
enum RenewalSchedule {
    /// No limit of an authority lasts longer than a month, whatever it says.
    static let maxRetryDelay: Int64 = 30 * 86_400
    /// A day, and a tenth.
    static let maxLookInterval: Int64 = 86_400 + 8640

    /// When a certificate that is good is to be renewed: after two thirds of its life, a little earlier by chance, so that
    /// certificates of one day do not all come back on one day.
    static func renewal(notBefore: Int64, notAfter: Int64, draw: Int64) -> Int64 {
        let life = max(0, notAfter - notBefore)
        return notBefore + life * 2 / 3 - life / 20 * draw / 1000
    }

    /// As above, of one that has just been had; `issued` is now. If its renewal is due already, or nearly so, the authority dates
    /// certificates back, or this machine's clock is wrong: then a third of what is left has to pass, or it would be asked for
    /// another one at once, and again without end.
    static func renewal(notBefore: Int64, notAfter: Int64, issued: Int64, draw: Int64) -> Int64 {
        max(renewal(notBefore: notBefore, notAfter: notAfter, draw: draw), issued + max(1, (notAfter - issued) / 3))
    }

    /// When a certificate is to be renewed that the authority names a window for (RFC 9773 §4.2): at some moment of it, and at
    /// once if it is over.
    ///
    /// Not in the first hour of its life, or in the first twentieth if that is less: an authority that is always in the past
    /// would be asked without end. And not after nine tenths of what is left of its life: who comes late has no second try.
    /// - Parameter issued: when it was had.
    static func renewal(in window: RenewalWindow, notAfter: Int64, issued: Int64, draw: Int64) -> Int64 {
        let life = max(0, notAfter - issued)
        // The numbers are the authority's: what is out of all proportion must not overflow.
        let chosen = window.start + (window.end - window.start) / 1000 * draw + (window.end - window.start) % 1000 * draw / 1000
        return max(issued + min(3600, life / 20), min(chosen, notAfter - life / 10))
    }

    /// When an authority is to be asked for its window again (RFC 9773 §4.3.2): as it says, but within a minute and a day; six
    /// hours later if it does not. A tenth later by chance.
    static func look(now: Int64, retryAfter: Int64?, draw: Int64) -> Int64 {
        let pause = min(max(retryAfter ?? 6 * 3600, 60), 86_400)
        return now + pause + pause / 10 * draw / 1000
    }

    /// When the next try is after some failures in a row: a minute later, and twice as long each time, up to a day; give or take
    /// a tenth. A certificate that lives for days has no time for that: up to an eighth of what is left of its life.
    /// - Parameters:
    ///   - retryAfter: seconds for which the authority wants to be left alone.
    ///   - expires: when the present certificate is over; nil: there is none.
    static func retry(now: Int64, failures: Int, retryAfter: Int64?, expires: Int64? = nil, draw: Int64) -> Int64 {
        var pause: Int64 = min(60 << Int64(min(max(failures, 1) - 1, 11)), 86_400)
        if let expires, expires > now { pause = min(pause, max(60, (expires - now) / 8)) }
        let spread = pause - pause / 10 + pause / 5 * draw / 1000
        return now + max(spread, min(retryAfter ?? 0, maxRetryDelay))
    }
}
