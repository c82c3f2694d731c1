/// What a `ResponseHead` holds; see `RequestHeadContent`.
struct ResponseHeadContent {
    let fields: FieldSection
    private let head: ResponseHead

    init(fields: consuming FieldSection, of head: ResponseHead) {
        self.fields = fields
        self.head = head
    }

    var summary: ResponseHead.Summary { head.said }
}

extension ResponseHead {
    /// What a head says besides its fields.
    struct Summary {
        var status = 0
        /// Offsets in `fields.bytes`; may be empty.
        var reasonPhrase = 0..<0
        var minorVersion: UInt8 = 1
        var isHTTP2 = false
        var connection: ConnectionOptions = []
        /// The bits of the known fields that occur.
        var present: UInt64 = 0
    }
}
