import Foundation
import Glibc
import TestSupport
import Testing

/// Whoever is taken out of use is drained first: the whole gateway, a site, a pool.
@Suite("Draining")
struct DrainingTests {
    private func get(_ wire: Wire, _ target: String = "/", host: String = "localhost") async throws -> Message {
        try await onThread {
            try wire.write("GET \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            return try wire.readAnswer()
        }
    }

    private func start(_ toml: String) async throws -> (process: ChildProcess, directory: TemporaryDirectory) {
        let directory = try TemporaryDirectory()
        try directory.write("public/f.txt", "file")
        let file = try directory.write("gatehouse.toml", toml)
        let process = try ChildProcess(Place.gatehouse, ["run", "-c", file], directory: directory.path)
        _ = try await process.errors.first { $0.contains(": serving addresses=") }
        return (process, directory)
    }

    private func files(_ port: FreePort, _ name: String = "localhost", keys: String = "") -> String {
        """
        [[sites]]
        hostname = "\(name)"
        listen = "127.0.0.1"
        port = \(port)
        static_dir = "public"
        health_path = "/healthz"
        \(keys)

        """
    }

    @Test("after SIGTERM health checks fail for limits.drain_delay, and everything else goes on; a second one ends it at once")
    func delay() async throws {
        let port = try FreePort()
        let (process, directory) = try await start("[limits]\ndrain_delay = 600\n" + files(port))
        let wire = try Wire(to: port.number)
        let ready = try await get(wire, "/healthz")
        #expect(ready.status == 200 && ready.value("Cache-Control") == "no-store")
        #expect(ready.value("Proxy-Status")?.contains("details=\"ready\"") == true)
        process.terminate()
        _ = try await process.errors.first { $0.contains(": stopping signal=SIGTERM") }
        // The line is written before the order is carried out.
        var health = try await get(wire, "/healthz")
        while health.status == 200 { health = try await get(wire, "/healthz") }
        #expect(health.status == 503 && health.value("Proxy-Status")?.contains("details=\"not_ready\"") == true)
        #expect(health.value("Connection") == nil)
        let other = try Wire(to: port.number)
        #expect(try await get(other, "/f.txt").text == "file")
        #expect(try await get(wire, "/f.txt").text == "file")
        process.terminate()
        #expect(try await process.exit() == .code(0))
        withExtendedLifetime(directory) {}
    }

    @Test("the drain begins by itself when the delay is over")
    func delayEnds() async throws {
        let port = try FreePort()
        let (process, directory) = try await start("[limits]\ndrain_delay = \"200ms\"\n" + files(port))
        let wire = try Wire(to: port.number)
        #expect(try await get(wire, "/f.txt").text == "file")
        process.terminate()
        #expect(try await onThread { try wire.readToEnd() == ([], .closed) })
        #expect(try await process.exit() == .code(0))
        withExtendedLifetime(directory) {}
    }

    @Test("a health check is GET or HEAD of just that path, whatever else the site does with it")
    func path() async throws {
        let port = try FreePort()
        let (process, directory) = try await start(files(port, keys: "redirect_to_https = true"))
        let wire = try Wire(to: port.number)
        #expect(try await get(wire, "/healthz?from=balancer").status == 200)
        #expect(try await get(wire, "/%68ealthz").status == 200)
        #expect(try await get(wire, "/healthz/").status == 301)
        let post = try await onThread {
            try wire.write("POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
            return try wire.readAnswer()
        }
        #expect(post.status == 308)
        process.terminate()
        #expect(try await process.exit() == .code(0))
        withExtendedLifetime(directory) {}
    }

    @Test("a site that drains sends its clients away with their answers, and its WebSockets with 1001; others are not touched")
    func site() async throws {
        let port = try FreePort()
        let upstream = try Upstream { _, wire in
            while let request = try wire.readRequest() {
                guard request.value("Upgrade") != nil else {
                    try wire.write(Upstream.ok("here"))
                    continue
                }
                try wire.write(
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
                // The gateway's Close frame (RFC 6455 §5.5.1), masked as a client's: answered without one.
                _ = try wire.read(8)
                try wire.write([0x88, 0x02, 0x03, 0xE9])
                _ = try wire.readToEnd()
                return
            }
        }
        // A machine that is slow because many tests run at once must not look like a client that is slow.
        let limits = "[limits]\nreload_close_window = \"100ms\"\nhead_timeout = 600\nkeep_alive_timeout = 600"
        func toml(_ keys: String) -> String {
            Sites.proxy(
                port, to: "http://127.0.0.1:\(upstream)", site: "listen = \"127.0.0.1\"\nhealth_path = \"/healthz\"\n\(keys)",
                route: "websocket = true", top: limits)
                + "\n" + files(port, "other.test")
        }
        let (process, directory) = try await start(toml(""))
        let (wire, other, socket) = try (Wire(to: port.number), Wire(to: port.number), Wire(to: port.number))
        #expect(try await get(wire, "/").value("Connection") == nil)
        let handshake =
            "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        try await onThread {
            try socket.write(handshake)
            #expect(try socket.readHead()?.status == 101)
        }
        try directory.write("gatehouse.toml", toml("drain = true"))
        process.signal(SIGHUP)
        _ = try await process.errors.first { $0.contains(": reloaded ") }
        // An unmasked Close frame with 1001, whatever its words.
        let frame = try await onThread { try socket.read(4) }
        #expect(frame[0] == 0x88 && frame[2...] == [0x03, 0xE9], "\(frame)")
        #expect(try await get(Wire(to: port.number), "/healthz").status == 503)
        let last = try await get(wire, "/")
        #expect(last.text == "here" && last.value("Connection") == "close")
        let refused = try await onThread {
            let wire = try Wire(to: port.number)
            try wire.write(handshake)
            return try wire.readAnswer()
        }
        #expect(refused.status == 503 && refused.value("Proxy-Status")?.contains("details=\"site_draining\"") == true)
        for _ in 0..<2 {
            let answer = try await get(other, "/f.txt", host: "other.test")
            #expect(answer.text == "file" && answer.value("Connection") == nil)
        }
        #expect(try await get(other, "/healthz", host: "other.test").status == 200)
        process.terminate()
        #expect(try await process.exit() == .code(0))
        withExtendedLifetime(directory) {}
    }

    @Test("WebSockets of a site that drains end, though neither peer answers the Close frame")
    func silentPeers() async throws {
        let port = try FreePort()
        let upstream = try Upstream { _, wire in
            _ = try wire.readRequest()
            try wire.write(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
            _ = try wire.readToEnd()
        }
        let limits = "[limits]\nreload_close_window = \"100ms\"\nlingering_timeout = \"100ms\""
        func toml(_ keys: String) -> String {
            Sites.proxy(
                port, to: "http://127.0.0.1:\(upstream)", site: "listen = \"127.0.0.1\"\n\(keys)", route: "websocket = true",
                top: limits)
        }
        let (process, directory) = try await start(toml(""))
        let socket = try Wire(to: port.number)
        try await onThread {
            try socket.write(
                "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            #expect(try socket.readHead()?.status == 101)
        }
        try directory.write("gatehouse.toml", toml("drain = true"))
        process.signal(SIGHUP)
        _ = try await process.errors.first { $0.contains(": reloaded ") }
        let (bytes, ending) = try await onThread { try socket.readToEnd() }
        let words = Array("the site drains".utf8)
        #expect(bytes == [0x88, UInt8(2 + words.count), 0x03, 0xE9] + words && ending == .closed)
        process.terminate()
        #expect(try await process.exit() == .code(0))
        withExtendedLifetime(directory) {}
    }

    @Test("a pool that drains takes nothing new; a name that is none is an error")
    func pool() async throws {
        let port = try FreePort()
        let upstream = try Upstream.saying("here")
        func toml(_ names: String) -> String {
            Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", site: "listen = \"127.0.0.1\"")
                .replacing("[sites.proxy]\n", with: "[sites.proxy]\ndrain = [\(names)]\n")
        }
        let (process, directory) = try await start(toml("\"app\""))
        let answer = try await get(Wire(to: port.number))
        #expect(answer.status == 503 && answer.value("Proxy-Status")?.contains("details=\"group_draining\"") == true)
        try directory.write("gatehouse.toml", toml(""))
        process.signal(SIGHUP)
        _ = try await process.errors.first { $0.contains(": reloaded ") }
        #expect(try await get(Wire(to: port.number)).text == "here")
        let wrong = try directory.write("wrong.toml", toml("\"ap\""))
        let outcome = try await Command.run(Place.gatehouse, ["check", wrong], environment: ["NO_COLOR": "1"])
        #expect(outcome.exit == .code(1) && outcome.errors.contains("sites[0].proxy.drain"), "\(outcome)")
        #expect(outcome.errors.contains("did you mean \"app\"?"), "\(outcome)")
        process.terminate()
        #expect(try await process.exit() == .code(0))
        withExtendedLifetime(directory) {}
    }

    @Test("a reload and a rollback while the gateway drains are refused, and what waits is answered all the same")
    func reload() async throws {
        let held = DispatchSemaphore(value: 0)
        let upstream = try Upstream { upstream, wire in
            while let request = try wire.readRequest() {
                upstream.requests.append(request)
                held.wait()
                try wire.write(Upstream.ok("ok"))
            }
        }
        let (port, other) = try (FreePort(), FreePort())
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", site: "listen = \"127.0.0.1\"")
        let running = try await ReloadingGatehouse(toml)
        let (busy, idle) = try (Wire(to: port.number), Wire(to: port.number))
        try await onThread { try busy.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") }
        _ = try await upstream.requests.first(1)
        running.process.terminate()
        #expect(try await onThread { try idle.readToEnd().bytes.isEmpty })
        let added = "listen = \"127.0.0.1\"\nport = \(other)\nstatic_dir = \"\(running.directory.path)\"\n"
        try running.write(toml + "\n[[sites]]\nhostname = \"other.test\"\n" + added)
        let outcomes = [try await running.command(["reload"]), try await running.command(["rollback"])]
        for outcome in outcomes {
            #expect(outcome.exit == .code(1) && outcome.errors.contains("this process is stopping"), "\(outcome)")
        }
        let status = try await running.command(["status"])
        #expect(!status.text.contains(":\(other)"), "\(status)")
        held.signal()
        let answer = try await onThread { try busy.readAnswer() }
        #expect(answer.text == "ok" && answer.value("Connection") == "close")
        #expect(try await running.process.exit() == .code(0))
    }
}
