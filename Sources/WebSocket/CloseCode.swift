/// Why a WebSocket ends: the first two payload bytes of a Close frame (RFC 6455 §7.4).
package struct CloseCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    // RFC 6455 §7.4.1
    package static var normalClosure: CloseCode { CloseCode(rawValue: 1000) }
    package static var goingAway: CloseCode { CloseCode(rawValue: 1001) }
    package static var protocolError: CloseCode { CloseCode(rawValue: 1002) }
    package static var unsupportedData: CloseCode { CloseCode(rawValue: 1003) }
    /// Never on the wire: says that a Close frame held no code.
    package static var noStatusReceived: CloseCode { CloseCode(rawValue: 1005) }
    /// Never on the wire: says that the connection ended without a Close frame.
    package static var abnormalClosure: CloseCode { CloseCode(rawValue: 1006) }
    package static var invalidPayloadData: CloseCode { CloseCode(rawValue: 1007) }
    package static var messageTooBig: CloseCode { CloseCode(rawValue: 1009) }
    // IANA "WebSocket Close Code Number Registry", registered after the RFC.
    package static var serviceRestart: CloseCode { CloseCode(rawValue: 1012) }
    package static var tryAgainLater: CloseCode { CloseCode(rawValue: 1013) }
    /// Never on the wire: says that the TLS handshake failed.
    package static var tlsHandshake: CloseCode { CloseCode(rawValue: 1015) }

    /// Whether an endpoint may put this code into a Close frame.
    ///
    /// RFC 6455 §7.4.2: 0–999 are not used; 1000–2999 belong to the protocol, of which only registered ones that are
    /// not reserved for local use may be sent; 3000–3999 (registered by libraries) and 4000–4999 (private) are free.
    package var isAllowedOnWire: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
