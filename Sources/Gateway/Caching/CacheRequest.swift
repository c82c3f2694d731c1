import HTTP

/// What of a request a cache looks at, as the client has sent it: it is changed before it goes on.
struct CacheRequest {
    let directives: CacheDirectives
    let hasPragma: Bool
    let conditions: CacheConditions
    let isPersonal: Bool
    let isHead: Bool
    let forRules: CacheRules.Asked
    let selecting: SelectingFields

    init(_ request: RequestHead, rules: CacheRules, isPersonal: Bool, _ selecting: SelectingFields) {
        self.selecting = selecting
        let fields = request.fields
        directives = rules.honoursClientDirectives ? CacheDirectives(fields) : CacheDirectives()
        hasPragma = rules.honoursClientDirectives && fields.hasNoCachePragma
        conditions = CacheConditions(fields)
        self.isPersonal = isPersonal
        isHead = request.method == .head
        forRules = CacheRules.Asked(method: request.method, isPersonal: isPersonal, directives: directives)
    }

    /// Does the upstream answer it with a whole? A part is no answer to store, and what a client has is judged by the origin.
    /// - Parameter hasStored: is there a stored answer, by which the client's conditions can be judged?
    func isForWhole(hasStored: Bool) -> Bool { !isHead && (conditions.isEmpty || hasStored && !conditions.isForOrigin) }
}
