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
}
