import TestSupport

/// What upstreams do.
extension Situation {
    static let upstreams = [
        Situation("upstream_connect_failed") { row in
            let free = try FreePort()
            try await ask(row, "http://127.0.0.1:\(free)")
        },
        Situation("group_unavailable") { row in
            let free = try FreePort()
            try await ask(row, "http://127.0.0.1:\(free)", times: 2, proxy: "[sites.proxy.passive_health]\ncircuit_fails = 1\n")
        },
        Situation("upstream_unresolved") { row in
            let names = try NameServer([:])
            try await ask(row, "http://app.internal:3000", top: "[dns]\nservers = [\"\(names)\"]\n")
        },
        Situation("upstream_certificate_refused") { row in
            let certificates = try await Certificates.ready()
            let upstream = try Upstream.saying("x")
            let front = try await Peer(
                "tls_front.py", [certificates.local.certificate, certificates.local.key, "\(upstream)"])
            // Signed by an authority that this machine does not know.
            try await ask(row, "https://localhost:\(front)")
        },
        Situation("upstream_tls_failed") { row in
            let upstream = try Upstream { _, wire in
                _ = try wire.read(5)
                try wire.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            }
            try await ask(row, "https://127.0.0.1:\(upstream)")
        },
        Situation("upstream_closed_early") { row in
            let upstream = try Upstream { _, wire in _ = try wire.readRequest() }
            try await ask(row, "http://127.0.0.1:\(upstream)")
        },
        Situation("upstream_truncated") { row in
            let upstream = try Upstream { _, wire in
                _ = try wire.readRequest()
                try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nthe beginning")
            }
            try await ask(row, "http://127.0.0.1:\(upstream)")
        },
        Situation("upstream_first_byte_timeout") { row in
            let upstream = try Upstream { _, wire in
                _ = try wire.readRequest()
                _ = try wire.readToEnd()
            }
            try await ask(row, "http://127.0.0.1:\(upstream)", proxy: "[sites.proxy.timeout]\nconnect = 600\nread = \"300ms\"\n")
        },
        Situation("upstream_connect_timeout") { row in
            // Its backlog is full, and it accepts nothing: as a host that drops what it does not want.
            let deaf = try DeafListener()
            try await ask(row, "http://127.0.0.1:\(deaf.port)", proxy: "[sites.proxy.timeout]\nconnect = \"300ms\"\n")
        },
    ]

    private static func ask(
        _ row: TroubleRow, _ url: String, times: Int = 1, top: String = "", proxy: String = ""
    ) async throws {
        let port = try FreePort()
        let toml = Sites.proxy(port, to: url, proxy: proxy, top: "[logging]\nformat = \"combined\"\n" + top)
        try await Gatehouse.serving(toml) { gatehouse in
            for _ in 1...times { _ = try await Command.curl(["http://localhost:\(port)/x"]) }
            try await row.comes(from: gatehouse)
        }
    }
}
