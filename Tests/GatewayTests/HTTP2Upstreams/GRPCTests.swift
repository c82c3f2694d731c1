import Foundation
import TestSupport
import Testing

@Suite("gRPC, from grpcio to grpcio")
struct GRPCTests {
    private static func server(_ port: FreePort, serving: Int = 1) async throws -> ChildProcess {
        let server = try ChildProcess(Place.pythonWithLibraries, [Place.peer("grpc_peer.py"), "server", "\(port)", "\(serving)"])
        _ = try await server.output.first("the server's start") { $0 == "serving" }
        return server
    }

    private static func client(_ port: FreePort, _ name: String, ca: String? = nil) async throws -> Command.Outcome {
        try await Command.run(
            Place.pythonWithLibraries, [Place.peer("grpc_peer.py"), "client", "\(port)", name] + (ca.map { [$0] } ?? []))
    }

    private static func site(_ port: FreePort, _ behind: FreePort, ssl: String = "", top: String = "", keys: String = "")
        -> String
    {
        Sites.proxy(
            port, to: "h2c://127.0.0.1:\(behind)", upstream: keys, ssl: ssl, site: ssl.isEmpty ? "h2c = true" : "", top: top)
    }

    /// An empty message by curl, which keeps no deadline of its own: grpcio's might pass first.
    private static func call(_ url: String, timeout: String) async throws -> Command.Outcome {
        let directory = try TemporaryDirectory()
        let message = try directory.write("message", [UInt8](repeating: 0, count: 5))
        return try await Command.run(
            "curl",
            [
                "-sS", "-i", "--http2-prior-knowledge", "--noproxy", "*", "-H", "content-type: application/grpc", "-H",
                "te: trailers", "-H", "grpc-timeout: \(timeout)", "--data-binary", "@\(message)", url,
            ])
    }

    @Test("unary calls, streams each way and both ways, none held back", arguments: [true, false])
    func shapes(isTLS: Bool) async throws {
        let certificates = try await Certificates.ready()
        let (port, behind) = try (FreePort(), FreePort())
        let server = try await Self.server(behind)
        defer { server.terminate() }
        let toml = Self.site(port, behind, ssl: isTLS ? certificates.ssl() : "")
        try await Gatehouse.serving(toml) { gatehouse in
            let outcome = try await Self.client(port, "shapes", ca: isTLS ? certificates.authority : nil)
            #expect(outcome.text == "hello!\n200\n300\nend StatusCode.OK\n", "\(outcome)")
            let entry = try await gatehouse.access("/test.Test/Both")
            #expect(entry["grpc_status"] == "0" && entry["status"] == "200" && entry["reason"] == nil, "\(entry)")
        }
    }

    @Test("a message of 64 MiB, both ways")
    func big() async throws {
        let (port, behind) = try (FreePort(), FreePort())
        let server = try await Self.server(behind)
        defer { server.terminate() }
        let toml = Self.site(port, behind, top: "[security]\nmax_request_size = \"100MB\"\n")
        try await Gatehouse.serving(toml) { _ in
            let outcome = try await Self.client(port, "big")
            #expect(outcome.text == "67108865 True\n", "\(outcome)")
        }
    }

    @Test("a status with its message and trailers, also where it is all that is said")
    func errors() async throws {
        let (port, behind) = try (FreePort(), FreePort())
        let server = try await Self.server(behind)
        defer { server.terminate() }
        try await Gatehouse.serving(Self.site(port, behind)) { gatehouse in
            let outcome = try await Self.client(port, "errors")
            #expect(outcome.text.hasPrefix("NOT_FOUND no such thing: 100 % because\nUNIMPLEMENTED "), "\(outcome)")
            #expect(try await gatehouse.access("/test.Test/Fail")["grpc_status"] == "5")
            #expect(try await gatehouse.access("/test.Test/Unknown")["grpc_status"] == "12")
        }
    }

    @Test("what the gateway cannot do it says in gRPC's words, and to gRPC-Web in its own")
    func ownErrors() async throws {
        let (port, behind) = try (FreePort(), FreePort())
        try await Gatehouse.serving(Self.site(port, behind)) { gatehouse in
            let outcome = try await Self.client(port, "one")
            #expect(outcome.text == "UNAVAILABLE The service behind this gateway cannot answer.\n", "\(outcome)")
            let entry = try await gatehouse.access("/test.Test/Unary")
            #expect(entry["grpc_status"] == "14" && entry["reason"] == "upstream_connect_failed", "\(entry)")
            let web = try await Command.run(
                "curl",
                [
                    "-sS", "--http2-prior-knowledge", "--noproxy", "*", "-H", "content-type: application/grpc-web", "-d", "x",
                    "-o",
                    "/dev/null", "-w", "%{http_code} %{content_type}", "http://127.0.0.1:\(port)/web",
                ])
            #expect(web.text == "502 text/html; charset=utf-8", "\(web)")
        }
    }

    @Test("grpc-timeout is a deadline: the server's stream is reset, and the client told")
    func deadline() async throws {
        let told = Journal<String>("what the server is told")
        let server = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            let request = try connection.request()
            #expect(request.contains("2S"))
            while true { told.append(try connection.next().words) }
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.before(server, port, site: "h2c = true")) { gatehouse in
            let outcome = try await Self.call("http://127.0.0.1:\(port)/test.Test/Wait", timeout: "2S")
            #expect(outcome.text.contains("grpc-status: 4\r\n") && !outcome.text.contains("content-length"), "\(outcome)")
            _ = try await told.first("the end of the call") { $0 == "RST_STREAM 1 CANCEL" }
            let entry = try await gatehouse.access(reason: "grpc_deadline")
            #expect(entry["grpc_status"] == "4" && entry["blame"] == "client", "\(entry)")
        }
    }

    @Test("a deadline that passes in the middle of an answer: what has come, and trailers that say so")
    func lateDeadline() async throws {
        let told = Journal<String>("what the server is told")
        let server = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            _ = try connection.request()
            try connection.write(
                ScriptedConnection.ok([("content-type", "application/grpc")]), Frame.data("\0\0\0\0\u{5}hello", 0))
            while true { told.append(try connection.next().words) }
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.before(server, port, site: "h2c = true")) { gatehouse in
            let outcome = try await Self.call("http://127.0.0.1:\(port)/test.Test/Late", timeout: "1S")
            #expect(outcome.code == 0 && outcome.text.contains("hellogrpc-status: 4\r\n"), "\(outcome)")
            _ = try await told.first("the end of the call") { $0 == "RST_STREAM 1 CANCEL" }
            let entry = try await gatehouse.access(reason: "grpc_deadline")
            #expect(entry["grpc_status"] == "4" && entry["status"] == "200" && entry["bytes_out"] == "10", "\(entry)")
        }
    }

    @Test("a client that cancels cancels its server's call")
    func cancel() async throws {
        let (port, behind) = try (FreePort(), FreePort())
        let server = try await Self.server(behind)
        defer { server.terminate() }
        try await Gatehouse.serving(Self.site(port, behind)) { _ in
            let client = try ChildProcess(
                Place.pythonWithLibraries, [Place.peer("grpc_peer.py"), "client", "\(port)", "cancel"])
            _ = try await server.output.first("the call") { $0 == "waits" }
            try client.write("now\n")
            _ = try await server.output.first("its end") { $0 == "cancelled" }
            #expect(try await client.exit() == .code(0))
        }
    }

    @Test("a thousand calls at once, over few connections")
    func crowd() async throws {
        let (port, behind) = try (FreePort(), FreePort())
        let server = try await Self.server(behind)
        defer { server.terminate() }
        let toml = Self.site(
            port, behind, top: "[limits]\nhttp2_streams = 1000\n", keys: "max_streams_per_connection = 100")
        try await Gatehouse.serving(toml) { gatehouse in
            let outcome = try await Self.client(port, "crowd")
            #expect(outcome.text == "1000\n", "\(outcome)")
        }
    }

    @Test("the health check asks the service, and a server that does not serve is unhealthy", arguments: [1, 2])
    func health(serving: Int) async throws {
        let (port, behind) = try (FreePort(), FreePort())
        let server = try await Self.server(behind, serving: serving)
        defer { server.terminate() }
        let probing = "[sites.proxy.health_check]\nenabled = true\ntype = \"grpc\"\ninterval = 1\nretries = 1\ntimeout = 60\n"
        let toml = Sites.proxy(port, to: "h2c://127.0.0.1:\(behind)", site: "h2c = true", proxy: probing)
        try await Gatehouse.serving(toml) { gatehouse in
            if serving == 1 {
                let outcome = try await Self.client(port, "one")
                #expect(outcome.text == "hello!\n", "\(outcome)")
                #expect(!gatehouse.log.all.contains { $0.contains("unhealthy") })
            } else {
                _ = try await gatehouse.log.first("that it is unhealthy") { $0.contains("NOT_SERVING") }
            }
        }
    }
}
