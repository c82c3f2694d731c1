import TestSupport

/// What clients do.
extension Situation {
    static let handshakes = [
        Situation("unknown ca") { row in
            // It has not been told of the authority.
            try await secured(row) { port, _ in
                _ = try await Command.curl(["https://localhost:\(port)/"])
            }
        },
        Situation("unsupported protocol") { row in
            try await secured(row) { port, _ in
                _ = try await Command.sClient(port, ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-servername", "localhost"])
            }
        },
        Situation("plain_http_on_tls_port") { row in
            try await secured(row) { port, _ in
                _ = try await Command.curl(["http://localhost:\(port)/"])
            }
        },
        Situation("misdirected") { row in
            try await secured(row) { port, authority in
                _ = try await Command.curl(["--cacert", authority, "-H", "Host: other.test", "https://localhost:\(port)/"])
            }
        },
    ]

    static let refusals = [
        Situation("no_route") { row in
            try await plain(row, route: "/api/") { port in _ = try await Command.curl(["http://localhost:\(port)/elsewhere"]) }
        },
        Situation("body_too_large") { row in
            try await plain(row, top: "[security]\nmax_request_size = \"1KB\"") { port in
                _ = try await Command.curl(["-d", String(repeating: "b", count: 2000), "http://localhost:\(port)/"])
            }
        },
        Situation("field_too_large") { row in
            try await plain(row) { port in
                let cookie = "Cookie: " + String(repeating: "c", count: 9000)
                _ = try await Command.curl(["-H", cookie, "http://localhost:\(port)/"])
            }
        },
        Situation("head_timeout") { row in
            try await plain(row, top: "[limits]\nhead_timeout = 1") { port in
                try await onThread {
                    let wire = try Wire(to: port.number)
                    try wire.write("GET /slow HTTP/1.1\r\nHost: localhost\r\n")
                    _ = try wire.readToEnd()
                }
            }
        },
        Situation("client_left") { row in
            let upstream = try Upstream { _, wire in
                _ = try wire.readRequest()
                _ = try wire.readToEnd()
            }
            try await plain(row, to: upstream, top: "[limits]\nhalf_close_grace = 1") { port in
                _ = try await Command.curl(["--max-time", "1", "http://localhost:\(port)/slow"])
            }
        },
        Situation("websocket_not_enabled") { row in
            try await plain(row) { port in try await openWebSocket(port) }
        },
        Situation("origin_refused") { row in
            let (upstream, port) = try (Upstream.saying("x"), FreePort())
            let toml = Sites.proxy(
                port, to: "http://127.0.0.1:\(upstream)",
                route: "websocket = true\nallowed_origins = [\"https://ours.test\"]", top: format)
            try await Gatehouse.serving(toml) { gatehouse in
                try await openWebSocket(port)
                try await row.comes(from: gatehouse)
            }
        },
    ]

    private static let format = "[logging]\nformat = \"combined\"\n"

    /// As a program does: without an `Origin`.
    private static func openWebSocket(_ port: FreePort) async throws {
        try await onThread {
            let wire = try Wire(to: port.number)
            try wire.write(
                "GET /socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            _ = try wire.readAnswer()
        }
    }

    /// A plain site before an upstream that answers everything.
    private static func plain(
        _ row: TroubleRow, to given: Upstream? = nil, route: String = "/", top: String = "",
        _ ask: (FreePort) async throws -> Void
    ) async throws {
        let (upstream, port) = try (given ?? Upstream.saying("x"), FreePort())
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", top: format + top)
        try await Gatehouse.serving(toml.replacing("path = \"/\"", with: "path = \"\(route)\"")) { gatehouse in
            try await ask(port)
            try await row.comes(from: gatehouse)
        }
    }

    /// A TLS site for localhost, and another with a certificate of its own on the same port.
    private static func secured(
        _ row: TroubleRow, _ ask: (FreePort, String) async throws -> Void
    ) async throws {
        let (certificates, port) = try (await Certificates.ready(), FreePort())
        let sites = [("localhost", "../localhost"), ("other.test", "rsa.test")].map { name, certificate in
            """
            [[sites]]
            hostname = "\(name)"
            port = \(port)
            static_dir = "/"
            \(certificates.ssl(certificate))
            """
        }
        try await Gatehouse.serving(format + sites.joined(separator: "\n")) { gatehouse in
            try await ask(port, certificates.authority)
            try await row.comes(from: gatehouse)
        }
    }
}
