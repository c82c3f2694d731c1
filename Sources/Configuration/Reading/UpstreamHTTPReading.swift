extension UpstreamHTTP {
    /// Reads the version and what belongs to it.
    /// - Parameters:
    ///   - url: nil if it is not usable, which is reported.
    ///   - sendsProxyHeader: each connection to it is about one client.
    init(reading table: TableReader, url: UpstreamURL?, sendsProxyHeader: Bool) {
        table.read("http_version", into: &version)
        table.read("max_streams_per_connection", into: &maxStreams, in: 1...100_000)
        table.readDuration("ping_interval", into: &pingInterval, orZero: true)
        table.readDuration("ping_timeout", into: &pingTimeout)
        guard let url else { return }
        if url.scheme == .h2c {
            if table.has("http_version"), version != .http2 {
                table.error(at: "http_version", "is not what the url says: h2c is HTTP/2", hint: "leave it out, or write http://")
            }
            version = .http2
        } else if version == .auto, !url.scheme.isTLS {
            table.error(
                at: "http_version", "\"auto\" needs https: without TLS nothing is negotiated",
                hint: "\"2\" speaks HTTP/2 by prior knowledge, as h2c:// does")
        }
        if version != .http1, sendsProxyHeader {
            table.error(
                at: url.scheme == .h2c ? "url" : "http_version", "HTTP/2 carries many clients' requests on one connection",
                hint: "send_proxy needs http_version = \"1.1\"")
        }
        for key in ["max_streams_per_connection", "ping_interval", "ping_timeout"] where version == .http1 && table.has(key) {
            table.warning(
                at: key, "has no effect: HTTP/1.1 is spoken to it",
                hint: "add http_version = \"2\" or \"auto\"")
        }
    }
}
