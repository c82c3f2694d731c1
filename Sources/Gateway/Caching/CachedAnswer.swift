import HTTP

/// A stored answer in memory. It stays what it is while it is sent, whatever becomes of its place in the cache.
final class CachedAnswer: StoredForm {
    let stored: StoredAnswer
    /// The stored head, as it was read: it is sent without being read again.
    let head = ResponseHead()
    /// The mark from before the answer was asked for.
    let mark: ChangedTargets.Mark
    /// It is being asked for anew, for nobody in particular.
    var isRefreshing = false

    /// - Returns: nil if the stored head is none.
    init?(_ stored: StoredAnswer, _ mark: ChangedTargets.Mark) {
        self.stored = stored
        self.mark = mark
        guard (try? head.parse(stored.head.span, limits: .stored)) != nil else { return nil }
    }

    var key: CacheKey { stored.key }
    var body: [UInt8] { stored.body }
    var directives: CacheDirectives { stored.directives }
    var times: CachedTimes { stored.times }
    var varying: VaryingFields { stored.varying }
    var values: [UInt8] { stored.values }

    /// Bytes of memory, with what is needed to find it, estimated.
    var cost: Int {
        stored.head.capacity + head.memory + body.capacity + key.target.count + values.count + Self.overhead
    }

    /// Objects, the key's second copy, the places in lists.
    private static let overhead = 640
}
