/// How the end of a message's body is found: decided once, by the list of RFC 9112 §6.3, and never guessed again.
package enum BodyFraming: Equatable, Sendable {
    /// No body.
    case none
    /// Exactly so many bytes; 0 is possible and still means that a length was stated.
    case length(UInt64)
    /// Chunked transfer coding.
    case chunked
    /// All bytes until the connection closes; of a response only.
    case untilClose

    /// Whether only its end tells how long the body is.
    package var isUncounted: Bool {
        switch self {
        case .none, .length: false
        case .chunked, .untilClose: true
        }
    }

    /// Whether no body byte follows the head.
    package var isEmpty: Bool {
        switch self {
        case .none, .length(0): true
        case .length, .chunked, .untilClose: false
        }
    }

    // Asked for each message; `==` would be called by its witness (price 3).

    /// Is it chunked?
    package var isChunked: Bool { if case .chunked = self { true } else { false } }
    /// Does it end with its connection?
    package var isUntilClose: Bool { if case .untilClose = self { true } else { false } }

    /// The framing of a request. Steps of RFC 9112 §6.3:
    ///
    /// 1. HEAD, 1xx, 204, 304: of responses only.
    /// 2. 2xx to CONNECT: of responses only.
    /// 3. Both `Transfer-Encoding` and `Content-Length`: refused.
    /// 4. `Transfer-Encoding`: `chunked` alone gives chunked; all else is refused (4b of requests).
    /// 5. Invalid `Content-Length`, or more than one: refused.
    /// 6. Valid `Content-Length`: that length.
    /// 7. A request with neither has no body.
    /// 8. Until close: of responses only.
    package static func ofRequest(
        _ fields: borrowing FieldSection, minorVersion: UInt8
    ) throws(HTTPRefusal) -> BodyFraming {
        let framing = try FramingFields.decide(fields, version: minorVersion, from: .client)
        return framing ?? .none  // (7)
    }

    /// The framing of a response to a request with `method`. Steps of RFC 9112 §6.3:
    ///
    /// 1. To HEAD, and with 1xx, 204 or 304: no body, whatever the fields say. A stated length that is forwarded must be one.
    /// 2. 2xx to CONNECT: the connection becomes a tunnel: no body, whatever the fields say.
    /// 3. Both `Transfer-Encoding` and `Content-Length`: refused, since our upstream must not be ambiguous.
    /// 4. `Transfer-Encoding`: `chunked` alone gives chunked; all else is refused.
    /// 5. Invalid `Content-Length`, or more than one: refused.
    /// 6. Valid `Content-Length`: that length.
    /// 7. Of requests only.
    /// 8. Otherwise until close.
    package static func ofResponse(_ head: ResponseHead, to method: Method) throws(HTTPRefusal) -> BodyFraming {
        let status = head.status
        // RFC 9112 §6.3 (1, 2): these end at the empty line, and neither field is forwarded.
        if status < 200 || status == 204 || method == .connect && status < 300 { return .none }
        if status == 304 {
            _ = try FramingFields.statedLength(head.fields, from: .upstream)
            return .none  // (1)
        }
        let framing = try FramingFields.decide(head.fields, version: head.minorVersion, from: .upstream)
        if method == .head { return .none }  // (1), after the fields were found to be valid
        return framing ?? .untilClose  // (8)
    }
}

extension BodyFraming {
    /// The length that a `Content-Length` of this value states, if it is the only one: what a body is framed by, and so what
    /// whoever counts its bytes before that must go by.
    /// - Returns: nil for a value that frames nothing: a message with it is refused.
    package static func statedLength(in value: Span<UInt8>) -> UInt64? {
        try? FramingFields.length(value, 0..<value.count, .upstream)
    }
}

/// Steps 3 to 6 of RFC 9112 §6.3, which requests and responses share.
enum FramingFields {
    /// The framing that the fields state, or nil if they state none.
    static func decide(
        _ fields: borrowing FieldSection, version minorVersion: UInt8, from sender: HTTPRefusal.Sender
    ) throws(HTTPRefusal) -> BodyFraming? {
        if fields.contains(.transferEncoding) {
            // RFC 9112 §6.3 (3): both is refused, never repaired.
            if fields.contains(.contentLength) { throw HTTPRefusal(.contentLengthAndTransferEncoding, from: sender) }
            // RFC 9112 §6.1: HTTP/1.0 knows no transfer codings; such a message is faulty.
            if minorVersion == 0 { throw HTTPRefusal(.transferEncodingNotAllowed, from: sender) }
            try checkTransferEncoding(fields, sender)
            return .chunked
        }
        return try statedLength(fields, from: sender).map { .length($0) }
    }

    /// Steps 5 and 6 alone: what `Content-Length` states; nil without one.
    static func statedLength(
        _ fields: borrowing FieldSection, from sender: HTTPRefusal.Sender
    ) throws(HTTPRefusal) -> UInt64? {
        guard let line = fields.first(.contentLength) else { return nil }
        if fields.count(of: .contentLength) > 1 { throw HTTPRefusal(.contentLengthRepeated, from: sender) }
        return try length(fields.bytes.span, line.value, sender)
    }

    /// RFC 9112 §6.3 (4): exactly one member in all lines together, and that is `chunked`.
    private static func checkTransferEncoding(
        _ fields: borrowing FieldSection, _ sender: HTTPRefusal.Sender
    ) throws(HTTPRefusal) {
        let span = fields.bytes.span
        var chunkedSeen = false
        for line in fields.lines where line.known == .transferEncoding {
            try checkNoTab(span, line, sender)
            var start = line.value.lowerBound
            while true {
                var end = start
                while end < line.value.upperBound, span[end] != 0x2C { end += 1 }
                let member = Text.trimmed(span, start..<end)
                guard Text.isToken(span, member) else { throw HTTPRefusal(.transferEncodingMalformed, from: sender) }
                let isChunked = Text.equal(span, member, "chunked")
                if chunkedSeen { throw HTTPRefusal(isChunked ? .chunkedRepeated : .chunkedNotLast, from: sender) }
                guard isChunked else { throw HTTPRefusal(.transferCodingUnknown, from: sender) }
                chunkedSeen = true
                if end == line.value.upperBound { break }
                start = end + 1
            }
        }
    }

    /// Tabs around a coding are legal and a known disguise: some parsers then do not recognise `chunked`.
    private static func checkNoTab(
        _ span: Span<UInt8>, _ line: FieldLine, _ sender: HTTPRefusal.Sender
    ) throws(HTTPRefusal) {
        var index = line.name.upperBound
        while index < span.count, span[index] != ByteClass.carriageReturn {
            if span[index] == ByteClass.tab { throw HTTPRefusal(.transferEncodingMalformed, from: sender) }
            index += 1
        }
    }

    /// RFC 9112 §6.3 (5, 6): 1*DIGIT and nothing else; at most 2^63 - 1, so that sums cannot overflow.
    fileprivate static func length(
        _ span: Span<UInt8>, _ value: Range<Int>, _ sender: HTTPRefusal.Sender
    ) throws(HTTPRefusal) -> UInt64 {
        guard !value.isEmpty else { throw HTTPRefusal(.contentLengthMalformed, from: sender) }
        var length: UInt64 = 0
        var overflow = false
        for index in value {
            let digit = span[index] &- 0x30
            guard digit < 10 else {
                let repeated = span[index] == 0x2C && index > value.lowerBound
                throw HTTPRefusal(repeated ? .contentLengthRepeated : .contentLengthMalformed, from: sender)
            }
            if length > (UInt64(Int64.max) - UInt64(digit)) / 10 { overflow = true } else { length = length * 10 + UInt64(digit) }
        }
        if overflow { throw HTTPRefusal(.contentLengthOverflow, from: sender) }
        return length
    }
}
