import Foundation
import TestSupport
import Testing

@Suite("Many at a time to upstreams in HTTP/2")
struct CrowdTests {
    /// Requests that are answered when all of them are there.
    private final class Crowd: Sendable {
        private let waiting = Guarded<[(connection: ScriptedConnection, stream: UInt32)]>([])
        private let count: Int

        init(_ count: Int) { self.count = count }

        func join(_ connection: ScriptedConnection, _ stream: UInt32) throws {
            let all = waiting.withLock { waiting in
                waiting.append((connection, stream))
                return waiting.count == count ? waiting : []
            }
            for (connection, stream) in all {
                try connection.write(ScriptedConnection.ok([], Frame.endHeaders | Frame.endStream, stream: stream))
            }
        }
    }

    /// By default a connection carries 128 requests at once.
    @Test("all are under way at once, over few connections", arguments: [(1_000, 128, 8), (10_000, 1_000, 10)])
    func atOnce(requests: Int, each: Int, connections: Int) async throws {
        let crowd = Crowd(requests)
        let upstream = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            while true { try crowd.join(connection, try connection.request().stream) }
        }
        let port = try FreePort()
        let toml = Sites.before(
            upstream, port, upstreamKeys: "max_streams_per_connection = \(each)\n", site: "h2c = true",
            top: "[limits]\nhttp2_streams = \(requests)\n")
        try await Gatehouse.serving(toml) { _ in
            let answered = try await onThread {
                let wire = try Wire(to: port.number)
                let fields = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "localhost")]
                try wire.write(Frame.preface + Frame.settings())
                for number in 0..<requests { try wire.write(Frame.headers(fields, stream: UInt32(2 * number + 1))) }
                var answered = 0
                while answered < requests {
                    let head = try wire.read(9)
                    let payload = try wire.read(Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2]))
                    try #require(head[3] != 3 && head[3] != 7, "a reset or GOAWAY after \(answered): \(head) \(payload)")
                    if head[3] == 1, head[4] & Frame.endStream != 0 { answered += 1 }
                }
                return answered
            }
            #expect(answered == requests)
            #expect(upstream.connections.all.count == connections)
        }
    }

    @Test("one of two servers is killed under load: every request that may be repeated is answered", arguments: ["h2c", "https"])
    func killed(scheme: String) async throws {
        let certificates = try await Certificates.ready()
        let ports = try (FreePort(), FreePort(), FreePort())
        let directory = try TemporaryDirectory()
        let local = certificates.local
        var servers: [ChildProcess] = []
        for port in [ports.1, ports.2] {
            let tls = scheme == "h2c" ? ["--no-tls", "\(port)"] : ["\(port)", local.key, local.certificate]
            servers.append(try await RealServerTests.nghttpd(tls, directory, port))
        }
        defer { for server in servers { server.terminate() } }
        let keys = scheme == "https" ? "http_version = \"2\"\nca_file = \"\(certificates.authority)\"\n" : ""
        let second = "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"\(scheme)://localhost:\(ports.2)\"\n" + keys
        let toml = Sites.proxy(ports.0, to: "\(scheme)://localhost:\(ports.1)", upstream: keys + second, site: "h2c = true")
        try await Gatehouse.serving(toml) { _ in
            let load = try ChildProcess(
                "h2load", ["-n", "6000", "-c", "6", "-m", "20", "-p", "h2c", "http://127.0.0.1:\(ports.0)/a"])
            _ = try await load.output.first("the middle of the load") { $0.hasPrefix("progress: 30%") }
            servers[1].kill()
            #expect(try await load.exit() == .code(0))
            let said = load.output.all.joined(separator: "\n")
            #expect(said.contains("6000 succeeded, 0 failed, 0 errored"), "\(said)")
            #expect(said.contains("status codes: 6000 2xx"), "\(said)")
        }
    }
}
