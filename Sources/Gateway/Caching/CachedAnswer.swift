import HTTP

/// A stored answer. It stays what it is while it is sent, whatever becomes of its place in the cache.
final class CachedAnswer {
    let key: CacheKey
    /// As `StoredHead` writes it.
    let head: [UInt8]
    let status: Int
    let body: [UInt8]
    let directives: CacheDirectives
    let times: CachedTimes
    let varying: VaryingFields
    /// Of the request that it was made for.
    let values: [UInt8]
    /// It is being asked for anew, for nobody in particular.
    var isRefreshing = false

    init(
        key: CacheKey, head: [UInt8], status: Int, body: [UInt8], directives: CacheDirectives, times: CachedTimes,
        varying: VaryingFields, values: [UInt8]
    ) {
        self.key = key
        self.head = head
        self.status = status
        self.body = body
        self.directives = directives
        self.times = times
        self.varying = varying
        self.values = values
    }

    /// Bytes of memory, with what is needed to find it, estimated.
    var cost: Int { head.capacity + body.capacity + key.target.count + values.count + Self.overhead }

    /// Objects, the key's second copy, the places in lists.
    static let overhead = 640

    /// Is it the answer that this request would get (RFC 9111 §4.1)?
    func suits(_ request: borrowing FieldSection) -> Bool {
        varying.names.isEmpty || varying.values(in: request) == values
    }
}
