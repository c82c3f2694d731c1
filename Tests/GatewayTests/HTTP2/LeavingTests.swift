import TestSupport
import Testing

@Suite("A client that has not seen yet that its HTTP/2 connection ends")
struct LeavingTests {
    /// The next frames up to one of this type.
    private static func read(_ type: UInt8, from wire: Wire) throws -> (stream: UInt32, payload: [UInt8]) {
        while true {
            let head = try wire.read(9)
            let payload = try wire.read(Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2]))
            let stream = head[5...8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            if head[3] == type { return (stream, payload) }
            try #require(head[3] != 7 || type == 7, "GOAWAY \(payload)")
        }
    }

    private static func ask(_ stream: UInt32, _ method: String = "GET", _ flags: UInt8 = 5) -> [UInt8] {
        let fields = [(":method", method), (":scheme", "http"), (":path", "/"), (":authority", "localhost")]
        return Frame.headers(fields, flags, stream: stream)
    }

    @Test("has what it sends too late ignored, and loses nothing of what is under way")
    func late() async throws {
        let go = Signal()
        let upstream = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            go.wait()
            try wire.write(Upstream.ok("late"))
        }
        let port = try FreePort()
        // The first GOAWAY comes after half of it, the other one a second later.
        let limits = "[limits]\ndrain_timeout = 8\nhttp2_control_frames = 32\n"
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", site: "h2c = true", top: limits)
        let directory = try TemporaryDirectory()
        let process = try ChildProcess(Place.gatehouse, ["run", "-c", try directory.write("gatehouse.toml", toml)])
        _ = try await process.errors.first { $0.contains(": serving addresses=") }
        let wire = try Wire(to: port.number)
        try wire.write(Frame.preface + Frame.settings() + Self.ask(1))
        _ = try await upstream.requests.first(1)
        process.terminate()
        try await onThread {
            var last = UInt32.max
            while last != 1 {
                last = try Self.read(7, from: wire).payload.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            }
            try wire.write(
                Self.ask(3, "POST", Frame.endHeaders) + Frame.data("body", 0, stream: 3) + Frame.windowUpdate(3, 10)
                    + Frame.data("end", stream: 3) + Self.ask(5) + Frame.reset(5))
            go.fire()
            #expect(try Self.read(1, from: wire).stream == 1)
            let answer = try Self.read(0, from: wire)
            #expect(answer.stream == 1 && String(decoding: answer.payload, as: UTF8.self) == "late")
        }
        #expect(try await process.exit() == .code(0))
        #expect(upstream.requests.all.count == 1)
        #expect(!process.errors.all.contains { $0.contains("HTTP/2 connection ended") }, "\(process.errors.all)")
    }
}
