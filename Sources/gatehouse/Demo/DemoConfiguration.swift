import Demo

/// The configuration that the demo runs with: one a reader can take and change.
struct DemoConfiguration {
    var listen: String
    /// The port of the demo's site.
    var port: UInt16
    /// The port of the site that redirects to https; nil without TLS.
    var plainPort: UInt16?
    /// Where localhost.crt and localhost.key are; nil without TLS.
    var certificates: String?
    var services: DemoServices.Addresses
    /// Where the dashboard is; nil where others than this machine reach the demo: its page links to it.
    var dashboard: Dashboard?

    /// The dashboard's listener on 127.0.0.1, with keys that are made for this run.
    struct Dashboard {
        var port: UInt16
        var key: String
        /// The key that lets its owner look and change nothing.
        var readKey: String

        var url: String { "http://127.0.0.1:\(port)/dashboard#\(readKey)" }
    }

    var scheme: String { certificates == nil ? "http" : "https" }

    /// TOML, as `gatehouse run` reads it.
    var text: String {
        var parts = [general, management, site, upstreams, routes]
        if let plainPort { parts.append(redirect(from: plainPort)) }
        return parts.joined(separator: "\n")
    }

    private var general: String {
        """
        [logging]
        access_log = "stdout"
        format = "compact"

        [limits]
        drain_timeout = "10s"

        [recorder]
        exchanges = 256

        """
    }

    private var management: String {
        guard let dashboard else { return "" }
        return """
            [management]
            enabled = true
            port = \(dashboard.port)
            api_key = "\(dashboard.key)"
            read_key = "\(dashboard.readKey)"

            """
    }

    private var site: String {
        var lines = """
            [[sites]]
            name = "demo"
            hostname = "localhost"
            listen = \(Self.quoted(listen))
            port = \(port)
            default = true

            """
        guard let certificates else { return lines }
        lines += """

            [sites.ssl]
            enabled = true
            cert_file = \(Self.quoted(certificates + "/localhost.crt"))
            key_file = \(Self.quoted(certificates + "/localhost.key"))

            """
        return lines
    }

    private var upstreams: String {
        let named = [("page", services.page), ("echo", services.echo)] + services.chat.map { ("chat", $0) }
        let tables = named.map { name, address in
            """

            [[sites.proxy.upstreams]]
            name = "\(name)"
            url = "http://\(address)"

            """
        }
        return """
            [sites.proxy]
            enabled = true

            """ + tables.joined()
    }

    private var routes: String {
        """
        [[sites.proxy.routes]]
        path = "/"
        upstream = "page"

        [[sites.proxy.routes]]
        path = "/echo/"
        upstream = "echo"

        [[sites.proxy.routes]]
        path = "/chat/ws"
        upstream = "chat"
        websocket = true

        [sites.proxy.load_balancing]
        method = "least_connections"

        """ + (certificates == nil ? "" : tlsInfo)
    }

    private var tlsInfo: String {
        """

        [[sites.proxy.routes]]
        exact = "/tls"
        tls_info = true

        """
    }

    private func redirect(from plainPort: UInt16) -> String {
        """
        [[sites]]
        name = "redirect"
        hostname = "localhost"
        listen = \(Self.quoted(listen))
        port = \(plainPort)
        default = true
        redirect_to_https = true
        https_port = \(port)

        """
    }

    /// A TOML string (TOML 1.0, "Basic strings").
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\u{0}"..<" ", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
