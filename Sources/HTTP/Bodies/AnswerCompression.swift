/// Which answers of upstreams are compressed on their way, and in which coding: a function of the two heads.
package struct AnswerCompression: Sendable, Equatable {
    /// What becomes of an answer.
    package enum Verdict: Equatable, Sendable {
        /// It is not compressed, whoever asks.
        case asItIs
        /// Others would get it compressed, and caches are told so.
        case plain
        case encoded(ContentCoding)
    }

    /// Media types without parameters, in lower case.
    private let types: [[UInt8]]
    /// With which types end, in lower case, with their "+".
    private let suffixes: [[UInt8]]
    private let minSize: UInt64
    private let codings: [ContentCoding]
    private let takesCookies: Bool

    /// - Parameters:
    ///   - types: media types without parameters; one that begins with "+" stands for all that end so (RFC 6838 §4.2.8).
    ///   - minSize: bytes below which a body of known length stays as it is.
    ///   - codings: what is offered, the preferred one first.
    ///   - takesCookies: also answers that set cookies.
    package init(types: [String], minSize: UInt64, codings: [ContentCoding], takesCookies: Bool) {
        let all = types.map { Array($0.lowercased().utf8) }
        self.types = all.filter { $0.first != UInt8(ascii: "+") }
        suffixes = all.filter { $0.first == UInt8(ascii: "+") }
        self.minSize = minSize
        self.codings = codings
        self.takesCookies = takesCookies
    }

    /// - Parameter framing: of the body, as the upstream sends it.
    package func verdict(on head: ResponseHead, _ framing: BodyFraming, to request: RequestHead) -> Verdict {
        guard mayChange(head, framing, request), isWorthIt(head.fields, takesCookies: takesCookies) else { return .asItIs }
        // Without chunks the end of an encoded body would be that of its connection, and whether it is whole a guess.
        guard request.minorVersion > 0, !request.fields.contains(.cacheControl, token: "no-transform") else { return .plain }
        switch AcceptEncoding(request.fields).choose(among: codings) {
        case .identity, nil: return .plain
        case let coding?: return .encoded(coding)
        }
    }

    /// Is there a whole body, not changed in its coding yet?
    private func mayChange(_ head: ResponseHead, _ framing: BodyFraming, _ request: RequestHead) -> Bool {
        // RFC 9110 §15.3.7: a part is a part of the bytes that were asked for.
        guard head.status >= 200, head.status != 204, head.status != 206, head.status != 304 else { return false }
        switch framing {
        case .length(let length): return length >= minSize
        case .chunked, .untilClose: return true
        case .none:
            // RFC 9110 §9.3.2: the fields of an answer to HEAD are those of the answer to GET.
            guard request.method == .head else { return false }
            guard let line = head.fields.first(.contentLength) else { return true }
            return Text.decimal(head.fields.bytes.span, line.value, maxDigits: 18) ?? 0 >= minSize
        }
    }

    private func isWorthIt(_ fields: borrowing FieldSection, takesCookies: Bool) -> Bool {
        var isWanted = false
        let bytes = fields.bytes.span
        for line in fields.lines {
            switch line.known {
            case .contentEncoding, .contentRange: return false
            case .setCookie: if !takesCookies { return false }
            // RFC 9110 §7.7.
            case .cacheControl: if fields.contains(.cacheControl, token: "no-transform") { return false }
            case .contentType: isWanted = self.isWanted(bytes, line.value)
            // RFC 9530 §2, §3, and their forerunners: sums over the very bytes.
            case .other: if Self.isDigest(bytes, line.name) { return false }
            default: break
            }
        }
        return isWanted
    }

    private func isWanted(_ bytes: Span<UInt8>, _ value: Range<Int>) -> Bool {
        var end = value.lowerBound
        while end < value.upperBound, bytes[end] != UInt8(ascii: ";") { end += 1 }
        let essence = Text.trimmed(bytes, value.lowerBound..<end)
        // Events must not wait for others, and gRPC has a compression of its own.
        if Text.equal(bytes, essence, "text/event-stream") { return false }
        if essence.count >= 16,
            Text.equal(bytes, essence.lowerBound..<essence.lowerBound + 16, "application/grpc")
        {
            return false
        }
        for type in types where Text.equal(bytes, essence, type.span, 0..<type.count) { return true }
        for suffix in suffixes where essence.count > suffix.count {
            let end = essence.upperBound - suffix.count..<essence.upperBound
            if Text.equal(bytes, end, suffix.span, 0..<suffix.count) { return true }
        }
        return false
    }

    /// Is it a sum over the bytes of an answer, or of what it is a part of?
    static func isDigest(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Bool {
        switch name.count {
        case 6: Text.equal(bytes, name, "digest")
        case 11: Text.equal(bytes, name, "content-md5") || Text.equal(bytes, name, "repr-digest")
        case 14: Text.equal(bytes, name, "content-digest")
        default: false
        }
    }
}
