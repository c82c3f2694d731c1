package import EventLoop
package import TLS

/// Why a stream cannot go on.
package enum TransportError: Error, CustomStringConvertible, Sendable {
    case system(SystemError)
    case tls(TLSError)
    /// The deadline of the operation passed.
    case timedOut
    /// The connection was made, but the TLS handshake did not end in time.
    case handshakeTimedOut
    /// The name has no address; the resolver's words.
    case unresolved(String)
    /// The server sent data before it was asked for anything.
    case spokeFirst
    /// The server has asked for rest, and gets it for so many nanoseconds more: longer than is waited.
    case backingOff(UInt64)
    /// The connection was made, and ended before it could be used; how.
    case closedEarly(String)

    /// Was it our own lack of descriptors or memory, which says nothing about the peer?
    package var isExhaustion: Bool {
        if case .system(let error) = self { error.isExhaustion } else { false }
    }

    package var description: String {
        switch self {
        case .system(let error): error.reason
        case .tls(let error): error.reason
        case .timedOut: "timed out"
        case .handshakeTimedOut: "the TLS handshake timed out"
        case .unresolved(let reason), .closedEarly(let reason): reason
        case .spokeFirst: "the server sent data before it was asked for anything"
        case .backingOff: "the server has asked for rest (ENHANCE_YOUR_CALM)"
        }
    }
}
