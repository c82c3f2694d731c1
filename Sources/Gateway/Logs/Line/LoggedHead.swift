import HTTP

/// What access lines say of a request's head: plain values, since the head itself would be counted at each look.
struct LoggedHead {
    /// Ranges of the head's bytes, as `RequestHead` has them.
    let method: Range<Int>
    let target: Range<Int>
    let authority: Range<Int>
    let host: Range<Int>?
    /// Nil if the request line could not be read.
    let version: Version?

    enum Version {
        case http10, http11, http2

        /// The version as request lines write it.
        var inRequestLine: StaticString {
            switch self {
            case .http10: "HTTP/1.0"
            case .http11: "HTTP/1.1"
            case .http2: "HTTP/2.0"
            }
        }

        var number: StaticString {
            switch self {
            case .http10: "1.0"
            case .http11: "1.1"
            case .http2: "2"
            }
        }
    }

    init(_ request: RequestHead) {
        (method, target, authority) = (request.methodRange, request.target, request.authorityRange)
        host = request.authority?.host
        version =
            if !request.hasRequestLine {
                nil
            } else if request.isHTTP2 {
                .http2
            } else {
                request.minorVersion == 0 ? .http10 : .http11
            }
    }
}
