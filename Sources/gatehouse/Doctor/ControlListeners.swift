import Transport

/// Where a running gateway is asked over TCP: `[management]` and `metrics.listen`, as `GET /configuration` shows them.
struct ControlListeners: Decodable, Sendable {
    struct Management: Decodable, Sendable {
        var enabled: Bool?
        var host: String?
        var port: Int?
    }

    struct Metrics: Decodable, Sendable {
        var listen: String?
    }

    var management: Management?
    var metrics: Metrics?

    /// As `GET /status` writes addresses.
    var addresses: [String] {
        var found = metrics?.listen.map { [$0] } ?? []
        if let management, management.enabled == true {
            let host = management.host.map { $0 == "localhost" ? "127.0.0.1" : $0 } ?? "127.0.0.1"
            let address = SocketAddress(literal: host, port: UInt16(clamping: management.port ?? 7654))
            found += address.map { [$0.description] } ?? []
        }
        return found
    }
}
