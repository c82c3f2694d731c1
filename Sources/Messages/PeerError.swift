package import HTTP2
package import Transport

/// Why no more bytes pass between us and a peer: its connection broke.
package enum PeerError: Error, CustomStringConvertible {
    case connection(TransportError)
    /// Its stream was reset (RFC 9113 §5.4.2), or went with its connection.
    case reset(ErrorCode)

    package var description: String {
        switch self {
        case .connection(let error): error.description
        case .reset(let code): "the stream was reset: \(code.name)"
        }
    }
}
