import HTTP

/// A stored answer in memory. It stays what it is while it is sent, whatever becomes of its place in the cache.
final class CachedAnswer: StoredForm {
    let stored: StoredAnswer
    /// From before it was asked for.
    let mark: ChangedTargets.Mark
    /// It is being asked for anew, for nobody in particular.
    var isRefreshing = false

    init(_ stored: StoredAnswer, _ mark: ChangedTargets.Mark) {
        self.stored = stored
        self.mark = mark
    }

    var key: CacheKey { stored.key }
    var head: [UInt8] { stored.head }
    var body: [UInt8] { stored.body }
    var directives: CacheDirectives { stored.directives }
    var times: CachedTimes { stored.times }
    var varying: VaryingFields { stored.varying }
    var values: [UInt8] { stored.values }

    /// Bytes of memory, with what is needed to find it, estimated.
    var cost: Int { head.capacity + body.capacity + key.target.count + values.count + Self.overhead }

    /// Objects, the key's second copy, the places in lists.
    private static let overhead = 640
}
