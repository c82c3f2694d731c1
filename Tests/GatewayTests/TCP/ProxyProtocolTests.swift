import Foundation
import TestSupport
import Testing

/// Clients behind a load balancer that speaks the PROXY protocol. HAProxy is the balancer; curl plays one of version 1.
@Suite("The PROXY protocol")
struct ProxyProtocolTests {
    private func site(_ port: FreePort, from: String = "127.0.0.1", ssl: String = "", more: String = "") throws -> (
        String, Upstream
    ) {
        let upstream = try Upstream.answering { Upstream.ok("app", to: $0) }
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", ssl: ssl,
            proxy: "[sites.proxy_protocol]\nfrom = [\"\(from)\"]\n\(more)")
        return (toml, upstream)
    }

    /// HAProxy in front of `port`.
    /// - Parameter certificates: with which it ends its clients' TLS; nil if it does not.
    private func balancer(
        _ port: FreePort, to target: FreePort, options: String, _ certificates: Certificates? = nil,
        in directory: TemporaryDirectory
    ) async throws -> ChildProcess {
        if let (certificate, key) = certificates?.local {
            let files = try [certificate, key].map { try String(contentsOfFile: $0, encoding: .utf8) }
            try directory.write("both.pem", files.joined())
        }
        return try await ChildProcess.haproxy(
            mode: "tcp",
            """
            frontend in
                bind 127.0.0.1:\(port) \(certificates != nil ? "ssl crt \(directory.path)/both.pem" : "")
                default_backend out
            backend out
                server gatehouse 127.0.0.1:\(target) \(options)
            """, at: port, in: directory)
    }

    @Test(
        "names the client to the upstream, the log and the rules; before TLS, and through it",
        arguments: ["send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id,authority"], [false, true])
    func haproxy(options: String, ssl: Bool) async throws {
        let certificates = try await Certificates.ready()
        let (port, front) = try (FreePort(), FreePort())
        let (toml, upstream) = try site(port, ssl: ssl ? certificates.ssl() : "")
        let directory = try TemporaryDirectory()
        try await Gatehouse.serving(toml) { gatehouse async throws in
            let balancer = try await balancer(front, to: port, options: options, in: directory)
            defer { balancer.terminate() }
            let url = "\(ssl ? "https" : "http")://localhost:\(front)/x"
            let from = ["--interface", "127.0.0.77", "--resolve", "localhost:\(front):127.0.0.1"]
            let answer = try await Command.curl(from + ["--cacert", certificates.authority, url, url])
            #expect(answer.text == "appapp", "\(answer)")
            let head = try #require(upstream.requests.all.first?.head)
            #expect(head.contains("X-Forwarded-For: 127.0.0.77\r\n"))
            // Where the client connected to.
            #expect(head.contains("X-Forwarded-Port: \(front)\r\n"))
            #expect(try await gatehouse.access("/x")["client"] == "127.0.0.77")
        }
    }

    @Test("tells what the balancer and its client agreed on, where the balancer ends TLS")
    func terminated() async throws {
        let certificates = try await Certificates.ready()
        let (port, front) = try (FreePort(), FreePort())
        let (toml, upstream) = try site(port)
        let directory = try TemporaryDirectory()
        try await Gatehouse.serving(toml) { gatehouse async throws in
            let options = "send-proxy-v2-ssl-cn proxy-v2-options ssl,cert-cn,ssl-cipher,crc32c"
            let balancer = try await balancer(front, to: port, options: options, certificates, in: directory)
            defer { balancer.terminate() }
            let answer = try await Command.curl(["--cacert", certificates.authority, "https://localhost:\(front)/y"])
            #expect(answer.text == "app", "\(answer)")
            #expect(upstream.requests.all.first?.head.contains("X-Forwarded-Proto: https\r\n") == true)
            let line = try await gatehouse.access("/y")
            #expect(line["tls"] == "TLSv1.3" && line["cipher"]?.hasPrefix("TLS_") == true)
        }
    }

    @Test("is wanted from those that are named, and from nobody else", arguments: ["refuse", "plain"])
    func others(choice: String) async throws {
        let port = try FreePort()
        let (toml, upstream) = try site(port, from: "127.0.0.2", more: "others = \"\(choice)\"")
        try await Gatehouse.serving(toml) { gatehouse async throws in
            let own = try await Command.curl(["http://127.0.0.1:\(port)/"])
            #expect(own.text == (choice == "plain" ? "app" : ""))
            if choice == "refuse" {
                let line = try await gatehouse.log.first { $0.contains("connection refused before TLS and HTTP") }
                #expect(line.contains("sites.proxy_protocol.from"))
            }
            // It claims to be another, and may not.
            let liar = try await Command.curl(
                ["--haproxy-protocol", "-o/dev/null", "-w%{http_code}", "http://127.0.0.1:\(port)/"])
            #expect(liar.text == (choice == "plain" ? "400" : "000"))
            let friend = try await Command.curl(["--haproxy-protocol", "--interface", "127.0.0.2", "http://127.0.0.1:\(port)/"])
            #expect(friend.text == "app", "\(friend)")
            #expect(upstream.requests.all.count == (choice == "plain" ? 2 : 1))
        }
    }

    @Test(
        "refuses what is no header, and says how it begins",
        arguments: [
            ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "no PROXY protocol header", "GET / HTTP/1.1\\r\\nHost: localhost"),
            (
                "PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n", "a malformed PROXY protocol header: two addresses",
                "PROXY TCP4 1.2.3.4 5.6.7.8 1\\r\\n"
            ),
            (
                "\r\n\r\n\0\r\nQUIT\n\u{41}\u{11}\0\0", "version 4 with the signature",
                "0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a 41 11 00 00"
            ),
        ])
    func refused(bytes: String, reason: String, begins: String) async throws {
        let port = try FreePort()
        let (toml, upstream) = try site(port)
        try await Gatehouse.serving(toml) { gatehouse async throws in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write(bytes)
                #expect(try wire.readToEnd().bytes.isEmpty)
            }
            let line = try await gatehouse.log.first { $0.contains("connection refused before TLS and HTTP") }
            #expect(line.contains(reason) && line.contains(begins), "\(line)")
            #expect(upstream.requests.all.isEmpty)
        }
    }

    @Test(
        "says of a header whose end does not come that it is cut, whether its connection ends or nothing comes any more",
        arguments: ["PROXY TCP4 192.0.2.9 198.51", "\r\n\r\n\0\r\nQUIT\n\u{21}\u{11}\0\u{0c}\u{7f}", "\r\n\r\n\0\r"],
        [true, false])
    func cut(bytes: String, ends: Bool) async throws {
        let port = try FreePort()
        let (toml, upstream) = try site(port)
        let limits = "[limits]\nhandshake_timeout = \(ends ? 600 : 1)\n"
        try await Gatehouse.serving(limits + toml) { gatehouse async throws in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write(bytes)
                if ends { wire.finishWriting() }
                #expect(try wire.readToEnd().bytes.isEmpty)
            }
            let line = try await gatehouse.log.first { $0.contains("connection refused before TLS and HTTP") }
            #expect(line.contains("a PROXY protocol header that is cut short"), "\(line)")
            #expect(line.contains("limits.handshake_timeout") == !ends, "\(line)")
            #expect(upstream.requests.all.isEmpty)
        }
    }

    @Test("may come byte by byte, and in one piece with the request")
    func pieces() async throws {
        let port = try FreePort()
        let (toml, upstream) = try site(port)
        try await Gatehouse.serving(toml) { _ async throws in
            let header = "PROXY TCP4 192.0.2.9 198.51.100.2 40000 443\r\n"
            let request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
            for cutsAll in [false, true] {
                try await onThread {
                    let wire = try Wire(to: port.number)
                    let bytes = Array((header + request).utf8)
                    if cutsAll { for byte in bytes { try wire.write([byte]) } } else { try wire.write(bytes) }
                    #expect(try wire.readAnswer().text == "app")
                    // The next request of the connection needs no other.
                    try wire.write(request)
                    #expect(try wire.readAnswer().text == "app")
                }
            }
            #expect(upstream.requests.all.count == 4)
            #expect(upstream.requests.all.allSatisfy { $0.head.contains("X-Forwarded-For: 192.0.2.9\r\n") })
        }
    }

    @Test("has a time to come, and each client behind it a count of its own")
    func limits() async throws {
        let port = try FreePort()
        let (toml, upstream) = try site(port)
        let limits = "[limits]\nhandshake_timeout = \"300ms\"\nmax_connections_per_client = 2\n"
        try await Gatehouse.serving(limits + toml) { gatehouse async throws in
            try await onThread {
                let silent = try Wire(to: port.number)
                try silent.write("PROXY TC")
                #expect(try silent.readToEnd().bytes.isEmpty)
                func client(_ address: String) throws -> (Wire, Message?) {
                    let wire = try Wire(to: port.number)
                    try wire.write("PROXY TCP4 \(address) 198.51.100.2 40000 443\r\n")
                    // Who is refused may be so before this is sent.
                    try? wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    return (wire, try? wire.readAnswer())
                }
                let held = try (0..<5).flatMap { index in try (0..<2).map { _ in try client("192.0.2.\(index)") } }
                #expect(held.allSatisfy { $0.1?.status == 200 })
                #expect(try client("192.0.2.3").1 == nil)
            }
            let lines = try await gatehouse.log.first { $0.contains("max_connections_per_client") }
            #expect(lines.contains("192.0.2.3"))
            #expect(upstream.requests.all.count == 10)
        }
    }
}
