/// The request fields that an answer depends on by its `Vary`, RFC 9111 §4.1.
package struct VaryingFields: Equatable, Hashable, Sendable {
    /// Lower case, each once, in order.
    package let names: [[UInt8]]
    /// Does the upstream see all of them as clients send them, where nothing is configured?
    let areCopied: Bool
    /// The codings of the answer that nobody offers here, in lower case, if it depends on `Accept-Encoding`.
    private let foreignCodings: [[UInt8]]

    package init(of fields: borrowing FieldSection) {
        var names: [[UInt8]] = []
        var areCopied = true
        let span = fields.bytes.span
        for line in fields.lines where line.known == .vary {
            var members = ListMembers(line.value)
            while let member = members.next(span) {
                let name = member.map { ByteClass.lowerCase(span[$0]) }
                if names.contains(name) { continue }
                names.append(name)
                areCopied = areCopied && ForwardedHead.isCopied(KnownField.recognise(span, member))
            }
        }
        self.areCopied = areCopied
        self.names = names.sorted { $0.lexicographicallyPrecedes($1) }
        let isByCoding = names.contains { Self.isAcceptEncoding($0) }
        foreignCodings = isByCoding ? Self.foreignCodings(of: fields) : []
    }

    private static func isAcceptEncoding(_ name: [UInt8]) -> Bool { Text.equal(name.span, 0..<name.count, "accept-encoding") }

    private static func foreignCodings(of fields: borrowing FieldSection) -> [[UInt8]] {
        var codings: [[UInt8]] = []
        let span = fields.bytes.span
        for line in fields.lines where line.known == .contentEncoding {
            var members = ListMembers(line.value)
            while let member = members.next(span) {
                if AcceptEncoding.coding(span, member) == nil { codings.append(member.map { ByteClass.lowerCase(span[$0]) }) }
            }
        }
        return codings
    }

    /// `Vary: *`: the answer is good for nobody else. One that depends on more fields, or has more codings, than any answer does
    /// is taken as such: all of them would be looked for in each request for its target.
    package static func isAny(_ fields: borrowing FieldSection) -> Bool {
        fields.contains(.vary, token: "*") || has(.vary, moreThan: maxNames, fields)
            || has(.contentEncoding, moreThan: maxCodings, fields)
    }

    private static let maxNames = 32
    private static let maxCodings = 8

    private static func has(_ known: KnownField, moreThan most: Int, _ fields: borrowing FieldSection) -> Bool {
        guard !fields.lacks(known) else { return false }
        var left = most
        let span = fields.bytes.span
        for line in fields.lines where line.known == known {
            var members = ListMembers(line.value)
            while members.next(span) != nil {
                if left == 0 { return true }
                left -= 1
            }
        }
        return false
    }

    /// What a request says in these fields, in a form that is equal for requests which mean the same: it does not count over how
    /// many lines a value stands, and of `Accept-Encoding` only which codings it takes, and how gladly.
    package func values(in request: borrowing FieldSection) -> [UInt8] {
        var values: [UInt8] = []
        let span = request.bytes.span
        for name in names {
            if Self.isAcceptEncoding(name) {
                // Whoever gets a coding that is not weighed below must have said so.
                for coding in foreignCodings { values.append(AcceptEncoding.takes(coding, in: request) ? 0x31 : 0x30) }
                if request.contains(.acceptEncoding) { Self.append(AcceptEncoding(request), to: &values) }
            } else {
                for line in request.lines where Text.equal(span, line.name, name.span, 0..<name.count) {
                    values.append(contentsOf: ", ".utf8)
                    values.append(span, line.value)
                }
            }
            // No value has a line feed.
            values.append(0x0A)
        }
        return values
    }

    /// Inlined, since the optimiser of Swift 6.3.1 fails where it takes the weights apart for a function of their own.
    @inline(__always)
    private static func append(_ accepted: AcceptEncoding, to values: inout [UInt8]) {
        for coding in ContentCoding.allCases {
            values.append(decimal: UInt64(accepted.weight(of: coding)))
            values.append(0x2C)
        }
    }
}
