import TestSupport
import Testing

@Suite("What is under way of an answer in HTTP/2 whose client has gone")
struct GivenUpAnswerTests {
    /// More frames than `limits.http2_control_frames` lets come, as one large window holds them.
    private static let frames = 2500
    private static let piece = String(repeating: "x", count: 1024)

    @Test("is taken as long as it is content: other exchanges of the connection go on")
    func content() async throws {
        let sent = Journal<Int>("frames that were sent")
        let upstream = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            var window = 65_535
            @discardableResult func take(_ type: UInt8) throws -> UInt32 {
                while true {
                    let frame = try connection.next()
                    if frame.type == 8, frame.stream == 0 { window += frame.payload.reduce(0) { $0 << 8 | Int($1) } }
                    if frame.type == type { return frame.stream }
                }
            }
            let first = try take(1)
            let begun = "begun\n"
            try connection.write(ScriptedConnection.ok(stream: first), Frame.data(begun, 0, stream: first))
            window -= begun.utf8.count
            try take(3)
            for _ in 0..<Self.frames {
                while window < Self.piece.utf8.count { try take(8) }
                try connection.write(Frame.data(Self.piece, 0, stream: first))
                window -= Self.piece.utf8.count
            }
            sent.append(Self.frames)
            let second = try connection.request().stream
            try connection.write(ScriptedConnection.ok(stream: second), Frame.data("hello", stream: second))
            while true { _ = try connection.next() }
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.before(upstream, port)) { _ in
            let url = "http://127.0.0.1:\(port)"
            let leaving = try Wire(to: port.number)
            try leaving.write("GET /given-up HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            // The head, and the first chunk's size.
            _ = try leaving.readHead()
            _ = try leaving.readLine()
            leaving.reset()
            _ = try await sent.first(1)
            let outcome = try await Command.curl(["-w", "%{http_code}", url + "/next"])
            #expect(outcome.text == "hello200", "\(outcome)")
            #expect(upstream.connections.all.count == 1)
        }
    }
}
