/// The request fields that an answer depends on by its `Vary`, RFC 9111 §4.1.
package struct VaryingFields: Equatable, Hashable, Sendable {
    /// Lower case, each once, in order.
    package let names: [[UInt8]]

    package init(of fields: borrowing FieldSection) {
        var names: [[UInt8]] = []
        let span = fields.bytes.span
        for line in fields.lines where line.known == .vary {
            var members = ListMembers(line.value)
            while let member = members.next(span) {
                let name = member.map { ByteClass.lowerCase(span[$0]) }
                if !names.contains(name) { names.append(name) }
            }
        }
        self.names = names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// `Vary: *`: the answer is good for nobody else.
    package static func isAny(_ fields: borrowing FieldSection) -> Bool { fields.contains(.vary, token: "*") }

    /// What a request says in these fields, in a form that is equal for requests which mean the same: it does not count over how
    /// many lines a value stands, and of `Accept-Encoding` only which codings it takes, and how gladly.
    package func values(in request: borrowing FieldSection) -> [UInt8] {
        var values: [UInt8] = []
        let span = request.bytes.span
        for name in names {
            if Text.equal(name.span, 0..<name.count, "accept-encoding") {
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
