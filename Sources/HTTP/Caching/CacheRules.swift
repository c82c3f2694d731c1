/// Which answers a shared cache stores, RFC 9111 §3: a head in, a verdict out.
package struct CacheRules: Equatable, Sendable {
    /// Seconds for which answers are fresh that do not say so themselves; 0: these are not stored.
    package var defaultLifetime: UInt64
    /// Seconds for which a stale answer may be sent while it is asked for anew, where it does not say so itself.
    package var staleWhileRevalidate: UInt64
    /// Seconds for which a stale answer may be sent when no better one can be had, where it does not say so itself.
    package var staleIfError: UInt64
    /// Do `Cache-Control` and `Pragma` of requests count? RFC 9111 §5.2.1 leaves that to the cache.
    package var honoursClientDirectives: Bool

    package init(
        defaultLifetime: UInt64 = 0, staleWhileRevalidate: UInt64 = 0, staleIfError: UInt64 = 0,
        honoursClientDirectives: Bool = false
    ) {
        self.defaultLifetime = defaultLifetime
        self.staleWhileRevalidate = staleWhileRevalidate
        self.staleIfError = staleIfError
        self.honoursClientDirectives = honoursClientDirectives
    }

    /// Why an answer is not stored.
    package enum Refusal: String, Sendable, CaseIterable {
        case method, status, noStore, isPrivate, authorization, setCookie, varyAny, noLifetime, upgraded
    }

    /// What becomes of an answer.
    package enum Verdict: Equatable, Sendable {
        case store(lifetime: UInt64)
        case refuse(Refusal)
    }

    /// What of a request decides whether its answer is stored.
    package struct Asked: Equatable, Sendable {
        package var method: Method
        /// Is the answer perhaps one for its sender alone: has it `Authorization`, or is its sender known otherwise?
        package var isPersonal: Bool
        package var directives: CacheDirectives

        package init(method: Method, isPersonal: Bool, directives: CacheDirectives = CacheDirectives()) {
            self.method = method
            self.isPersonal = isPersonal
            self.directives = directives
        }
    }

    /// Is the final answer with this head to be stored?
    /// - Parameters:
    ///   - directives: of the answer.
    ///   - now: seconds since 1970.
    package func verdict(
        on head: ResponseHead, _ directives: CacheDirectives, to asked: Asked, now: Int64
    ) -> Verdict {
        if asked.method != .get { return .refuse(.method) }
        // RFC 9111 §3.3, §3.4: parts are not put together here; a 304 is no answer of its own.
        if head.status < 200 || head.status == 206 || head.status == 304 { return .refuse(.status) }
        if honoursClientDirectives, asked.directives.flags.contains(.noStore) { return .refuse(.noStore) }
        if directives.flags.contains(.noStore) {
            // RFC 9111 §5.2.2.3: `no-store` beside it is for caches that do not know the status.
            guard directives.flags.contains(.mustUnderstand), Self.isUnderstood(head.status) else { return .refuse(.noStore) }
        } else if directives.flags.contains(.mustUnderstand), !Self.isUnderstood(head.status) {
            return .refuse(.status)
        }
        if directives.flags.contains(.isPrivate) { return .refuse(.isPrivate) }
        if asked.isPersonal, !Self.isForAll(directives) { return .refuse(.authorization) }
        // RFC 9111 §7.3 leaves it open. What is set for one is not for others.
        if head.fields.first(.setCookie) != nil { return .refuse(.setCookie) }
        if VaryingFields.isAny(head.fields) { return .refuse(.varyAny) }
        return lifetime(of: head, directives, now: now)
    }

    private func lifetime(of head: ResponseHead, _ directives: CacheDirectives, now: Int64) -> Verdict {
        if let stated = CachedTimes.statedLifetime(head.fields, directives, now: now) {
            // What is never fresh is kept only where asking whether it is still the same is worth something.
            let isOfUse = stated > 0 || Self.hasValidator(head.fields) || window(directives.staleIfError, staleIfError) > 0
            return isOfUse ? .store(lifetime: stated) : .refuse(.noLifetime)
        }
        if directives.flags.contains(.noCache) {
            return Self.hasValidator(head.fields) ? .store(lifetime: 0) : .refuse(.noLifetime)
        }
        // RFC 9111 §4.2.2: without words of its own only where the status allows it, or `public`.
        guard defaultLifetime > 0, Self.isHeuristic(head.status) || directives.flags.contains(.isPublic) else {
            return .refuse(.noLifetime)
        }
        return .store(lifetime: defaultLifetime)
    }

    private func window(_ stated: UInt64?, _ standard: UInt64) -> UInt64 { stated ?? standard }

    /// RFC 9111 §3.5: the directives by which an answer to a request with `Authorization` is for all.
    package static func isForAll(_ directives: CacheDirectives) -> Bool {
        directives.sharedMaxAge != nil || !directives.flags.isDisjoint(with: [.isPublic, .mustRevalidate])
    }

    /// Can it be asked whether the answer is still the same?
    package static func hasValidator(_ fields: borrowing FieldSection) -> Bool {
        fields.first(.etag) != nil || fields.first(.lastModified) != nil
    }

    /// RFC 9110 §15.1: the statuses for which a lifetime may be assumed.
    package static func isHeuristic(_ status: Int) -> Bool {
        switch status {
        case 200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501: true
        default: false
        }
    }

    /// The statuses whose caching requirements are known here: those of RFC 9110, but for 206 and 304.
    package static func isUnderstood(_ status: Int) -> Bool {
        switch status {
        case 200...205, 300...303, 305, 307, 308, 400...417, 421, 422, 426, 500...505: true
        default: false
        }
    }

    /// Does an answer with this status, none to be stored itself, say that what is stored of its target is not so any more? Not
    /// one that speaks of a request or its sender, or of trouble.
    package static func supersedes(_ status: Int) -> Bool {
        switch status {
        case 206, 304: false
        case 200..<400, 404, 410: true
        default: false
        }
    }

    /// Does the answer to a request of this method make what is stored of its target old (RFC 9111 §4.4)?
    package static func invalidates(_ method: Method, status: Int) -> Bool {
        guard 200..<400 ~= status else { return false }
        switch method {
        case .get, .head, .options, .trace, .connect: return false
        default: return true
        }
    }
}
