import TestSupport

/// A site that keeps its upstream's answers, and those who ask it.
struct CachedSite: Sendable {
    let port: FreePort
    let upstream: Upstream
    let toml: String

    /// - Parameters:
    ///   - keys: of `[sites.cache_upstream]`.
    ///   - tables: further tables of the site.
    ///   - answer: by the upstream's request, and how many have come before it.
    init(
        _ keys: String = "", tables: String = "", route: String = "", ssl: String = "",
        _ answer: @escaping @Sendable (Message, Int) -> String
    ) throws {
        port = try FreePort()
        upstream = try Upstream { upstream, wire in
            while let request = try wire.readRequest() {
                let number = upstream.requests.all.count
                upstream.requests.append(request)
                try wire.write(answer(request, number))
            }
        }
        toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", ssl: ssl, route: route,
            proxy: "\(tables)\n[sites.cache_upstream]\n\(keys)\n")
    }

    /// An answer with fields and a body.
    static func answer(_ text: String, _ fields: String, status: String = "200 OK", to request: Message? = nil) -> String {
        "HTTP/1.1 \(status)\r\n\(fields.isEmpty ? "" : fields + "\r\n")Content-Length: \(text.utf8.count)\r\n\r\n"
            + (request?.method == "HEAD" ? "" : text)
    }

    func ask(_ target: String = "/", _ fields: String = "", method: String = "GET") async throws -> Message {
        try await onThread {
            let wire = try Wire(to: port.number)
            try wire.write("\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n\(fields.isEmpty ? "" : fields + "\r\n")\r\n")
            return try wire.readAnswer(toHead: method == "HEAD")
        }
    }

    /// Asks, and takes what the cache says of it.
    func status(_ target: String = "/", _ fields: String = "", method: String = "GET") async throws -> String {
        try await ask(target, fields, method: method).values("Cache-Status").joined(separator: " | ")
    }
}
