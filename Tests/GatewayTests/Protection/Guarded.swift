import TestSupport

/// A site with files, a route and a WebSocket route, that believes what 127.0.0.1 says of its clients.
struct GuardedSite {
    let port: FreePort
    let directory: TemporaryDirectory
    let upstream: Upstream
    let toml: String

    /// - Parameters:
    ///   - site: tables of the site, such as `[sites.access]`.
    ///   - route: keys of the route `/app/`.
    ///   - ssl: lines of `[sites.ssl]`.
    ///   - top: tables before the site.
    ///   - answer: the upstream's.
    init(
        site: String = "", route: String = "", ssl: String = "", top: String = "",
        answer: @escaping @Sendable (Message) -> String = { Upstream.ok("app", to: $0) }
    ) throws {
        port = try FreePort()
        directory = try TemporaryDirectory()
        try directory.write("public/f.txt", "file")
        upstream = try Upstream.answering(answer)
        toml = """
            \(top)
            [[sites]]
            hostname = "localhost"
            port = \(port)
            static_dir = "\(directory.path)/public"
            \(ssl)
            \(site)
            [sites.proxy]
            enabled = true
            [sites.proxy.headers]
            trusted_proxies = ["127.0.0.1"]
            [[sites.proxy.upstreams]]
            name = "app"
            url = "http://127.0.0.1:\(upstream)"
            [[sites.proxy.routes]]
            path = "/app/"
            upstream = "app"
            websocket = true
            \(route)
            """
    }

    /// One request on a connection of its own.
    /// - Parameters:
    ///   - client: what `X-Forwarded-For` says; nil: nothing.
    ///   - fields: further lines, each ended.
    func ask(_ target: String, from client: String? = nil, _ method: String = "GET", fields: String = "") async throws -> Message
    {
        let port = port.number
        return try await onThread {
            let wire = try Wire(to: port)
            let forwarded = client.map { "X-Forwarded-For: \($0)\r\n" } ?? ""
            try wire.write("\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n\(forwarded)\(fields)\r\n")
            return try wire.readAnswer(toHead: method == "HEAD")
        }
    }

    /// The lines that ask for a WebSocket.
    static let handshake = """
        Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n
        """
}
