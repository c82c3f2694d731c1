/// What is known of the client's connection, for the forwarding fields; made once per connection.
package final class ClientPeer: Sendable {
    /// What the client spoke to us, as `X-Forwarded-Proto` says it.
    package enum Scheme: UInt8, Sendable {
        case http, https
    }

    /// The peer's address; nil if it has none (a Unix socket).
    package let address: IPAddress?
    /// The peer's port.
    package let port: UInt16
    /// What the client spoke to us.
    package let scheme: Scheme
    /// The port of our listener.
    package let listenerPort: UInt16
    /// Whether the peer may state forwarding fields (`trusted_proxies`); otherwise its values are dropped.
    package let isTrusted: Bool
    /// `address` as text (RFC 5952), or `unknown`.
    let addressText: [UInt8]
    /// The lines `X-Forwarded-For` and `X-Forwarded-Proto` of a client that is not trusted.
    let forAndProto: [UInt8]
    /// The line `X-Forwarded-Port` likewise.
    let portLine: [UInt8]
    /// `for=…;proto=…` of RFC 7239, ready to be copied.
    let forwardedElement: [UInt8]

    package init(address: IPAddress?, port: UInt16, scheme: Scheme, listenerPort: UInt16, isTrusted: Bool) {
        self.address = address
        self.port = port
        self.scheme = scheme
        self.listenerPort = listenerPort
        self.isTrusted = isTrusted
        let text = address?.text ?? "unknown"
        let proto = scheme == .https ? "https" : "http"
        addressText = Array(text.utf8)
        forAndProto = Array("X-Forwarded-For: \(text)\r\nX-Forwarded-Proto: \(proto)\r\n".utf8)
        portLine = Array("X-Forwarded-Port: \(listenerPort)\r\n".utf8)
        // RFC 7239 §6: an IPv6 address stands in brackets, and since `:` and `[` are no token characters, in quotes.
        let node = address?.isIPv6 == true ? "\"[\(text)]\"" : text
        forwardedElement = Array("for=\(node);proto=\(proto)".utf8)
    }
}
