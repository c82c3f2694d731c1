import TestSupport
import Testing

@Suite("Servers in HTTP/2 that go as soon as they have answered")
struct HastyServerTests {
    /// Few enough that all fits into the kernel's buffers: what the server still has when it goes is lost to anybody.
    private static let pieces = 8
    private static let piece = String(repeating: "x", count: 3_000)

    @Test("an answer that has come is whole, though its server takes no more of what it is sent")
    func wholeAnswers() async throws {
        let upstream = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            _ = try connection.request()
            // That it goes is known before anybody asks for more.
            let goAway = Frame.make(7, 0, 0, Frame.number(1) + Frame.number(0))
            try connection.write(ScriptedConnection.ok(), goAway)
            // Each with something to answer, which comes to a socket that is closed by then, and is answered by a reset.
            for number in 1...Self.pieces {
                try connection.write(Frame.ping(), Frame.data(Self.piece, number == Self.pieces ? Frame.endStream : 0))
            }
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.before(upstream, port)) { _ in
            let urls = (1...20).map { "http://127.0.0.1:\(port)/\($0)" }
            let outputs = urls.flatMap { [$0, "-o", "/dev/null"] }
            let outcome = try await Command.curl(["-w", "%{http_code} %{size_download}\\n"] + outputs)
            #expect(outcome.text == String(repeating: "200 24000\n", count: urls.count), "\(outcome)")
        }
    }
}
