/// What the demo says once it serves: where it is, and what to try.
struct DemoIntroduction {
    var configuration: DemoConfiguration
    /// Where ca.crt is; nil without TLS.
    var certificates: String?

    var text: String {
        """
        Gatehouse demo

        \(Self.aligned(places))

        Try

        \(tries.map { "  \($0)" }.joined(separator: "\n"))
        \(trust)
        Each request is a line below. Ctrl-C stops.

        """
    }

    /// How browsers come to believe the certificate.
    private var trust: String {
        guard let certificates else { return "" }
        return """

            Browsers believe its certificate after

              gatehouse trust --root \(Self.quoted("\(certificates)/ca.crt"))

            """
    }

    private var site: String { "\(configuration.scheme)://localhost:\(configuration.port)" }

    private var places: [[String]] {
        var rows = [
            ["chat", "\(site)/", "open it in two windows: they are on two upstreams, which it can stop"],
            ["echo", "\(site)/echo/", "shows the request as an upstream gets it"],
            ["WebSocket", "\(site.replacing("http", with: "ws", maxReplacements: 1))/chat/ws?name=you", "the chat for programs"],
        ]
        if certificates != nil { rows.append(["TLS", "\(site)/tls", "what your TLS connection is, as the other end sees it"]) }
        if let dashboard = configuration.dashboard { rows.append(["dashboard", dashboard.url, "what the gateway does, live"]) }
        if let port = configuration.plainPort {
            rows.append(["redirect", "http://localhost:\(port)/", "answers with the address under https"])
        }
        return rows
    }

    private var tries: [String] {
        guard let certificates else {
            return [
                "curl '\(site)/echo/hello?from=curl'",
                "curl -H 'Accept: application/json' -d 'some text' \(site)/echo/",
            ]
        }
        let authority = Self.quoted("\(certificates)/ca.crt")
        var lines = [
            "curl --cacert \(authority) '\(site)/echo/hello?from=curl'",
            "curl --cacert \(authority) -H 'Accept: application/json' -d 'some text' \(site)/echo/",
        ]
        if let port = configuration.plainPort {
            lines.append("curl --cacert \(authority) -L http://localhost:\(port)/echo/redirected")
        }
        let request = "printf 'GET /echo/ HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n'"
        let client = "openssl s_client -connect localhost:\(configuration.port) -servername localhost -CAfile \(authority)"
        lines.append("\(client) -brief </dev/null")
        lines.append("\(request) | \(client) -quiet")
        return lines
    }

    private static func aligned(_ rows: [[String]]) -> String {
        Table.text(rows).split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
    }

    /// A word of a shell's line.
    private static func quoted(_ word: String) -> String {
        let isPlain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-".contains($0)) }
        return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
