/// When a certificate is asked for. Pure: times in seconds since 1970, chance as numbers of 0 to 999.
enum RenewalSchedule {
    /// When a certificate that is good is to be renewed: after two thirds of its life, a little earlier by chance, so that
    /// certificates of one day do not all come back on one day.
    static func renewal(notBefore: Int64, notAfter: Int64, draw: Int64) -> Int64 {
        let life = max(0, notAfter - notBefore)
        return notBefore + life * 2 / 3 - life / 20 * draw / 1000
    }

    /// When the next try is after some failures in a row: a minute later, and twice as long each time, up to a day; give or take
    /// a tenth.
    /// - Parameter retryAfter: seconds for which the authority wants to be left alone.
    static func retry(now: Int64, failures: Int, retryAfter: Int64?, draw: Int64) -> Int64 {
        let pause: Int64 = min(60 << Int64(min(max(failures, 1) - 1, 11)), 86_400)
        let spread = pause - pause / 10 + pause / 5 * draw / 1000
        // Who says "in ten years" has lost his mind: a month is more than any limit lasts.
        return now + max(spread, min(retryAfter ?? 0, 30 * 86_400))
    }
}
