/// Where in some bytes the parts of a request are that goes to an upstream by HTTP/2.
package struct RequestParts: Sendable {
    package fileprivate(set) var method = 0..<0
    /// `host[:port]`.
    package fileprivate(set) var authority = 0..<0
    /// Path and query; `*` of the asterisk form.
    package fileprivate(set) var path = 0..<0
    /// Field lines as HTTP/1 writes them.
    package fileprivate(set) var lines = 0..<0

    /// Begins with all parts empty.
    fileprivate init() {}

    package init(method: Range<Int>, authority: Range<Int>, path: Range<Int>, lines: Range<Int>) {
        self.method = method
        self.authority = authority
        self.path = path
        self.lines = lines
    }
}

extension ForwardedHead {
    /// Appends the parts of a request that goes upstream by HTTP/2, which has neither a request line nor fields of the connection
    /// (RFC 9113 §8.2.2); `te` may say that trailers are welcome.
    ///
    /// The same as `writeRequest` for the rest, and in the same order.
    /// - Returns: where they are in `out`.
    package static func appendRequestParts(
        _ head: RequestHead, _ request: borrowing UpstreamRequest, policy: borrowing RequestFieldPolicy,
        client: borrowing ClientPeer, to out: inout [UInt8]
    ) -> RequestParts {
        var parts = RequestParts()
        let start = out.count
        head.withContent { content in
            // The lines of our own mostly take less.
            out.append(guessing: content.fields.bytes.count + 768) { out in
                write(content, request, policy, client, &parts, from: start, to: &out)
            }
        }
        return parts
    }

    private static func write(
        _ head: borrowing RequestHeadContent, _ request: borrowing UpstreamRequest, _ policy: borrowing RequestFieldPolicy,
        _ client: borrowing ClientPeer, _ parts: inout RequestParts, from start: Int, to out: inout OutputSpan<UInt8>
    ) {
        out.write(head.fields.bytes, head.summary.methodRange)
        parts.method = start..<start + out.count
        writeAuthority(head, request, policy, to: &out)
        parts.authority = parts.method.upperBound..<start + out.count
        writeTarget(head, request, to: &out)
        parts.path = parts.authority.upperBound..<start + out.count
        // RFC 8441 §5: a handshake's proof is of HTTP/1.1.
        let proof = request.asksForWebSocket ? KnownField.secWebSocketKey.bit : 0
        writeRequestFields(head, request, policy, client, alsoDropping: proof, to: &out)
        writeOwnFields(head, request, policy, client, to: &out)
        if case .length = request.framing { writeFraming(request.framing, to: &out) }
        if request.expectsContinue, head.summary.expectsContinue { out.write("Expect: 100-continue\r\n") }
        if request.acceptsTrailers { out.write("TE: trailers\r\n") }
        parts.lines = parts.path.upperBound..<start + out.count
    }
}
