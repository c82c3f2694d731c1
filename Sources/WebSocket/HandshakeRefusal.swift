/// Why a request cannot become a WebSocket, and how to say so.
package enum HandshakeRefusal: CaseIterable, Sendable {
    case methodNotGet
    case httpVersionTooOld
    case upgradeNotAsked
    case versionMissing
    case versionRepeated
    case versionUnsupported
    case keyMissing
    case keyInvalid

    /// The HTTP status of the answer: 426, or 400 (RFC 6455 §4.2.2, §4.4).
    package var status: Int { namesVersion ? 426 : 400 }

    /// The answer must carry `Sec-WebSocket-Version: 13` (RFC 6455 §4.4), and as a 426 also `Upgrade: websocket`
    /// (RFC 9110 §15.5.22).
    package var namesVersion: Bool { self == .versionUnsupported || self == .versionMissing }

    /// One plain sentence for the answer's body and the log.
    package var reason: String {
        switch self {
        case .methodNotGet: "a WebSocket handshake must be a GET"
        case .httpVersionTooOld: "a WebSocket handshake needs HTTP/1.1"
        case .upgradeNotAsked: "Connection and Upgrade do not ask for websocket"
        case .versionMissing: "Sec-WebSocket-Version is missing; 13 is supported"
        case .versionRepeated: "Sec-WebSocket-Version occurs more than once"
        case .versionUnsupported: "Sec-WebSocket-Version is not 13"
        case .keyMissing: "Sec-WebSocket-Key is missing"
        case .keyInvalid: "Sec-WebSocket-Key is not 16 bytes in Base64"
        }
    }
}
