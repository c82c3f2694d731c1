import Foundation
import TestSupport
import Testing

@Suite("Forms of an access line")
struct LogFormatTests {
    /// A site over TLS whose upstream answers, opens WebSockets and breaks off.
    private func lines(_ format: String) async throws -> [String] {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let upstream = try Upstream { _, wire in
            while let request = try wire.readRequest() {
                if request.target.hasPrefix("/tunnel") {
                    try wire.write(Tunnelled.accept("app"))
                    try wire.write([0x88, 0x02, 0x03, 0xE8])
                    return
                }
                if request.target.hasPrefix("/cut") { return }
                try wire.write(Upstream.ok("ok"))
            }
        }
        let toml = """
            [logging]
            redact_query = ["token"]
            format = '\(format)'
            [[sites]]
            name = "main"
            hostname = "localhost"
            port = \(port)
            \(certificates.ssl())
            [sites.proxy]
            enabled = true
            [[sites.proxy.upstreams]]
            name = "app"
            url = "http://127.0.0.1:\(upstream)"
            [[sites.proxy.routes]]
            path = "/"
            upstream = "app"
            websocket = true
            """
        return try await Gatehouse.serving(toml) { gatehouse in
            let ask = ["--cacert", certificates.authority, "-A", "an \"agent\"\\"]
            let root = "https://localhost:\(port)"
            _ = try await Command.curl(ask + ["--http2", "-d", "body", "\(root)/one?a=1&token=secret"])
            _ = try await Command.curl(ask + ["-d", "body", "\(root)/cut"])
            _ = try await Command.run(
                "curl",
                ask + [
                    "-sS", "--http1.1", "--max-time", "30", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H",
                    "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "\(root)/tunnel",
                ])
            return try await gatehouse.process.output.first(3)
        }
    }

    private func objects(_ format: String) async throws -> [[String: Any]] {
        try await lines(format).map { line in
            #expect(!line.contains("secret"))
            return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
    }

    @Test("have the names of the Elastic Common Schema")
    func ecs() async throws {
        let objects = try await objects("ecs")
        let first = objects[0]
        #expect(first["ecs.version"] as? String == "8.11.0" && first["log.level"] as? String == "info")
        #expect((first["@timestamp"] as? String)?.hasSuffix("Z") == true)
        #expect(first["client.address"] as? String == "127.0.0.1" && first["source.address"] as? String == "127.0.0.1")
        #expect(first["http.request.method"] as? String == "POST" && first["http.response.status_code"] as? Int == 200)
        #expect(first["url.original"] as? String == "/one?a=1&token=-" && first["url.path"] as? String == "/one")
        #expect(first["url.query"] as? String == "a=1&token=-" && first["url.domain"] as? String == "localhost")
        #expect(first["http.version"] as? String == "2" && first["tls.version"] as? String == "1.3")
        #expect(first["tls.next_protocol"] as? String == "h2" && first["tls.resumed"] as? Bool == false)
        #expect(first["http.request.body.bytes"] as? Int == 4 && first["http.response.body.bytes"] as? Int == 2)
        #expect(first["user_agent.original"] as? String == "an \"agent\"\\")
        #expect((first["event.duration"] as? Int).map { $0 >= 0 } == true)
        #expect((first["gatehouse.configuration"] as? String)?.count == 12)
        #expect(objects[1]["gatehouse.reason"] as? String == "upstream_closed_early")
        let tunnel = objects[2]
        #expect(tunnel["gatehouse.frames_out"] as? Int == 1 && tunnel["gatehouse.close_code"] as? Int == 1000)
        #expect(tunnel["gatehouse.closed_by"] as? String == "upstream" && (tunnel["event.duration"] as? Int) != nil)
    }

    @Test("have the names of OpenTelemetry's conventions")
    func openTelemetry() async throws {
        let objects = try await objects("otel")
        let first = objects[0]
        #expect(first["client.address"] as? String == "127.0.0.1" && first["network.peer.address"] as? String == "127.0.0.1")
        #expect(first["http.request.method"] as? String == "POST" && first["http.response.status_code"] as? Int == 200)
        #expect(first["url.path"] as? String == "/one" && first["url.query"] as? String == "a=1&token=-")
        #expect(first["server.address"] as? String == "localhost" && first["network.protocol.version"] as? String == "2")
        #expect(first["http.route"] as? String == "/" && first["tls.protocol.version"] as? String == "1.3")
        #expect(objects[1]["error.type"] as? String == "upstream_closed_early")
        #expect(objects[2]["gatehouse.closed_by"] as? String == "upstream")
    }

    @Test("are a text with fields where the configuration has one; no value can end its quotes, and none is left out")
    func text() async throws {
        let lines = try await lines(
            #"{{{client}}} {time_common} "{method} {target} {version}" {status} {bytes_in}/{bytes_out} "{user_agent}" "#
                + "{stream} {reason} {frames_in}:{frames_out} {closed_by} {close_code} {wait_ms} {resumed}")
        let time = #/\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000/#
        let told = lines.map { $0.replacing(time, with: "T") }
        let agent = #""an \"agent\"\\""#
        #expect(
            told[0] == #"{127.0.0.1} T "POST /one?a=1&token=- HTTP/2.0" 200 4/2 \#(agent) 1 - -:- - - - false"#, "\(lines)")
        #expect(told[1].hasSuffix(" - upstream_closed_early -:- - - - false"), "\(lines)")
        #expect(told[2].hasPrefix(#"{127.0.0.1} T "GET /tunnel HTTP/1.1" 101 "#), "\(lines)")
        #expect(told[2].hasSuffix(" - upstream_closed 0:1 upstream 1000 - false"), "\(lines)")
    }
}
