import TestSupport
import Testing

/// `limits.http2_control_frames` is against frames that move nothing. What goes with served traffic is none of these.
@Suite("Frames that belong to what is served are no flood")
struct ControlFrameTests {
    private static let limits = "[limits]\nhttp2_control_frames = 16\n"

    private static func serving(_ body: @escaping @Sendable (Wire) throws -> Void, saying text: String = "hello") async throws {
        let upstream = try Upstream.saying(text)
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", site: "h2c = true", top: limits)
        try await Gatehouse.serving(toml) { _ in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write(Frame.preface + Frame.settings())
                try body(wire)
            }
        }
    }

    private static func ask(_ stream: UInt32, _ path: String = "/") -> [UInt8] {
        Frame.headers([(":method", "GET"), (":scheme", "http"), (":path", path), (":authority", "localhost")], stream: stream)
    }

    /// What clients send to take the next answers: windows of the stream and of the connection, and gRPC's a PING besides.
    private static func acknowledge(_ stream: UInt32) -> [UInt8] {
        Frame.windowUpdate(stream, 5) + Frame.windowUpdate(0, 5) + Frame.ping()
    }

    @Test("small answers that are acknowledged one by one", arguments: [1, 100])
    func acknowledged(atOnce: Int) async throws {
        try await Self.serving { wire in
            let client = Client(wire)
            let streams = (0..<300).map { UInt32(2 * $0 + 1) }
            for first in stride(from: 0, to: streams.count, by: atOnce) {
                let some = streams[first..<first + atOnce]
                try wire.write(some.flatMap { Self.ask($0) })
                for _ in some { try client.untilEndOfStream() }
                try wire.write(some.flatMap { Self.acknowledge($0) })
            }
            // And it is still there.
            try wire.write(Self.ask(601))
            try client.untilEndOfStream()
        }
    }

    @Test("a body that comes a byte at a time because the client takes no more earns none: that is a flood")
    func tinyWindows() async throws {
        try await Self.serving(
            { wire in
                let client = Client(wire)
                try wire.write(Frame.settings([(4, 0)]) + Self.ask(1))
                var credits = 0
                do {
                    while credits < 2000 {
                        credits += 1
                        try wire.write(Frame.windowUpdate(1, 1))
                        _ = try client.next(0)
                    }
                } catch let error as Client.Left {
                    #expect(error.code == 11 && credits < 100, "\(error) after \(credits)")
                    return
                }
                Issue.record("it was let go on")
            }, saying: String(repeating: "a", count: 4000))
    }

    /// More heads than may wait while the client is read; with all of them sent it must be read again.
    @Test("a client that gets many answers at once is heard afterwards, whatever else is under way")
    func manyAtOnce() async throws {
        let upstream = try Upstream { _, wire in _ = try wire.readToEnd() }
        let port = try FreePort()
        let long = String(repeating: "a", count: 900)
        let short = "[[sites.proxy.routes]]\npath = \"/short\"\nrespond = { status = 204, headers = { X-Long = \"\(long)\" } }\n"
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", site: "h2c = true", proxy: short, top: "[limits]\nhttp2_streams = 1002\n")
        try await Gatehouse.serving(toml) { _ in
            try await onThread {
                let wire = try Wire(to: port.number)
                let client = Client(wire)
                let many = (1...1000).flatMap { Self.ask(UInt32(2 * $0 + 1), "/short") }
                try wire.write(Frame.preface + Frame.settings() + Self.ask(1) + many)
                for _ in 0..<1000 { _ = try client.next(1) }
                try wire.write(Self.ask(2003, "/short"))
                _ = try client.next(1)
            }
        }
    }

    /// Reads frames.
    private final class Client {
        /// GOAWAY, with its code.
        struct Left: Error { let code: Int }

        private let wire: Wire

        init(_ wire: Wire) { self.wire = wire }

        /// The next frame of this kind.
        func next(_ type: UInt8) throws -> (flags: UInt8, payload: [UInt8]) {
            while true {
                let head = try wire.read(9)
                let payload = try wire.read(Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2]))
                if head[3] == 7 { throw Left(code: payload[4..<8].reduce(0) { $0 << 8 | Int($1) }) }
                if head[3] == type { return (head[4], payload) }
            }
        }

        /// DATA that ends a stream.
        func untilEndOfStream() throws {
            while try next(0).flags & Frame.endStream == 0 {}
        }
    }
}
