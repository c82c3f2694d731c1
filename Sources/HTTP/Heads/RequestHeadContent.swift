/// What a `RequestHead` holds, opened once for many looks at it.
struct RequestHeadContent {
    let fields: FieldSection
    private let head: RequestHead

    init(fields: consuming FieldSection, of head: RequestHead) {
        self.fields = fields
        self.head = head
    }

    var summary: RequestHead.Summary { head.said }
}

extension RequestHead {
    /// What a head says besides its fields; ranges are offsets into `fields.bytes`.
    struct Summary {
        var method = Method.other
        var methodRange = 0..<0
        var target = 0..<0
        var form = TargetForm.origin
        var path = 0..<0
        var query = 0..<0
        var minorVersion: UInt8 = 1
        var isHTTP2 = false
        var hasRequestLine = false
        var authority: AuthorityParts?
        var authorityRange = 0..<0
        var connection: ConnectionOptions = []
        var framing = BodyFraming.none
        var expectsContinue = false
        var acceptsTrailers = false
        var upgrade: RequestHead.Upgrade?
    }
}
