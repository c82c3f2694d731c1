import Foundation
import TestSupport
import Testing

@Suite("WebSockets to upstreams in HTTP/2")
struct WebSocketUpstreamTests {
    /// Sends two messages over a WebSocket and prints the answers; or the status that refused it.
    private static let client = """
        import sys, websockets.sync.client as ws
        try:
            with ws.connect(sys.argv[1], open_timeout=None, proxy=None) as socket:
                for text in ["one", "two" * 30000]:
                    socket.send(text)
                    answer = socket.recv()
                    print(answer[:10], len(answer))
        except Exception as error:
            print(getattr(getattr(error, "response", None), "status_code", repr(error)))
        """

    private static func client(_ port: FreePort, _ path: String) async throws -> Command.Outcome {
        try await Command.run(Place.pythonWithLibraries, ["-c", Self.client, "ws://127.0.0.1:\(port)\(path)"])
    }

    private static func hypercorn(_ arguments: [String]) throws -> ChildProcess {
        let folder = URL(filePath: Place.peer("HTTP2")).path(percentEncoded: false)
        return try ChildProcess(
            Place.root + ".build-venv/bin/hypercorn", arguments + ["--access-logfile", "-", "http2_app:asgi"], directory: folder)
    }

    @Test("are opened by extended CONNECT where the server offers it, for clients of HTTP/1.1", arguments: ["h2c", "https"])
    func extendedConnect(scheme: String) async throws {
        let certificates = try await Certificates.ready()
        let (port, behind) = try (FreePort(), FreePort())
        let local = certificates.local
        let tls = scheme == "https" ? ["--certfile", local.certificate, "--keyfile", local.key] : []
        let server = try Self.hypercorn(["--bind", "localhost:\(behind)"] + tls)
        defer { server.terminate() }
        _ = try await server.errors.first("hypercorn's start") { $0.contains("Running on") }
        let keys = scheme == "https" ? "http_version = \"auto\"\nca_file = \"\(certificates.authority)\"" : ""
        let toml = Sites.proxy(
            port, to: "\(scheme)://localhost:\(behind)", upstream: keys, route: "websocket = true")
        try await Gatehouse.serving(toml) { gatehouse in
            let outcome = try await Self.client(port, "/ws")
            #expect(outcome.text == "2 one 5\n2 twotwotw 90002\n", "\(outcome)")
            let refused = try await Self.client(port, "/no")
            #expect(refused.text == "403\n", "\(refused)")
            let posted = try await Command.curl(["-d", "some text", "http://127.0.0.1:\(port)/"])
            #expect(posted.text == "2 POST some text", "\(posted)")
        }
    }

    @Test("where it is not offered: 502 with its reason, or a connection in HTTP/1.1", arguments: ["2", "auto"])
    func notOffered(version: String) async throws {
        let certificates = try await Certificates.ready()
        let (port, behind) = try (FreePort(), FreePort())
        let local = certificates.local
        let nginx = try await Nginx(
            """
            server {
                listen 127.0.0.1:\(behind) reuseport ssl http2;
                ssl_certificate \(local.certificate);
                ssl_certificate_key \(local.key);
                location / { return 418 "$server_protocol"; }
            }
            """, in: TemporaryDirectory())
        let keys = "http_version = \"\(version)\"\nca_file = \"\(certificates.authority)\""
        let toml = Sites.proxy(port, to: "https://localhost:\(behind)", upstream: keys, route: "websocket = true")
        try await Gatehouse.serving(toml) { gatehouse in
            let outcome = try await Self.client(port, "/ws")
            #expect(outcome.text == (version == "2" ? "502\n" : "418\n"), "\(outcome)")
            let reason = try await gatehouse.access("/ws")["reason"]
            #expect(reason == (version == "2" ? "upstream_no_websocket" : nil))
        }
        withExtendedLifetime(nginx) {}
    }

    @Test("of a server that says nothing of them but ends the connection it is told how that ended")
    func ended() async throws {
        let upstream = try Upstream { _, wire in
            _ = try wire.read(Frame.preface.count)
            try wire.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            _ = try wire.readToEnd()
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.before(upstream, port, route: "websocket = true")) { gatehouse in
            let outcome = try await Self.client(port, "/ws")
            #expect(outcome.text == "502\n", "\(outcome)")
            let entry = try await gatehouse.access("/ws")
            #expect(entry["reason"] == "upstream_closed_early", "\(entry)")
            #expect(entry["detail"]?.contains("the server answers in HTTP/1") == true, "\(entry)")
        }
    }

    @Test("one whose server ends and resets its stream behind its Close frame ends with the client's")
    func resetBehindClose() async throws {
        let upstream = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings([(8, 1)]))
            let request = try connection.request()
            try connection.write(ScriptedConnection.ok(stream: request.stream))
            _ = try connection.next(0)
            let end = Frame.make(0, Frame.endStream, request.stream, [0x88, 2, 0x03, 0xE8])
            // NO_ERROR: it wants no more of what the client sends.
            try connection.write(end, Frame.reset(request.stream, 0))
            while true { _ = try connection.next() }
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.before(upstream, port, route: "websocket = true")) { gatehouse in
            let wire: Wire = try await onThread {
                let wire = try Tunnelled(port).wire
                // A text message and, once the server's has come, a Close frame, both masked by zeros.
                try wire.write([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69])
                _ = try wire.read(4)
                try wire.write([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])
                return wire
            }
            let entry = try await gatehouse.access("/tunnel")
            #expect(entry["closed_by"] == "upstream" && entry["close_code"] == "1000", "\(entry)")
            wire.close()
        }
    }

    @Test("a content-length in the answer that opens one means nothing (RFC 9110 §9.3.6)")
    func statedLength() async throws {
        let upstream = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            // SETTINGS_ENABLE_CONNECT_PROTOCOL.
            try connection.write(Frame.settings([(8, 1)]))
            let request = try connection.request()
            try connection.write(ScriptedConnection.ok([("content-length", "0")], stream: request.stream))
            _ = try connection.next(0)
            try connection.write(Frame.make(0, 0, request.stream, [0x81, 2, 0x68, 0x69]))
            while true { _ = try connection.next() }
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.before(upstream, port, route: "websocket = true")) { _ in
            let answer: [UInt8] = try await onThread {
                let wire = try Tunnelled(port).wire
                // A text message, masked by zeros.
                try wire.write([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69])
                return try wire.read(4)
            }
            #expect(answer == [0x81, 2, 0x68, 0x69])
        }
    }

    @Test("a server that offers none gets all other requests, however many handshakes another of its pool must answer")
    func stillAsked() async throws {
        let port = try FreePort()
        let offersNone = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            while true {
                let request = try connection.request()
                try connection.write(ScriptedConnection.ok([], Frame.endHeaders | Frame.endStream, stream: request.stream))
            }
        }
        let takesThem = try Upstream { _, wire in
            while let request = try wire.readRequest() {
                if request.target == "/tunnel" { return try wire.write(Tunnelled.accept("other")) }
                try wire.write(Upstream.ok("other"))
            }
        }
        let other = "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\(takesThem)\""
        let toml = Sites.proxy(port, to: "h2c://127.0.0.1:\(offersNone)", upstream: other, route: "websocket = true")
        try await Gatehouse.serving(toml) { gatehouse in
            for _ in 0..<12 { #expect(try Tunnelled(port).server == "other") }
            var answers: Set<String> = []
            for _ in 0..<4 { answers.insert(try await Command.curl(["http://127.0.0.1:\(port)/"]).text) }
            #expect(answers == ["", "other"])
        }
    }
}
