/// Whether a stored answer may be sent, RFC 9111 §4.
package enum CacheReuse: Equatable, Sendable {
    /// It is sent as it is; `left` are the seconds for which it is still fresh.
    case fresh(left: Int64)
    /// It is sent as it is, while the upstream is asked for it anew (RFC 5861 §3).
    case whileRevalidating(left: Int64)
    /// It is sent only when the upstream says that it is still the same.
    case revalidate
    /// It is sent when the upstream says that it is still the same, or cannot be reached, or fails (RFC 5861 §4).
    case revalidateOrStale
}

extension CacheRules {
    /// - Parameters:
    ///   - directives: of the stored answer.
    ///   - asked: the directives of the request.
    ///   - hasPragma: whether the request has `Pragma: no-cache`.
    ///   - now: seconds since 1970.
    package func reuse(
        _ times: CachedTimes, _ directives: CacheDirectives, asked: CacheDirectives = CacheDirectives(),
        hasPragma: Bool = false, now: Int64
    ) -> CacheReuse {
        let left = times.freshness(at: now)
        let isStaleAllowed = staleIsAllowed(directives)
        let stale = UInt64(max(0, -left))
        let orStale: CacheReuse =
            stale <= errorWindow(directives) && isStaleAllowed.ifError && left <= 0 ? .revalidateOrStale : .revalidate
        // RFC 9111 §5.2.2.4.
        if directives.flags.contains(.noCache) { return .revalidate }
        if honoursClientDirectives {
            // RFC 9111 §5.4: `Pragma` counts only where there is no `Cache-Control`.
            if asked.flags.contains(.noCache) || hasPragma && !asked.isPresent { return left > 0 ? .revalidate : orStale }
            if let most = asked.maxAge, times.age(at: now) > most { return left > 0 ? .revalidate : orStale }
            if let least = asked.minFresh, left < Int64(least) { return left > 0 ? .revalidate : orStale }
            if left <= 0, let most = asked.maxStale, stale <= most, isStaleAllowed.byRequest { return .fresh(left: left) }
        }
        if left > 0 { return .fresh(left: left) }
        if isStaleAllowed.whileRevalidating, stale <= directives.staleWhileRevalidate ?? staleWhileRevalidate {
            return .whileRevalidating(left: left)
        }
        return orStale
    }

    private func errorWindow(_ directives: CacheDirectives) -> UInt64 { directives.staleIfError ?? staleIfError }

    /// RFC 9111 §4.2.4: what is stale is not sent where a directive forbids it. `s-maxage` forbids it as `proxy-revalidate` does
    /// (§5.2.2.10); an answer that has it and says itself for how long it may be sent stale means that.
    private func staleIsAllowed(
        _ directives: CacheDirectives
    ) -> (whileRevalidating: Bool, ifError: Bool, byRequest: Bool) {
        if !directives.flags.isDisjoint(with: [.mustRevalidate, .proxyRevalidate]) { return (false, false, false) }
        guard directives.sharedMaxAge != nil else {
            return (
                (directives.staleWhileRevalidate ?? staleWhileRevalidate) > 0, (directives.staleIfError ?? staleIfError) > 0, true
            )
        }
        return ((directives.staleWhileRevalidate ?? 0) > 0, (directives.staleIfError ?? 0) > 0, false)
    }
}
