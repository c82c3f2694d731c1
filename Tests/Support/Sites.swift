/// Configurations that many tests share.
package enum Sites {
    /// One site on `port` that sends everything to one upstream.
    ///
    /// - Parameters:
    ///   - url: of the upstream.
    ///   - upstream: further keys of it.
    ///   - ssl: lines of `[sites.ssl]`; a plain site if empty.
    ///   - route: further keys of the route.
    ///   - proxy: further tables below `[sites.proxy]`.
    ///   - top: tables before the site.
    package static func proxy(
        _ port: FreePort, to url: String, upstream: String = "", ssl: String = "", site: String = "", route: String = "",
        proxy: String = "", top: String = ""
    ) -> String {
        """
        \(top)
        [[sites]]
        name = "main"
        hostname = "localhost"
        port = \(port)
        default = true
        \(site)
        \(ssl)
        [sites.proxy]
        enabled = true
        [[sites.proxy.upstreams]]
        name = "app"
        url = "\(url)"
        \(upstream)
        [[sites.proxy.routes]]
        path = "/"
        upstream = "app"
        \(route)
        \(proxy)
        \(proxy.contains("[sites.proxy.timeout]") ? "" : patientTimeouts)
        """
    }

    /// A slow machine must not look like a slow upstream.
    private static let patientTimeouts = """
        [sites.proxy.timeout]
        connect = 600
        read = 600
        write = 600
        """
}
