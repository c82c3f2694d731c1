import TestSupport
import Testing

@Suite("Probes of upstreams")
struct ProbeTests {
    private static func keys(_ question: String) -> String {
        """
        [sites.proxy.health_check]
        enabled = true
        \(question)
        interval = "100ms"
        timeout = 60
        retries = 2
        rise = 2
        """
    }

    @Test("a TCP probe notices that nobody listens any more, and that somebody does again")
    func tcp() async throws {
        let upstream = try Upstream { _, wire in _ = try wire.readToEnd() }
        let port = try FreePort()
        let number = upstream.port
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(number)", proxy: Self.keys("type = \"tcp\""))) {
            gatehouse in
            // Connections that carry nothing.
            _ = try await upstream.connections.first(3)
            #expect(!gatehouse.log.all.contains { $0.contains("upstream unhealthy") })
            upstream.stop()
            let unhealthy = try await gatehouse.log.first("that it is unhealthy") { $0.contains("upstream unhealthy") }
            #expect(unhealthy.contains("Connection refused"), "\(unhealthy)")
            let next = try Upstream(port: number) { _, wire in _ = try wire.readToEnd() }
            let well = try await gatehouse.log.first("that it is well") { $0.contains("upstream healthy again") }
            #expect(well.contains("connected"), "\(well)")
            withExtendedLifetime(next) {}
        }
    }

    @Test("an HTTP probe goes over TLS to an upstream that speaks it, with its path, its Host and its statuses")
    func tls() async throws {
        let certificates = try await Certificates.ready()
        let isHealthy = Guarded(false)
        let upstream = try Upstream.answering { _ in
            "HTTP/1.1 \(isHealthy.withLock { $0 } ? 204 : 200) x\r\nContent-Length: 0\r\n\r\n"
        }
        let front = try await Peer("tls_front.py", [certificates.local.certificate, certificates.local.key, "\(upstream)"])
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "https://localhost:\(front)", upstream: "ca_file = \"\(certificates.authority)\"",
            proxy: Self.keys("path = \"/up\"\nhost = \"probe.test\"\nexpect = [\"204\"]"))
        try await Gatehouse.serving(toml) { gatehouse in
            let unhealthy = try await gatehouse.log.first("that it is unhealthy") { $0.contains("upstream unhealthy") }
            #expect(unhealthy.contains("status 200"), "\(unhealthy)")
            let probe = try #require(try await upstream.requests.first(1).first)
            #expect(probe.method == "GET" && probe.target == "/up" && probe.value("Host") == "probe.test")
            #expect(probe.value("User-Agent") == "gatehouse-probe" && probe.value("Connection") == "close")
            isHealthy.withLock { $0 = true }
            _ = try await gatehouse.log.first("that it is well") { $0.contains("upstream healthy again") }
        }
    }

    @Test("a TCP probe of an upstream that speaks TLS is healthy only after the handshake", arguments: [true, false])
    func handshake(isKnown: Bool) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("x")
        let front = try await Peer("tls_front.py", [certificates.local.certificate, certificates.local.key, "\(upstream)"])
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "https://localhost:\(front)", upstream: isKnown ? "ca_file = \"\(certificates.authority)\"" : "",
            proxy: Self.keys("type = \"tcp\""))
        try await Gatehouse.serving(toml) { gatehouse in
            if isKnown {
                // Each probe's connection ends without a request.
                _ = try await upstream.closures.first(3)
                #expect(!gatehouse.log.all.contains { $0.contains("upstream unhealthy") })
            } else {
                let unhealthy = try await gatehouse.log.first("that it is unhealthy") { $0.contains("upstream unhealthy") }
                #expect(unhealthy.contains("certificate"), "\(unhealthy)")
                #expect(upstream.connections.all.isEmpty || upstream.requests.all.isEmpty)
            }
        }
    }
}
