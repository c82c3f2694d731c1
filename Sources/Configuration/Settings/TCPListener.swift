/// `[[tcp]]`: a port whose connections are passed on as they are, by the name that a TLS client asks for, or all to one pool.
package struct TCPListener: Sendable, Equatable {
    /// The listener's name in messages and logs.
    package var name = ""
    /// An IP address; `::` is every address, IPv6 and IPv4.
    package var listen = "::"
    package var port = 0
    /// The pool of all connections that no name of `sni` is for; nil: they are closed.
    package var upstream: String?
    /// The SNI names with pools of their own, in the order of the file.
    package var names: [TCPName] = []
    package var upstreams: [Upstream] = []
    package var method = LoadBalancing.Method.leastConnections
    package var connectTimeout = Duration.seconds(10)
    /// How long a connection may be without a byte in either direction.
    package var idleTimeout = Duration.seconds(3600)
    /// Nil: clients come by themselves.
    package var proxyProtocol: ProxyProtocol?
    package var healthCheck = HealthCheck()

    package init() {}
}

/// `[[tcp.sni]]`: where the connections go that ask for some names.
package struct TCPName: Sendable, Equatable {
    /// Lower case; `*.example.com` stands for exactly one more label.
    package var hostnames: [String] = []
    /// The pool.
    package var upstream = ""

    package init() {}
}
