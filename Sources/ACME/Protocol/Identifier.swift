import Transport

/// A host that a certificate is to be for (RFC 8555 §7.1.3, RFC 8738).
struct Identifier: Codable, Sendable, Hashable {
    var type: String
    var value: String

    init(_ name: String) {
        type = SocketAddress(literal: name, port: 0) == nil ? "dns" : "ip"
        value = name
    }
}
