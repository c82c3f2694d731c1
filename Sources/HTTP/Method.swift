/// The request methods that mean something to an intermediary (RFC 9110 §9); methods are case-sensitive.
package enum Method: UInt8, Sendable {
    case get, head, post, put, delete, connect, options, trace, patch
    /// Any other token; its bytes are in the head.
    case other

    /// The method spelled by the bytes at `range`.
    static func named(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Method {
        switch range.count {
        case 3: exact(bytes, range, "GET") ? .get : exact(bytes, range, "PUT") ? .put : .other
        case 4: exact(bytes, range, "POST") ? .post : exact(bytes, range, "HEAD") ? .head : .other
        case 5: exact(bytes, range, "PATCH") ? .patch : exact(bytes, range, "TRACE") ? .trace : .other
        case 6: exact(bytes, range, "DELETE") ? .delete : .other
        case 7: exact(bytes, range, "OPTIONS") ? .options : exact(bytes, range, "CONNECT") ? .connect : .other
        default: .other
        }
    }

    /// Equal including case: equal without it, and all letters upper case.
    private static func exact(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
        for index in range where bytes[index] & 0x20 != 0 { return false }
        return Text.equal(bytes, range, text)
    }

    /// RFC 9110 §9.2.2: repeating the request has the effect of sending it once, so it may be sent again after a failure.
    package var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options, .trace: true
        case .post, .connect, .patch, .other: false
        }
    }
}
