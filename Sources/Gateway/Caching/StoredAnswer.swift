import HTTP

/// What is stored of an answer: the same in memory and on disk.
struct StoredAnswer: Sendable {
    let key: CacheKey
    /// The head as `StoredHead` writes it.
    let head: [UInt8]
    let status: Int
    let body: [UInt8]
    let directives: CacheDirectives
    let times: CachedTimes
    let varying: VaryingFields
    /// The values of the request that the answer was made for.
    let values: [UInt8]
}

extension StoredAnswer {
    /// Of a file.
    /// - Returns: nil if its head is none.
    init?(_ file: AnswerFile, body: [UInt8]) {
        let head = ResponseHead()
        guard (try? head.parse(file.head.span, limits: .stored)) != nil else { return nil }
        self.init(
            key: file.key, head: file.head, status: head.status, body: body, directives: CacheDirectives(head.fields),
            times: file.times, varying: VaryingFields(of: head.fields), values: file.values)
    }
}
