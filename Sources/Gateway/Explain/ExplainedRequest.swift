import HTTP
import Transport

/// A request that nobody sends: what would become of it is asked.
package struct ExplainedRequest: Sendable {
    /// Why it cannot be asked about.
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    let isTLS: Bool
    /// The host as the URL writes it, an IPv6 literal in its brackets.
    let host: String
    let port: UInt16
    let client: SocketAddress
    /// The head as HTTP/1.1 writes it.
    let head: [UInt8]

    /// - Parameters:
    ///   - url: absolute, of `http` or `https`; of `ws` or `wss` it is the opening handshake of a WebSocket.
    ///   - fields: each `Name: value`, added as curl's `-H` does.
    ///   - client: the address that the request comes from.
    /// - Throws: what cannot be understood.
    package init(_ url: String, method: String, fields: [String], client: String) throws(Fault) {
        let schemes = ["http", "https", "ws", "wss"]
        guard let scheme = schemes.first(where: { url.lowercased().hasPrefix("\($0)://") }) else {
            throw Fault(description: "\"\(url)\" is no URL of http, https, ws or wss, such as https://www.example.com/path")
        }
        isTLS = scheme == "https" || scheme == "wss"
        let rest = url.dropFirst(scheme.count + 3).prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest.dropFirst(authority.count)
        let bytes = Array(authority.utf8)
        guard let parts = AuthorityParts(bytes.span, 0..<bytes.count) else {
            throw Fault(description: "\"\(authority)\" of the URL is no host with an optional port")
        }
        let name = String(decoding: bytes[parts.host], as: UTF8.self)
        host = parts.isIPv6 ? "[\(name)]" : name
        port = parts.port ?? (isTLS ? 443 : 80)
        guard let client = SocketAddress(literal: client, port: 50_000) else {
            throw Fault(description: "\"\(client)\" is no IP address")
        }
        self.client = client
        // A blank would end it, and what follows would be the target's.
        guard !method.isEmpty, !method.contains(" ") else { throw Fault(description: "\"\(method)\" is no method") }
        let handshake = scheme.hasPrefix("ws") ? Self.handshake(beside: fields) : []
        head = try Self.head(method, target, authority, handshake + fields)
    }

    /// What a client sends to open a WebSocket (RFC 6455 §4.1, the key that of §1.3), but for what is given.
    private static func handshake(beside fields: [String]) -> [String] {
        func name(_ field: String) -> String { field.prefix { $0 != ":" }.lowercased() }
        let given = Set(fields.map(name))
        return [
            "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ].filter { !given.contains(name($0)) }
    }

    /// Two `Host` lines are an error of the request's own: a field that is given takes the place of the URL's.
    private static func head(
        _ method: String, _ target: Substring, _ authority: Substring, _ fields: [String]
    ) throws(Fault) -> [UInt8] {
        var lines = ["\(method) \(target.hasPrefix("/") ? "" : "/")\(target) HTTP/1.1"]
        if !fields.contains(where: { $0.lowercased().hasPrefix("host:") }) { lines.append("Host: \(authority)") }
        for field in fields {
            guard let colon = field.firstIndex(of: ":") else {
                throw Fault(description: "\"\(field)\" is no field: write it as \"Name: value\"")
            }
            let value = field[field.index(after: colon)...].drop { $0 == " " }
            lines.append("\(field[..<colon]): \(value)")
        }
        if lines.contains(where: { $0.utf8.contains(13) || $0.utf8.contains(10) }) {
            throw Fault(description: "a line of the request has an end of line in it")
        }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }
}
