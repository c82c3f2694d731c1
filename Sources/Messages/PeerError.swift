package import HTTP
package import HTTP2
import TLS
package import Transport

/// Why no more bytes pass between us and a peer: its connection broke.
package enum PeerError: Error, CustomStringConvertible {
    case connection(TransportError)
    /// Its stream was reset (RFC 9113 §5.4.2), or went with its connection.
    case reset(ErrorCode)
    /// It broke a rule of HTTP/2 on its stream, or with its whole connection.
    case broken(String)
    /// A client's message broke the rule on its stream, which was reset for that (RFC 9113 §8.1.1); the text is for the log.
    case malformed(RefusalReason, String)

    /// Has the peer provably not looked at what was sent on the stream (RFC 9113 §8.7)?
    package var isUnprocessed: Bool {
        if case .reset(.refusedStream) = self { true } else { false }
    }

    /// Has the peer ended a connection of TLS without close_notify, as browsers and curl do? What came may be less than what was
    /// sent.
    package var isEndWithoutCloseNotify: Bool {
        if case .connection(.tls(let error)) = self { error.kind == .truncated } else { false }
    }

    /// Does the server want the request in HTTP/1.1 (RFC 9113 §7)?
    package var wantsHTTP1: Bool {
        if case .reset(.http11Required) = self { true } else { false }
    }

    /// Has the peer taken the request for malformed (RFC 9113 §8.1.1)?
    package var isOfMalformedRequest: Bool {
        if case .reset(.protocolError) = self { true } else { false }
    }

    package var description: String {
        switch self {
        case .connection(let error): error.description
        case .reset(let code): "the stream was reset: \(code.name)"
        case .broken(let reason), .malformed(_, let reason): reason
        }
    }
}
