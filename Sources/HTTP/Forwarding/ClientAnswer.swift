/// How an upstream's answer goes to the client.
package struct ClientAnswer: Sendable {
    /// How the body is sent; see `BodyFraming.forClient`.
    package var framing: BodyFraming
    /// The client's HTTP/1 minor version.
    package var clientMinorVersion: UInt8
    /// The connection closes after this answer.
    package var closes: Bool
    /// An IMF-fixdate to add where the upstream sent no `Date` (RFC 9110 §6.6.1); empty adds none.
    package var date: [UInt8] = []
    /// Trailers are forwarded, so `Trailer` may announce them.
    package var forwardsTrailers = false

    package init(framing: BodyFraming, clientMinorVersion: UInt8, closes: Bool) {
        self.framing = framing
        self.clientMinorVersion = clientMinorVersion
        self.closes = closes
    }
}

extension BodyFraming {
    /// The framing towards a client for a body with this framing from an upstream: what has no stated length is chunked,
    /// so that an early end is visible, but to HTTP/1.0, which does not know chunked (RFC 9112 §7.1), ends with the
    /// connection.
    package func forClient(minorVersion: UInt8) -> BodyFraming {
        switch self {
        case .none, .length: self
        case .chunked, .untilClose: minorVersion == 0 ? .untilClose : .chunked
        }
    }
}
