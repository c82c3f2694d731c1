import Dispatch
import TestSupport
import Testing

@Suite("What a server provably has not looked at is sent again")
struct RefusedStreamTests {
    /// The first connection refuses what comes on it in one way, the others answer with what they got.
    private static func refusing(_ refusal: @escaping @Sendable (UInt32) -> [UInt8]) throws -> Upstream {
        try Upstream { upstream, wire in
            let isFirst = upstream.connections.all.count == 1
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            while true {
                let request = try connection.request()
                if isFirst {
                    try connection.write(refusal(request.stream))
                    continue
                }
                var body: [UInt8] = []
                var ended = request.flags & Frame.endStream != 0
                while !ended {
                    let data = try connection.next(0)
                    body += data.payload
                    ended = data.flags & Frame.endStream != 0
                }
                let answer = Frame.make(0, Frame.endStream, request.stream, body)
                try connection.write(ScriptedConnection.ok(stream: request.stream), answer)
            }
        }
    }

    private static let goAway = Frame.make(7, 0, 0, Frame.number(0) + Frame.number(0))

    @Test("GOAWAY below its stream, whatever the method", arguments: ["GET", "POST", "DELETE"])
    func goAway(method: String) async throws {
        let upstream = try Self.refusing { _ in Self.goAway }
        try await Self.expectAnswer(method, from: upstream)
    }

    @Test("REFUSED_STREAM and then GOAWAY", arguments: ["GET", "POST"])
    func refused(method: String) async throws {
        let upstream = try Self.refusing { Frame.reset($0, 7) + Self.goAway }
        try await Self.expectAnswer(method, from: upstream)
    }

    private static func expectAnswer(_ method: String, from upstream: Upstream) async throws {
        let port = try FreePort()
        try await Gatehouse.serving(Sites.before(upstream, port, retries: 1)) { gatehouse in
            let body = method == "POST" ? ["-d", "some text"] : []
            let url = "http://127.0.0.1:\(port)/again"
            let outcome = try await Command.curl(["-X", method, "-w", "%{http_code}", url] + body)
            #expect(outcome.text == (method == "POST" ? "some text200" : "200"), "\(outcome)")
            let entry = try await gatehouse.access("/again")
            #expect(entry["attempts"] == "2", "\(entry)")
            #expect(upstream.connections.all.count == 2)
        }
    }

    @Test("what it has taken of the body goes to the next server too, also if that one speaks HTTP/1.1")
    func otherVersion() async throws {
        let refusing = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            let request = try connection.request()
            _ = try connection.next(0)
            try connection.write(Frame.reset(request.stream, 7) + Self.goAway)
            _ = try wire.readToEnd()
        }
        let answering = try Upstream.answering { Upstream.ok($0.text) }
        let port = try FreePort()
        let second = "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\(answering)\""
        try await Gatehouse.serving(Sites.before(refusing, port, upstreamKeys: second, retries: 1)) { gatehouse in
            let outcome = try await Command.curl(["-d", "some text", "http://127.0.0.1:\(port)/other"])
            #expect(outcome.text == "some text", "\(outcome)")
            #expect(try await gatehouse.access("/other")["attempts"] == "2")
        }
    }

    @Test("a reset by another code is none of these: what may not be repeated is not", arguments: [("GET", 200), ("POST", 502)])
    func otherCode(method: String, status: Int) async throws {
        let upstream = try Self.refusing { Frame.reset($0, 2) + Self.goAway }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.before(upstream, port, retries: 1)) { gatehouse in
            let outcome = try await Command.curl([
                "-X", method, "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:\(port)/o",
            ])
            #expect(outcome.text == "\(status)", "\(outcome)")
            let entry = try await gatehouse.access("/o")
            #expect(entry["reason"] == (status == 502 ? "upstream_closed_early" : nil), "\(entry)")
        }
    }

    /// RFC 9113 §6.5.2: a server may allow no streams for a short time.
    @Test("of connections on which a server allows no streams one is kept, and is used when it allows some")
    func noStreams() async throws {
        let left = Journal<Int>("the connections that the gateway has left")
        let (mayAllow, hasAllowed) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let upstream = try Upstream { upstream, wire in
            let isFirst = upstream.connections.all.count == 1
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings([(3, 0)]))
            try connection.write(Frame.reset(connection.request().stream, 7))
            guard isFirst else {
                _ = try connection.next(7)
                left.append(1)
                return
            }
            mayAllow.wait()
            // Its answer to the PING comes when it has read the settings.
            try connection.write(Frame.settings([(3, 100)]), Frame.ping())
            _ = try connection.next(6)
            hasAllowed.signal()
            while true {
                let stream = try connection.request().stream
                try connection.write(ScriptedConnection.ok([], Frame.endHeaders | Frame.endStream, stream: stream))
            }
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.before(upstream, port, retries: 1)) { gatehouse in
            let ask = ["-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:\(port)/none"]
            #expect(try await Command.curl(ask).text == "502")
            #expect(try await gatehouse.access("/none")["detail"] == "the stream was reset: REFUSED_STREAM")
            let made = upstream.connections.all.count
            #expect(made > 2)
            try await eventually("all connections but one are left") { left.all.count == made - 1 }
            mayAllow.signal()
            try await onThread { hasAllowed.wait() }
            #expect(try await Command.curl(ask).text == "200")
            #expect(upstream.connections.all.count == made)
        }
    }
}
