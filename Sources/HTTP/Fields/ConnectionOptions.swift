/// What `Connection` asks for (RFC 9110 §7.6.1), over all its lines.
package struct ConnectionOptions: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let close = ConnectionOptions(rawValue: 1)
    package static let keepAlive = ConnectionOptions(rawValue: 2)
    package static let upgrade = ConnectionOptions(rawValue: 4)
    package static let te = ConnectionOptions(rawValue: 8)
    /// Names of other fields, which are for this hop only and must be removed.
    package static let names = ConnectionOptions(rawValue: 16)

    /// Each name costs a walk through the lines when the head is forwarded, and real heads have one or two.
    private static let maxNames = 32

    init(_ fields: borrowing FieldSection, from sender: HTTPRefusal.Sender) throws(HTTPRefusal) {
        var options: ConnectionOptions = []
        var count = 0
        if fields.contains(.connection) {
            let span = fields.bytes.span
            for line in fields.lines where line.known == .connection {
                var members = ListMembers(line.value)
                while let member = members.next(span) {
                    count += 1
                    if count > Self.maxNames { throw HTTPRefusal(.tooManyConnectionOptions, from: sender) }
                    options.formUnion(.init(span, member))
                }
            }
        }
        self = options
    }

    private init(_ bytes: Span<UInt8>, _ token: Range<Int>) {
        // All options but one are names of fields that we know.
        switch KnownField.recognise(bytes, token) {
        case .te: self = .te
        case .upgrade: self = .upgrade
        case .keepAlive: self = .keepAlive
        default: self = Text.equal(bytes, token, "close") ? .close : .names
        }
    }
}
