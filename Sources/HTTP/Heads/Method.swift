/// The request methods that mean something to an intermediary (RFC 9110 §9); methods are case-sensitive.
package enum Method: UInt8, Sendable {
    case get, head, post, put, delete, connect, options, trace, patch
    /// Any other token; its bytes are in the head.
    case other

    /// The method spelled by the bytes at `range`.
    static func named(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Method {
        guard range.count <= 8 else { return .other }
        let name = ByteScanning.word(bytes, range)
        func `is`(_ text: StaticString) -> Bool { name == ByteScanning.word(text) }
        return switch range.count {
        case 3: `is`("GET") ? .get : `is`("PUT") ? .put : .other
        case 4: `is`("POST") ? .post : `is`("HEAD") ? .head : .other
        case 5: `is`("PATCH") ? .patch : `is`("TRACE") ? .trace : .other
        case 6: `is`("DELETE") ? .delete : .other
        case 7: `is`("OPTIONS") ? .options : `is`("CONNECT") ? .connect : .other
        default: .other
        }
    }

    /// How it is written; nil for `other`.
    package var name: StaticString? {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .connect: "CONNECT"
        case .options: "OPTIONS"
        case .trace: "TRACE"
        case .patch: "PATCH"
        case .other: nil
        }
    }

    /// RFC 9110 §9.3, RFC 5789 §2: content has a meaning in requests of these.
    package var hasUseForContent: Bool {
        switch self {
        case .post, .put, .patch: true
        case .get, .head, .delete, .connect, .options, .trace, .other: false
        }
    }

    /// RFC 9110 §9.2.2: repeating the request has the effect of sending it once, so it may be sent again after a failure.
    package var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options, .trace: true
        case .post, .connect, .patch, .other: false
        }
    }
}
