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
    /// Whom the site trusts, so that a chain of such proxies is seen through.
    let trusted: [CIDR]
    /// `address` as text (RFC 5952), or `unknown`.
    let addressText: [UInt8]
    /// The lines `X-Forwarded-For` and `X-Forwarded-Proto` of a client that is not trusted.
    let forAndProto: [UInt8]
    /// The line `X-Forwarded-Port` of a client that is not trusted.
    let portLine: [UInt8]
    /// `for=…;proto=…` of RFC 7239, ready to be copied.
    let forwardedElement: [UInt8]

    /// - Parameter trusted: the site's `trusted_proxies`.
    package init(
        address: IPAddress?, port: UInt16, scheme: Scheme, listenerPort: UInt16, isTrusted: Bool, trusted: [CIDR] = []
    ) {
        self.address = address
        self.port = port
        self.scheme = scheme
        self.listenerPort = listenerPort
        self.isTrusted = isTrusted
        self.trusted = trusted
        let text = address?.text ?? "unknown"
        let proto = scheme == .https ? "https" : "http"
        addressText = Array(text.utf8)
        forAndProto = Array("X-Forwarded-For: \(text)\r\nX-Forwarded-Proto: \(proto)\r\n".utf8)
        portLine = Array("X-Forwarded-Port: \(listenerPort)\r\n".utf8)
        forwardedElement = Array("for=".utf8) + Self.node(address) + Array(";proto=\(proto)".utf8)
    }

    /// What the client spoke, as far as is known: a trusted peer's word counts.
    package func scheme(of request: RequestHead) -> [UInt8] {
        if isTrusted, let proto = TrustedClaims(request.fields, trusted: trusted).proto {
            return request.fields.bytes[proto].map { ByteClass.lowerCase($0) }
        }
        return Array((scheme == .https ? "https" : "http").utf8)
    }

    /// RFC 7239 §6: an IPv6 address stands in brackets, and since `:` and `[` are no token characters, in quotes. `unknown` for
    /// none.
    static func node(_ address: IPAddress?) -> [UInt8] {
        guard let address else { return Array("unknown".utf8) }
        return Array((address.isIPv6 ? "\"[\(address.text)]\"" : address.text).utf8)
    }
}
