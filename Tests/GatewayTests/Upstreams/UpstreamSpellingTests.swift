import TestSupport
import Testing

@Suite("Upstreams by every spelling")
struct UpstreamSpellingTests {
    @Test("plain upstreams by scheme and kind of host", arguments: ["http", "ws"], ["127.0.0.1", "[::1]", "localhost"])
    func plain(scheme: String, host: String) async throws {
        let upstream = try Upstream.saying("reached", host: host == "[::1]" ? "::1" : "127.0.0.1")
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "\(scheme)://\(host):\(upstream)")) { gatehouse in
            let answer = try await Command.curl(["http://127.0.0.1:\(port)/x"])
            #expect(answer.text == "reached", "\(answer)")
            #expect(upstream.requests.all[0].value("Host") == "127.0.0.1:\(port)")
            #expect(try await gatehouse.access("/x")["status"] == "200")
        }
    }

    @Test(
        "TLS upstreams by scheme and kind of host, verified against ca_file", arguments: ["https", "wss"],
        ["127.0.0.1", "localhost"])
    func secure(scheme: String, host: String) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("reached")
        let front = try await Peer("tls_front.py", [certificates.local.certificate, certificates.local.key, "\(upstream)"])
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "\(scheme)://\(host):\(front)", upstream: "ca_file = \"\(certificates.authority)\"")
        try await Gatehouse.serving(toml) { _ in
            for _ in 0..<2 {
                let answer = try await Command.curl(["http://127.0.0.1:\(port)/x"])
                #expect(answer.text == "reached", "\(answer)")
            }
            #expect(upstream.connections.all.count == 1)
            // RFC 6066 §3: an address is no server name.
            #expect(front.process.output.all.contains("sni \(host == "localhost" ? "localhost" : "None")"))
        }
    }

    @Test(
        "an upstream's certificate is verified unless told otherwise",
        arguments: [
            // Signed by nobody we know: the system's authorities.
            ("../localhost", "", "local issuer certificate"),
            ("stranger.test", "ca_file = \"CA\"\ntls_server_name = \"stranger.test\"", "self-signed certificate"),
            ("rsa.test", "ca_file = \"CA\"", "hostname mismatch"),
            ("expired.test", "ca_file = \"CA\"\ntls_server_name = \"expired.test\"", "expired"),
            ("leaf-only.test", "ca_file = \"CA\"\ntls_server_name = \"leaf-only.test\"", "local issuer certificate"),
            ("client.test", "ca_file = \"CA\"\ntls_server_name = \"client.test\"", "purpose"),
        ])
    func refused(certificate: String, keys: String, reason: String) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("secret")
        let front = try await Peer(
            "tls_front.py", [certificates.certificate(certificate), certificates.key(certificate), "\(upstream)"])
        let port = try FreePort()
        let keys = keys.replacing("CA", with: certificates.authority)
        try await Gatehouse.serving(Sites.proxy(port, to: "https://localhost:\(front)", upstream: keys)) { gatehouse in
            let answer = try await Command.curl(["-i", "http://127.0.0.1:\(port)/x"])
            #expect(answer.text.hasPrefix("HTTP/1.1 502 "), "\(answer)")
            #expect(answer.text.contains("Proxy-Status: gatehouse; error=tls_certificate_error"), "\(answer)")
            let entry = try await gatehouse.access("/x")
            #expect(entry["reason"] == "upstream_certificate_refused")
            #expect(entry["blame"] == "upstream")
            #expect(entry["detail"]?.lowercased().contains(reason) == true, "\(entry)")
            #expect(entry["detail"]?.contains("checked for") == true, "\(entry)")
            #expect(upstream.connections.all.isEmpty)
        }
    }

    @Test("tls_server_name is the name asked for and the name checked")
    func serverName() async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("reached")
        let front = try await Peer(
            "tls_front.py", [certificates.certificate("rsa.test"), certificates.key("rsa.test"), "\(upstream)"])
        let port = try FreePort()
        let keys = "ca_file = \"\(certificates.authority)\"\ntls_server_name = \"rsa.test\""
        try await Gatehouse.serving(Sites.proxy(port, to: "https://127.0.0.1:\(front)", upstream: keys)) { _ in
            let answer = try await Command.curl(["http://127.0.0.1:\(port)/x"])
            #expect(answer.text == "reached", "\(answer)")
            #expect(front.process.output.all.contains("sni rsa.test"))
        }
    }

    @Test("verify = false accepts any certificate, and is warned about at each start")
    func unverified() async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("reached")
        let front = try await Peer(
            "tls_front.py", [certificates.certificate("stranger.test"), certificates.key("stranger.test"), "\(upstream)"])
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "https://127.0.0.1:\(front)", upstream: "verify = false")) {
            gatehouse in
            #expect(gatehouse.log.all.contains { $0.contains("warning") && $0.contains("verify") })
            let answer = try await Command.curl(["http://127.0.0.1:\(port)/x"])
            #expect(answer.text == "reached", "\(answer)")
        }
    }

    @Test(
        "one that asks for a certificate where there is none is told so, with the key, whichever version it speaks",
        arguments: [
            ([], "tlsv13 alert certificate required"),
            (["--tls", "1.2"], "sslv3 alert handshake failure: the server asks for a client certificate"),
        ])
    func certificateRequired(options: [String], detail: String) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("secret")
        let own = [certificates.local.certificate, certificates.local.key, "\(upstream)", "--client-ca", certificates.authority]
        let front = try await Peer("tls_front.py", own + options)
        let port = try FreePort()
        let keys = "ca_file = \"\(certificates.authority)\""
        try await Gatehouse.serving(Sites.proxy(port, to: "https://localhost:\(front)", upstream: keys)) { gatehouse in
            _ = try await Command.curl(["http://127.0.0.1:\(port)/x"])
            let entry = try await gatehouse.access("/x")
            #expect(entry["reason"] == "upstream_tls_failed" && entry["blame"] == "upstream", "\(entry)")
            #expect(entry["detail"] == detail && entry["key"] == "sites.proxy.upstreams.client_cert_file", "\(entry)")
        }
    }

    @Test("a client certificate is shown to an nginx that wants one", arguments: [true, false])
    func clientCertificate(shows: Bool) async throws {
        let certificates = try await Certificates.ready()
        let (port, secure) = try (FreePort(), FreePort())
        let nginx = try await Nginx(
            """
            server {
                listen 127.0.0.1:\(secure) ssl reuseport;
                ssl_certificate \(certificates.local.certificate);
                ssl_certificate_key \(certificates.local.key);
                ssl_client_certificate \(certificates.authority);
                ssl_verify_client on;
                location / { return 200 "hello $ssl_client_s_dn"; }
            }
            """, in: TemporaryDirectory())
        let shown = """
            client_cert_file = "\(certificates.certificate("client.test"))"
            client_key_file = "\(certificates.key("client.test"))"
            """
        let keys = "ca_file = \"\(certificates.authority)\"\n" + (shows ? shown : "")
        try await Gatehouse.serving(Sites.proxy(port, to: "https://127.0.0.1:\(secure)", upstream: keys)) { _ in
            let answer = try await Command.curl(["-i", "http://127.0.0.1:\(port)/x"])
            if shows {
                #expect(answer.text.contains("hello CN=client.test"), "\(answer)")
            } else {
                #expect(answer.text.hasPrefix("HTTP/1.1 400 "), "\(answer)")
                #expect(answer.text.contains("No required SSL certificate"), "\(answer)")
            }
        }
        withExtendedLifetime(nginx) {}
    }

    @Test("requests over TLS on both sides reach openssl s_server")
    func opensslServer() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        // Its own status page tells what it saw of the connection; its port is in the line that it begins with.
        let server = try ChildProcess(
            "openssl",
            [
                "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", certificates.local.certificate, "-key",
                certificates.local.key, "-tls1_2",
            ])
        let line = try await server.output.first("its port") { $0.hasPrefix("ACCEPT 127.0.0.1:") }
        let secure = line.split(separator: ":")[1]
        let toml = Sites.proxy(
            port, to: "https://localhost:\(secure)", upstream: "ca_file = \"\(certificates.authority)\"",
            ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { _ in
            let answer = try await Command.curl(["--cacert", certificates.authority, "https://localhost:\(port)/"])
            #expect(answer.text.contains("s_server -accept"), "\(answer)")
            #expect(answer.text.contains("TLSv1.2"), "\(answer)")
        }
        server.kill()
    }

    @Test("the path of an upstream's URL is put before every path")
    func basePath() async throws {
        let upstream = try Upstream.saying("x")
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)/base/")) { _ in
            _ = try await Command.curl(["http://127.0.0.1:\(port)/a?b"])
            #expect(upstream.requests.all.map(\.target) == ["/base/a?b"])
        }
    }
}
