import TestSupport
import Testing

@Suite("Servers in HTTP/2 that do not read what they are sent")
struct UnreadRequestsTests {
    /// Bytes of a field of each request: two sockets hold some megabytes.
    private static let fieldBytes = 200_000
    /// Far more than that takes.
    private static let maxRequests = 400

    private static let limits = """
        [performance]
        worker_threads = 1
        [limits]
        max_head_bytes = "256KB"
        max_field_bytes = "256KB"

        """

    @Test("requests are not collected for a server that does not read: others go over another connection")
    func deaf() async throws {
        let isOver = Signal()
        let upstream = try Upstream { upstream, wire in
            let isFirst = upstream.connections.all.count == 1
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            if isFirst { return isOver.wait() }
            while true {
                let stream = try connection.request().stream
                try connection.write(ScriptedConnection.ok([], Frame.endHeaders | Frame.endStream, stream: stream))
            }
        }
        let port = try FreePort()
        let keys = "max_streams_per_connection = 1000\n"
        try await Gatehouse.serving(Sites.before(upstream, port, upstreamKeys: keys, top: Self.limits)) { _ in
            let waiting = try await onThread {
                let field = String(repeating: "a", count: Self.fieldBytes)
                var wires: [Wire] = []
                while wires.count < Self.maxRequests, upstream.connections.all.count < 2 {
                    let wire = try Wire(to: port.number)
                    try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\nX-Field: \(field)\r\n\r\n")
                    wires.append(wire)
                }
                return wires
            }
            _ = try await upstream.connections.first(2)
            let outcome = try await Command.curl(["-w", "%{http_code}", "http://127.0.0.1:\(port)/"])
            #expect(outcome.text == "200", "\(outcome)")
            for wire in waiting { wire.close() }
            isOver.fire()
        }
    }

    @Test("requests that their clients give up, one after the other, do not hide that a server says nothing any more")
    func impatientClients() async throws {
        try await ImpatientClients.come()
    }
}
