package import Transport

/// Why no more bytes pass between us and a peer: its connection broke.
package enum PeerError: Error, CustomStringConvertible {
    case connection(TransportError)

    package var description: String {
        switch self {
        case .connection(let error): error.description
        }
    }
}
