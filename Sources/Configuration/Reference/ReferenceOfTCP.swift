extension ConfigurationReference {
    static let sendProxyKey = Key(
        "send_proxy", "`v1`, `v2`", .none("nothing"),
        """
        Each connection to it begins with a header of the PROXY protocol that names the client: a line (`v1`), or bytes \
        (`v2`) that also tell SNI, ALPN and the client's TLS. HTTP connections are then used once. \
        [TCP](tcp.md#the-proxy-protocol).
        """)

    static let tcpSections = [
        Section(
            "tcp", isArray: true,
            """
            A port whose connections are passed on as they are: TLS by the name that the client asks for, which is not \
            decrypted here, and anything else that uses TCP. [TCP](tcp.md) explains it.
            """,
            [
                Key("name", "text", .required, "Name in logs and messages."),
                Key("listen", "IP address", .value("\"::\""), "Where to listen. `::` (or `*`) is every address, IPv6 and IPv4."),
                Key("port", "1 to 65535", .required, "Where to listen."),
                Key(
                    "upstream", "name", .none("such connections are closed"),
                    "The pool of all connections that no `[[tcp.sni]]` is for."),
                Key(
                    "method", "`least_connections`, `round_robin`, `weighted`, `random_two`, `hash`",
                    .value("\"least_connections\""), "How connections are spread; `hash` is by the client's address."),
                Key("connect_timeout", "duration", .value("10"), "How long a server may take to accept a connection."),
                Key("idle_timeout", "duration", .value("3600"), "How long a connection may be silent, both ways."),
            ]),
        Section(
            "tcp[].sni", isArray: true, "Where the connections of TLS clients go that ask for these names.",
            [
                Key("hostnames", "list of host names (or one)", .required, "Exactly, or `*.` for one more label."),
                Key("upstream", "name", .required, "The pool."),
            ]),
        Section(
            "tcp[].upstreams", isArray: true, "A server. All entries of one name are one pool.",
            [
                Key("name", "text", .required, "The pool."),
                Key("address", "`host:port`", .required, "A name, an IPv4 address, or an IPv6 address in brackets."),
                Key("weight", "0 to 65535", .value("1"), "Its share of connections; 0: none."),
                Key("max_conns", "count", .none("no limit"), "Connections at once, over all workers; more go to others."),
                Key("backup", "boolean", .value("false"), "Used only when too few others of the pool are healthy."),
                Key("drain", "boolean", .value("false"), "Takes no new connections."),
                sendProxyKey,
            ]),
        Section(
            "tcp[].proxy_protocol", "As `[sites.proxy_protocol]`: who names the clients for whom it connects.",
            [
                Key("from", "list of addresses or CIDR blocks", .none("required"), "Who begins with a header, and is believed."),
                Key("others", "`refuse`, `plain`", .value("\"refuse\""), "What becomes of connections of anybody else."),
            ]),
        Section(
            "tcp[].health_check", "Asking servers whether they accept connections.",
            [
                Key("enabled", "boolean", .value("false"), "Whether they are asked."),
                Key("interval", "duration", .value("30"), "How often, give or take a tenth."),
                Key("timeout", "duration", .value("5"), "How long a connection may take."),
                Key("retries", "1 to 1000", .value("3"), "Failures in a row that make a server unhealthy."),
                Key("rise", "1 to 1000", .value("2"), "Successes in a row that make it healthy again."),
            ]),
    ]
}
