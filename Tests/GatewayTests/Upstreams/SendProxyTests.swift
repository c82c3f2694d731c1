import Foundation
import TestSupport
import Testing

/// HTTP upstreams that are told by the PROXY protocol whose connection it is.
@Suite("send_proxy of HTTP upstreams")
struct SendProxyTests {
    private static let probing = """
        [sites.proxy.health_check]
        enabled = true
        path = "/"
        interval = 1
        retries = 1
        """

    @Test("nginx sees each client, over connections of its own", arguments: ["v1", "v2"], [false, true])
    func nginx(version: String, http2: Bool) async throws {
        let certificates = try await Certificates.ready()
        let directory = try TemporaryDirectory()
        let (port, behind) = try (FreePort(), FreePort())
        let nginx = try await Nginx(
            """
            server {
                listen 127.0.0.1:\(behind) reuseport proxy_protocol;
                location / { return 200 "$proxy_protocol_addr $proxy_protocol_server_port $connection_requests\\n"; }
            }
            """, in: directory)
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(behind)", upstream: "send_proxy = \"\(version)\"", ssl: certificates.ssl(),
            proxy: Self.probing)
        try await Gatehouse.serving(toml) { gatehouse in
            for client in ["127.0.0.9", "127.0.0.8"] {
                let url = "https://localhost:\(port)/"
                let from = [
                    "--interface", client, "--resolve", "localhost:\(port):127.0.0.1", "--cacert", certificates.authority,
                ]
                let outcome = try await Command.run(
                    "curl", ["-sS", http2 ? "--http2" : "--http1.1"] + from + [url, url, url])
                #expect(outcome.text == String(repeating: "\(client) \(port) 1\n", count: 3), "\(outcome)")
            }
            // Probes begin with a header, too: without it nginx would refuse them, and the server would be unhealthy.
            #expect(!gatehouse.log.all.contains { $0.contains("unhealthy") })
        }
        withExtendedLifetime(nginx) {}
    }

    /// Answers that are stale at once, each another one, and say who has asked.
    enum StaleServer: String, CaseIterable {
        case haproxy, nginx, varnish

        func start(_ port: FreePort, in directory: TemporaryDirectory) async throws -> any Sendable {
            let control = "max-age=50, stale-while-revalidate=600"
            if self == .nginx {
                return try await Nginx(
                    """
                    server {
                        listen 127.0.0.1:\(port) reuseport proxy_protocol;
                        set_real_ip_from 127.0.0.1;
                        real_ip_header proxy_protocol;
                        add_header Age 60;
                        add_header Cache-Control "\(control)";
                        location / { return 200 "$remote_addr $request_id"; }
                    }
                    """, in: directory)
            }
            if self == .varnish {  // It refuses "PROXY UNKNOWN".
                let vcl = try directory.write(
                    "stale.vcl",
                    """
                    vcl 4.1;
                    backend default none;
                    sub vcl_recv { return (synth(200)); }
                    sub vcl_synth {
                        set resp.http.Age = "60";
                        set resp.http.Cache-Control = "\(control)";
                        set resp.body = "" + client.ip + " " + req.xid;
                        return (deliver);
                    }
                    """)
                let process = try ChildProcess(
                    "varnishd",
                    ["-F", "-j", "none", "-n", directory.path + "/varnish", "-a", "127.0.0.1:\(port),PROXY", "-f", vcl]
                        + ["-s", "malloc,16m"])
                _ = try await process.errors.first("Varnish's start") { $0.contains("said Child starts") }
                return process
            }
            return try await ChildProcess.haproxy(
                """
                frontend f
                    bind 127.0.0.1:\(port) accept-proxy
                    http-request return status 200 content-type text/plain hdr Age 60 hdr Cache-Control "\(control)" \
                        lf-string "%[src] %[uuid()]"
                """, at: port, in: directory)
        }
    }

    @Test("what the cache and probes ask for names no client, and is answered", arguments: ["v1", "v2"], StaleServer.allCases)
    func refresh(version: String, server: StaleServer) async throws {
        let directory = try TemporaryDirectory()
        let (port, behind) = try (FreePort(), FreePort())
        let running = try await server.start(behind, in: directory)
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(behind)", upstream: "send_proxy = \"\(version)\"",
            proxy: Self.probing + "\n[sites.cache_upstream]")
        try await Gatehouse.serving(toml) { gatehouse in
            func ask(_ count: Int = 1) async throws -> Substring? {
                try await Command.curl([
                    "--interface", "127.0.0.9", "--resolve", "localhost:\(port):127.0.0.1", "-w", "\\n",
                    "http://localhost:\(port)/#[1-\(count)]",
                ]).text.split(separator: "\n").last
            }
            let first = try await ask()
            #expect(first?.hasPrefix("127.0.0.9 ") == true, "\(first ?? "")")
            var last = first
            // Each answer is an event of its own; the new one comes soon.
            for _ in 0..<100 where last == first { last = try await ask(100) }
            #expect(last?.hasPrefix("127.0.0.1 ") == true, "\(last ?? "")")
            #expect(!gatehouse.log.all.contains { $0.contains("unhealthy") })
        }
        withExtendedLifetime(running) {}
    }

    @Test("HAProxy reads it before TLS, with the name that the client asked for", arguments: ["v1", "v2"])
    func beforeTLS(version: String) async throws {
        let certificates = try await Certificates.ready()
        let directory = try TemporaryDirectory()
        let (port, behind) = try (FreePort(), FreePort())
        let local = certificates.local
        let files = try [local.certificate, local.key].map { try String(contentsOfFile: $0, encoding: .utf8) }
        let pem = try directory.write("both.pem", files.joined())
        let process = try await ChildProcess.haproxy(
            """
            frontend f
                bind 127.0.0.1:\(behind) accept-proxy ssl crt \(pem)
                http-request return status 200 content-type text/plain lf-string "%[src] %[dst_port] %[fc_pp_authority]\\n"
            """, at: behind, in: directory)
        defer { process.terminate() }
        let toml = Sites.proxy(
            port, to: "https://localhost:\(behind)",
            upstream: "send_proxy = \"\(version)\"\nca_file = \"\(certificates.authority)\"", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { _ in
            let outcome = try await Command.curl([
                "--interface", "127.0.0.9", "--resolve", "localhost:\(port):127.0.0.1", "--cacert", certificates.authority,
                "https://localhost:\(port)/",
            ])
            let authority = version == "v2" ? "localhost" : ""
            #expect(outcome.text == "127.0.0.9 \(port) \(authority)\n", "\(outcome)")
        }
    }
}
