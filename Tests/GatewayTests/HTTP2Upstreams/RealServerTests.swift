import Foundation
import TestSupport
import Testing

@Suite("HTTP/2 to real servers")
struct RealServerTests {
    /// It serves a file `a`.
    static func nghttpd(_ arguments: [String], _ directory: TemporaryDirectory, _ port: FreePort) async throws
        -> ChildProcess
    {
        try directory.write("a", "hello")
        let process = try ChildProcess(
            FileManager.default.isExecutableFile(atPath: "/usr/sbin/nghttpd") ? "/usr/sbin/nghttpd" : "nghttpd",
            ["-a", "127.0.0.1", "-d", directory.path] + arguments)
        try await onThread { while (try? Wire(to: port.number)) == nil {} }
        return process
    }

    @Test("nghttpd without TLS: many requests at a time over one connection, bodies both ways")
    func plain() async throws {
        let (port, behind) = try (FreePort(), FreePort())
        let directory = try TemporaryDirectory()
        let big = [UInt8]((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) })
        let file = try directory.write("big", big)
        let server = try await Self.nghttpd(["--no-tls", "--echo-upload", "\(behind)"], directory, behind)
        defer { server.terminate() }
        try await Gatehouse.serving(Sites.proxy(port, to: "h2c://127.0.0.1:\(behind)", site: "h2c = true")) { gatehouse in
            let url = "http://127.0.0.1:\(port)"
            let small = try await Command.curl(["-i", url + "/a"])
            #expect(small.text.hasPrefix("HTTP/1.1 200 OK\r\n") && small.text.hasSuffix("\r\n\r\nhello"), "\(small)")
            let large = try await Command.curl([url + "/big"])
            #expect(large.output == big)
            let echoed = try await Command.curl(["-T", file, url + "/echo"])
            #expect(echoed.output == big, "\(echoed)")
            let head = try await Command.curl(["-I", url + "/a"])
            #expect(head.text.contains("Content-Length: 5\r\n"), "\(head)")
            let load = try await Command.run("h2load", ["-n", "2000", "-c", "4", "-m", "20", "-p", "h2c", url + "/a"])
            #expect(load.text.contains("2000 succeeded, 0 failed, 0 errored"), "\(load)")
            let missing = try await Command.curl(["-o", "/dev/null", "-w", "%{http_code}", url + "/missing"])
            #expect(missing.text == "404")
        }
    }

    @Test(
        "over TLS by ALPN; a server that has only HTTP/1.1 is refused, or taken", arguments: [true, false], ["2", "auto", "1.1"])
    func negotiated(offers: Bool, version: String) async throws {
        let certificates = try await Certificates.ready()
        let (port, behind) = try (FreePort(), FreePort())
        let directory = try TemporaryDirectory()
        let local = certificates.local
        let nginx = try await Nginx(
            """
            server {
                listen 127.0.0.1:\(behind) reuseport ssl\(offers ? " http2" : "");
                ssl_certificate \(local.certificate);
                ssl_certificate_key \(local.key);
                location / { return 200 "$server_protocol $connection_requests\\n"; }
            }
            """, in: directory)
        let toml = Sites.proxy(
            port, to: "https://localhost:\(behind)",
            upstream: "http_version = \"\(version)\"\nca_file = \"\(certificates.authority)\"")
        try await Gatehouse.serving(toml) { gatehouse in
            let url = "http://127.0.0.1:\(port)/v"
            let outcome = try await Command.curl(["-w", "%{http_code} ", url, url])
            if version == "2", !offers {
                let entry = try await gatehouse.access("/v")
                #expect(entry["status"] == "502" && entry["reason"] == "upstream_tls_failed", "\(entry)")
            } else {
                let spoken = offers && version != "1.1" ? "HTTP/2.0" : "HTTP/1.1"
                #expect(outcome.text == "\(spoken) 1\n200 \(spoken) 2\n200 ", "\(outcome)")
            }
        }
        withExtendedLifetime(nginx) {}
    }

    /// The gateway's clients speak HTTP/1.1, or have ten streams each; a POST's body is kept until it may not be sent again.
    @Test(
        "nginx ends connections after a hundred requests, with a GOAWAY: none of 5,000 requests at 40 a time is lost",
        arguments: [["-c", "40", "-m", "1", "--h1"], ["-c", "4", "-m", "10"]], ["GET", "POST"])
    func goAwayUnderLoad(clients: [String], method: String) async throws {
        let (port, behind) = try (FreePort(), FreePort())
        let directory = try TemporaryDirectory()
        let nginx = try await Nginx(
            """
            server {
                listen 127.0.0.1:\(behind) reuseport http2;
                keepalive_requests 100;
                location / { return 200 "hello\\n"; }
            }
            """, in: directory)
        let body = method == "POST" ? ["-d", try directory.write("posted", "some text")] : []
        try await Gatehouse.serving(Sites.proxy(port, to: "h2c://127.0.0.1:\(behind)", site: "h2c = true")) { _ in
            let load = try await Command.run(
                "h2load", ["-n", "5000"] + clients + body + ["http://127.0.0.1:\(port)/"])
            #expect(load.text.contains("5000 succeeded, 0 failed, 0 errored"), "\(load)")
            #expect(load.text.contains("status codes: 5000 2xx"), "\(load)")
        }
        withExtendedLifetime(nginx) {}
    }

    @Test("HAProxy without TLS: its own 503 passes, and POST bodies reach it")
    func haproxy() async throws {
        let (port, behind) = try (FreePort(), FreePort())
        let directory = try TemporaryDirectory()
        let process = try await ChildProcess.haproxy(
            """
            frontend f
                bind 127.0.0.1:\(behind) proto h2
                option http-buffer-request
                acl posts method POST
                http-request return status 200 content-type text/plain lf-string "%[req.body] %HV %[req.hdr(host)]\\n" if posts
                http-request return status 503 content-type text/plain string "none"
            """, at: behind, in: directory)
        defer { process.terminate() }
        try await Gatehouse.serving(Sites.proxy(port, to: "h2c://127.0.0.1:\(behind)")) { _ in
            let url = "http://127.0.0.1:\(port)/"
            let posted = try await Command.curl(["-d", "some text", "-H", "Host: localhost", url])
            #expect(posted.text == "some text HTTP/2.0 localhost\n", "\(posted)")
            let other = try await Command.curl(["-w", "%{http_code}", url])
            #expect(other.text == "none503", "\(other)")
        }
    }
}
