/// What of a request selects one of several stored forms of an answer, RFC 9111 §4.1.
///
/// That is its fields as they go upstream, since of those the upstream's `Vary` speaks: a field that the client has named in
/// `Connection` has not been seen by the upstream, and `X-Forwarded-For` has, though the client did not send it. Besides it is
/// what the upstream is told of the request that neither target nor `Vary` can be relied on to show.
package struct SelectingFields {
    /// The request as the client has sent it; it may be put into a copy's place.
    package var request: RequestHead
    private let policy: RequestFieldPolicy
    private let edits: FieldEdits?
    private let lines: [UInt8]
    private let client: ClientPeer
    /// What selects whatever `Vary` says; empty for most requests.
    private let unnamed: [UInt8]

    /// - Parameters:
    ///   - request: as the client has sent it.
    ///   - policy: by which it is forwarded.
    ///   - edits: what is changed in this one request besides.
    ///   - lines: what is written in this one request besides.
    ///   - client: who is told of in the forwarding fields.
    ///   - target: what the upstream is asked for, where it depends on more than the request's own target; else empty.
    package init(
        _ request: RequestHead, policy: RequestFieldPolicy, edits: FieldEdits?, lines: [UInt8] = [], client: ClientPeer,
        target: [UInt8] = []
    ) {
        self.request = request
        self.policy = policy
        self.edits = edits
        self.lines = lines
        self.client = client
        var unnamed = target
        if client.isTrusted { ForwardingFields.appendStatements(of: request.fields, to: &unnamed) }
        self.unnamed = unnamed
    }

    /// What the request says in the fields that an answer depends on; equal for requests that may get the same answer.
    package func values(of varying: VaryingFields) -> [UInt8] {
        if varying.names.isEmpty { return unnamed }
        return unnamed + (isSeenAsSent(varying) ? varying.values(in: request.fields) : varying.values(in: seen()))
    }

    /// Does the upstream see these fields as the client has sent them?
    private func isSeenAsSent(_ varying: VaryingFields) -> Bool {
        varying.areCopied && edits == nil && lines.isEmpty && policy.edits(isTrusted: client.isTrusted).isEmpty
            && !request.connection.contains(.names)
    }

    /// The fields that the upstream sees, but for those of its connection.
    private func seen() -> FieldSection {
        let forwarded = {
            var forwarded = UpstreamRequest(target: Self.nowhere, remainder: 0, framing: .none)
            forwarded.edits = edits
            forwarded.lines = self.lines
            return forwarded
        }()
        var lines: [UInt8] = []
        request.withContent { head in
            lines.append(guessing: head.fields.bytes.count + 512) { out in
                ForwardedHead.writeRequestFields(head, forwarded, policy, client, to: &out)
                ForwardedHead.writeOwnFields(head, forwarded, policy, client, to: &out)
            }
        }
        var fields = FieldSection()
        fields.append(lines: lines.span)
        return fields
    }

    /// Fields do not depend on which server gets them.
    private static let nowhere: UpstreamTarget = {
        guard let rewrite = PathRewrite() else { preconditionFailure("a path is kept") }
        return UpstreamTarget(authority: [], rewrite: rewrite)
    }()
}

extension ForwardedHead {
    /// Does the upstream see this field of a request as the client sent it, where no configuration says otherwise, and the client
    /// does not name it in `Connection`?
    static func isCopied(_ known: KnownField) -> Bool {
        let dropped = requestDropped | ForwardingFields.claims | KnownField.underscored.bit
        return known.bit & dropped == 0 && known != .via
    }
}

extension ForwardingFields {
    private static let statements: UInt64 = claims & ~(KnownField.xForwardedFor.bit | KnownField.xRealIP.bit)

    /// Appends what a trusted peer states of its client's request: scheme, host, port, path, user and certificate; not the
    /// addresses that it has come by, which differ for each client, and for which an upstream that cares has `Vary`.
    static func appendStatements(of fields: borrowing FieldSection, to out: inout [UInt8]) {
        guard fields.present & statements != 0 else { return }
        let span = fields.bytes.span
        for line in fields.lines where line.known.bit & statements != 0 && line.known != .forwarded {
            if line.known.isOfFamily, isOfAddress(span, line.name) { continue }
            for index in line.name { out.append(ByteClass.lowerCase(span[index])) }
            end(line.value, of: span, in: &out)
        }
        guard fields.contains(.forwarded) else { return }
        for element in ForwardedElement.all(fields) {
            for part in [element.proto, element.host] { end(part ?? 0..<0, of: span, in: &out) }
        }
    }

    private static func end(_ value: Range<Int>, of bytes: Span<UInt8>, in out: inout [UInt8]) {
        out.append(UInt8(ascii: ":"))
        out.append(bytes, value)
        // No value has a line feed.
        out.append(0x0A)
    }

    /// By how these names end: `True-Client-IP`, `CF-Connecting-IPv6`, `X-Remote-Addr`, `X-Envoy-External-Address`,
    /// `X-Original-For`.
    private static func isOfAddress(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Bool {
        func ends(_ end: StaticString) -> Bool {
            let count = end.utf8CodeUnitCount
            return name.count > count && Text.equal(bytes, name.upperBound - count..<name.upperBound, end)
        }
        return ends("ip") || ends("ipv4") || ends("ipv6") || ends("addr") || ends("address") || ends("-for")
    }
}

extension KnownField {
    /// Is it one of many names?
    fileprivate var isOfFamily: Bool { self == .clientClaim || self == .xForwardedOther }
}
