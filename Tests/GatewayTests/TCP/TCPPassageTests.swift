import Foundation
import TestSupport
import Testing

/// Connections of `[[tcp]]`, with real servers behind.
@Suite("Connections that are passed on")
struct TCPPassageTests {
    private static func listener(_ port: FreePort, _ keys: String, limits: String = "") -> String {
        "\(limits)\n[[tcp]]\nname = \"front\"\nport = \(port)\n\(keys)\n"
    }

    private static func server(_ name: String, _ port: String, _ more: String = "") -> String {
        "[[tcp.upstreams]]\nname = \"\(name)\"\naddress = \"127.0.0.1:\(port)\"\n\(more)\n"
    }

    /// `openssl s_server` with a certificate of the tests, which says over HTTP what it saw.
    private func tlsServer(_ certificates: Certificates, _ name: String) async throws -> (ChildProcess, FreePort) {
        let port = try FreePort()
        let server = try ChildProcess(
            "openssl",
            [
                "s_server", "-accept", "127.0.0.1:\(port)", "-www", "-cert", certificates.certificate(name), "-key",
                certificates.key(name),
            ])
        _ = try await server.output.first("ACCEPT") { $0.hasPrefix("ACCEPT") }
        return (server, port)
    }

    @Test("the name that a TLS client asks for chooses the server, whose certificate it gets")
    func byName() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let (first, firstPort) = try await tlsServer(certificates, "rsa.test")
        let (second, secondPort) = try await tlsServer(certificates, "wild.test")
        let names = """
            [[tcp.sni]]
            hostnames = ["rsa.test"]
            upstream = "first"
            [[tcp.sni]]
            hostnames = ["*.wild.test"]
            upstream = "second"
            """
        let servers = Self.server("first", "\(firstPort)") + Self.server("second", "\(secondPort)")
        let toml = Self.listener(port, names + "\n" + servers)
        try await Gatehouse.serving(toml) { gatehouse in
            let names = [("rsa.test", "rsa.test"), ("RSA.Test", "rsa.test"), ("a.wild.test", "wild.test")]
            for (name, subject) in names {
                let outcome = try await Command.sClient(port, ["-servername", name])
                #expect(outcome.text.contains("CN = \(subject)") && outcome.text.contains("New, TLSv1.3"), "\(outcome)")
            }
            // It goes nowhere, and the log says why.
            for arguments in [["-servername", "other.test"], ["-noservername"]] {
                let outcome = try await Command.sClient(port, arguments)
                #expect(outcome.code != 0 && outcome.text.contains("no peer certificate"), "\(outcome)")
            }
            let line = try await gatehouse.log.first { $0.contains("a TCP connection was refused") && $0.contains("other.test") }
            #expect(line.contains("key=tcp.sni") && line.contains("no upstream is for it"), "\(line)")
            let end = try await gatehouse.log.first { $0.contains("a TCP connection has ended") && $0.contains("a.wild.test") }
            #expect(end.contains("upstream=tcp://127.0.0.1:\(secondPort)"), "\(end)")
        }
        first.kill()
        second.kill()
    }

    @Test("what is no TLS goes to the listener's own upstream, beside names too; many megabytes both ways at once arrive whole")
    func bothWays() async throws {
        let echo = try await Peer("tcp_echo.py")
        let port = try FreePort()
        let toml = Self.listener(
            port,
            "upstream = \"echo\"\n[[tcp.sni]]\nhostnames = [\"a.example\"]\nupstream = \"echo\"\n"
                + Self.server("echo", "\(echo)"))
        try await Gatehouse.serving(toml) { gatehouse in
            let outcome = try await Command.run(Place.python, [Place.peer("tcp_client.py"), "\(port)", "64"])
            #expect(outcome.code == 0 && outcome.text.contains("67108864 bytes came back as they went"), "\(outcome)")
            let line = try await gatehouse.log.first { $0.contains("a TCP connection has ended") }
            #expect(line.contains("received=67108864") && line.contains("sent=67108864"), "\(line)")
        }
    }

    @Test("the end of one side is told to the other, and what is under way still arrives")
    func halfClose() async throws {
        let echo = try await Peer("tcp_echo.py")
        let port = try FreePort()
        try await Gatehouse.serving(Self.listener(port, "upstream = \"echo\"\n" + Self.server("echo", "\(echo)"))) { gatehouse in
            let text = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("hello")
                wire.finishWriting()
                return String(decoding: try wire.readToEnd().bytes, as: UTF8.self)
            }
            #expect(text == "hello")
            _ = try await gatehouse.log.first { $0.contains("a TCP connection has ended") && $0.contains("sent=5") }
        }
    }

    @Test("a server that is not there is passed over; if all are, the connection ends and the log says why")
    func unreachable() async throws {
        let echo = try await Peer("tcp_echo.py")
        let (port, gone) = try (FreePort(), FreePort())
        let toml =
            Self.listener(
                port,
                "upstream = \"echo\"\nmethod = \"round_robin\"\n" + Self.server("echo", "\(gone)")
                    + Self.server("echo", "\(echo)"))
        try await Gatehouse.serving(toml) { _ in
            for _ in 0..<4 {
                let text = try await onThread {
                    let wire = try Wire(to: port.number)
                    try wire.write("hello")
                    wire.finishWriting()
                    return String(decoding: try wire.readToEnd().bytes, as: UTF8.self)
                }
                #expect(text == "hello")
            }
        }
        try await Gatehouse.serving(Self.listener(port, "upstream = \"echo\"\n" + Self.server("echo", "\(gone)"))) { gatehouse in
            _ = try await onThread { try? Wire(to: port.number).readToEnd() }
            let line = try await gatehouse.log.first { $0.contains("a TCP connection was refused") }
            #expect(line.contains("no server can be reached") && line.contains("Connection refused"), "\(line)")
        }
    }

    @Test("a silent connection is cut, and the log names the key")
    func idle() async throws {
        let echo = try await Peer("tcp_echo.py")
        let port = try FreePort()
        let toml = Self.listener(port, "upstream = \"echo\"\nidle_timeout = 1\n" + Self.server("echo", "\(echo)"))
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("x")
                _ = try? wire.readToEnd()
            }
            let line = try await gatehouse.log.first { $0.contains("a TCP connection was cut") }
            #expect(line.contains("key=tcp.idle_timeout") && line.contains("sent=1"), "\(line)")
        }
    }

    @Test("a client that says nothing where a name is awaited does not stay for ever")
    func silentHello() async throws {
        let port = try FreePort()
        let toml = Self.listener(
            port, "[[tcp.sni]]\nhostnames = [\"a.example\"]\nupstream = \"a\"\n" + Self.server("a", "1"),
            limits: "[limits]\nhandshake_timeout = 1")
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await onThread { try? Wire(to: port.number).readToEnd() }
            let line = try await gatehouse.log.first { $0.contains("a TCP connection was refused") }
            #expect(line.contains("key=limits.handshake_timeout"), "\(line)")
        }
    }

    @Test("nginx reads the header of the PROXY protocol", arguments: ["v1", "v2"])
    func nginx(version: String) async throws {
        let directory = try TemporaryDirectory()
        let behind = try FreePort()
        let nginx = try await Nginx(
            """
            server {
                listen 127.0.0.1:\(behind) reuseport proxy_protocol;
                location / { return 200 "$proxy_protocol_addr $proxy_protocol_server_port\\n"; }
            }
            """, in: directory)
        try await expectClient(behind, version)
        withExtendedLifetime(nginx) {}
    }

    @Test("HAProxy reads the header of the PROXY protocol", arguments: ["v1", "v2"])
    func haproxy(version: String) async throws {
        let directory = try TemporaryDirectory()
        let behind = try FreePort()
        let process = try await ChildProcess.haproxy(
            """
            frontend f
                bind 127.0.0.1:\(behind) accept-proxy
                http-request return status 200 content-type text/plain lf-string "%[src] %[dst_port]\\n"
            """, at: behind, in: directory)
        defer { process.terminate() }
        try await expectClient(behind, version)
    }

    /// The server behind is told whose connection it is, and where it came to.
    private func expectClient(_ behind: FreePort, _ version: String) async throws {
        let port = try FreePort()
        let toml = Self.listener(port, "upstream = \"app\"\n" + Self.server("app", "\(behind)", "send_proxy = \"\(version)\""))
        try await Gatehouse.serving(toml) { _ in
            let outcome = try await Command.curl(["--interface", "127.0.0.9", "http://127.0.0.1:\(port)/"])
            #expect(outcome.text.split(separator: "\n").first == "127.0.0.9 \(port)", "\(outcome)")
        }
    }

    @Test("SNI goes on as the header's authority, and a client that a proxy names stays that client")
    func authority() async throws {
        let certificates = try await Certificates.ready()
        let (server, secure) = try await tlsServer(certificates, "rsa.test")
        let (front, middle) = try (FreePort(), FreePort())
        // The first listener tells the second one, which passes on to the server.
        let toml = """
            [[tcp]]
            name = "front"
            port = \(front)
            [[tcp.sni]]
            hostnames = "rsa.test"
            upstream = "middle"
            \(Self.server("middle", "\(middle)", "send_proxy = \"v2\""))
            [[tcp]]
            name = "middle"
            port = \(middle)
            upstream = "app"
            proxy_protocol = { from = ["127.0.0.1"] }
            \(Self.server("app", "\(secure)"))
            """
        try await Gatehouse.serving(toml) { gatehouse in
            let outcome = try await Command.run(
                "curl",
                [
                    "-sS", "--interface", "127.0.0.9", "--cacert", certificates.authority, "--resolve",
                    "rsa.test:\(front):127.0.0.1", "https://rsa.test:\(front)/",
                ])
            #expect(outcome.text.contains("s_server -accept"), "\(outcome)")
            let line = try await gatehouse.log.first { $0.contains("TCP connection has ended") && $0.contains("listener=middle") }
            #expect(line.contains("client=127.0.0.9"), "\(line)")
        }
        server.kill()
    }

    @Test("check tells where a listener of [[tcp]] leads, and what is wrong with it")
    func check() async throws {
        let directory = try TemporaryDirectory()
        let right = try directory.write(
            "right.toml",
            "[[tcp]]\nname = \"mail\"\nport = 993\nupstream = \"a\"\n" + Self.server("a", "1993"))
        let outcome = try await Command.run(Place.gatehouse, ["check", right])
        #expect(outcome.code == 0 && outcome.text.contains("everything else → a"), "\(outcome)")
        let wrong = try directory.write("wrong.toml", "[[tcp]]\nname = \"mail\"\nport = 993\nupstream = \"a\"\n")
        let refused = try await Command.run(Place.gatehouse, ["check", wrong])
        #expect(refused.code == 1 && refused.errors.contains("wrong.toml:4:12"), "\(refused)")
    }
}
