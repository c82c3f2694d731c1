import TestSupport
import Testing

/// A server that says HelloRequest (RFC 5246 §7.4.1.1) and nothing else, as fast as it is read.
@Suite("A server whose handshake has no end")
struct FloodedHandshakeTests {
    /// Records of 4096 messages, of four bytes each.
    private static let records = Array(
        repeatElement([0x16, 3, 3, 0x40, 0] as [UInt8] + [UInt8](repeating: 0, count: 16_384), count: 16).joined())

    private func flooding() throws -> Upstream {
        try Upstream { _, wire in while true { try wire.write(Self.records) } }
    }

    @Test("is given up by the gateway for its length, whatever time there is", arguments: RecordMode.allCases)
    func upstream(records: RecordMode) async throws {
        let (upstream, port) = try (flooding(), FreePort())
        let toml = Sites.proxy(port, to: "https://127.0.0.1:\(upstream)", upstream: "verify = false", top: records.toml)
        try await Gatehouse.serving(toml) { gatehouse in
            let answer = try await Command.curl(["-i", "http://127.0.0.1:\(port)/f"])
            #expect(answer.text.hasPrefix("HTTP/1.1 502 "), "\(answer)")
            let entry = try await gatehouse.access("/f")
            #expect(entry["reason"] == "upstream_tls_failed", "\(entry)")
            #expect(entry["detail"]?.contains("excessive message size") == true, "\(entry)")
        }
    }

    @Test("is given up by a log, in the same way")
    func receiver() async throws {
        let (receiver, port) = try (flooding(), FreePort())
        let toml = """
            [logging]
            access_log = "syslog+tls://127.0.0.1:\(receiver)"
            level = "debug"
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            respond = { body = "hello" }
            """
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await Command.curl(["http://127.0.0.1:\(port)/"])
            let said = try await gatehouse.log.first { $0.contains("a log's receiver cannot be reached: lines wait") }
            #expect(said.contains("excessive message size"), "\(said)")
        }
    }

    @Test("is given up by spans, too, where it is shaken hands with and asks for others in place of an answer")
    func collector() async throws {
        let certificates = try await Certificates.ready()
        let (port, collector) = try (FreePort(), FreePort())
        let files = [certificates.local.certificate, certificates.local.key]
        let server = try ChildProcess(
            Place.pythonWithLibraries, [Place.peer("hello_requests.py"), "\(collector)"] + files)
        defer { server.kill() }
        _ = try await server.output.first("the server") { $0 == "listening" }
        let toml = """
            [tracing]
            endpoint = "https://127.0.0.1:\(collector)"
            ca_file = "\(certificates.authority)"
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            respond = { body = "hello" }
            """
        try await Gatehouse.serving(toml) { _ in
            _ = try await Command.curl(["http://127.0.0.1:\(port)/"])
            _ = try await server.output.first("the end of a connection") { $0 == "left" }
        }
    }

    @Test("is given up by tls probe, in the same way")
    func probe() async throws {
        let server = try flooding()
        let outcome = try await Command.run(Place.gatehouse, ["tls", "probe", "127.0.0.1:\(server)"])
        #expect(outcome.code == 1 && outcome.text.contains("excessive message size"), "\(outcome)")
    }
}
