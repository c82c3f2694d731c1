import TestSupport
import Testing

@Suite("A body in HTTP/2 that is cut never looks whole on the other side")
struct CutBodyTests {
    /// What a server sends once the head and "some " are with the client, all of it at once.
    private static let ends: [(String, [UInt8])] = [
        ("less than content-length", Frame.data("text")),
        ("DATA behind the end", Frame.data("text, more") + Frame.data("of it")),
        ("GOAWAY that takes the answer back", Frame.data("text, more") + Frame.make(7, 0, 0, Frame.number(0) + Frame.number(0))),
        ("a reset behind half of it", Frame.data("te", 0) + Frame.reset(1)),
    ]

    @Test("an answer: the client sees a cut, and the log says why", arguments: [0, 1, 2, 3])
    func answer(end: Int) async throws {
        let hasBegun = Signal()
        let (name, bytes) = Self.ends[end]
        let upstream = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            _ = try connection.request()
            let length = end == 0 ? [("content-length", "10")] : []
            try connection.write(ScriptedConnection.ok(length), Frame.data("some ", 0))
            hasBegun.wait()
            try connection.write(bytes)
            while true { _ = try connection.next() }
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.before(upstream, port)) { gatehouse in
            let rest = try await onThread {
                let client = try Wire(to: port.number)
                // Not the whole request: else its stream would be over with the answer.
                try client.write("POST /cut HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhal")
                _ = try client.head()
                _ = try client.read(end == 0 ? 5 : 10)
                hasBegun.fire()
                return String(decoding: try client.readToEnd().bytes, as: UTF8.self)
            }
            #expect(!rest.hasSuffix("0\r\n\r\n") && !rest.contains("text, more"), "\(name): \(rest)")
            let entry = try await gatehouse.access("/cut")
            #expect(entry["status"] == "200" && entry["reason"] == "upstream_truncated", "\(name): \(entry)")
        }
    }

    private static let largeTrailers = Frame.headers([("x-sum", String(repeating: "y", count: 9000))])

    @Test("an answer with too large trailers is cut, and its upstream is blamed")
    func trailers() async throws {
        let hasBegun = Signal()
        let upstream = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            _ = try connection.request()
            try connection.write(ScriptedConnection.ok(), Frame.data("some ", 0))
            hasBegun.wait()
            try connection.write(Self.largeTrailers)
            while true { _ = try connection.next() }
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.before(upstream, port)) { gatehouse in
            let rest = try await onThread {
                let client = try Wire(to: port.number)
                try client.write("GET /trailers HTTP/1.1\r\nHost: localhost\r\n\r\n")
                _ = try client.head()
                _ = try client.read(10)
                hasBegun.fire()
                return String(decoding: try client.readToEnd().bytes, as: UTF8.self)
            }
            #expect(!rest.hasSuffix("0\r\n\r\n"), "\(rest)")
            let entry = try await gatehouse.access("/trailers")
            #expect(entry["status"] == "200" && entry["reason"] == "upstream_trailers_too_large", "\(entry)")
            #expect(entry["blame"] == "upstream", "\(entry)")
        }
    }

    @Test("an answer of which nothing but too large trailers comes does not look whole to a client in HTTP/2, either")
    func trailersAlone() async throws {
        let upstream = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            _ = try connection.request()
            // All at once: that no DATA comes is known before the answer begins.
            try connection.write(ScriptedConnection.ok() + Self.largeTrailers)
            while true { _ = try connection.next() }
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.before(upstream, port, site: "h2c = true")) { _ in
            let ending: String = try await onThread {
                let wire = try Wire(to: port.number)
                defer { wire.close() }
                let fields = [(":method", "GET"), (":scheme", "http"), (":path", "/alone"), (":authority", "localhost")]
                try wire.write(Frame.preface + Frame.settings() + Frame.headers(fields))
                while true {
                    let head = try wire.read(9)
                    _ = try wire.read(Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2]))
                    if head[3] == 3 { return "RST_STREAM" }
                    if head[3] < 2, head[4] & Frame.endStream != 0 { return "END_STREAM" }
                }
            }
            #expect(ending == "RST_STREAM")
        }
    }

    @Test("an answer shorter than it says is the last of its client's connection: the next would be taken for its rest")
    func shortAnswer() async throws {
        let hasBegun = Signal()
        let upstream = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            let request = try connection.request()
            try connection.write(ScriptedConnection.ok([("content-length", "400")]), Frame.data("some ", 0))
            hasBegun.wait()
            try connection.write(Frame.data("text", stream: request.stream))
            while true {
                let other = try connection.request()
                try connection.write(ScriptedConnection.ok(stream: other.stream), Frame.data("another", stream: other.stream))
            }
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.before(upstream, port)) { gatehouse in
            let rest = try await onThread {
                let client = try Wire(to: port.number)
                let request = "GET /short HTTP/1.1\r\nHost: localhost\r\n\r\n"
                try client.write(request + request)
                _ = try client.head()
                _ = try client.read(5)
                hasBegun.fire()
                return String(decoding: try client.readToEnd().bytes, as: UTF8.self)
            }
            #expect(rest == "" || rest == "text")
            let entry = try await gatehouse.access("/short")
            #expect(entry["status"] == "200" && entry["reason"] == "upstream_truncated", "\(entry)")
        }
    }

    @Test("a request that its client gives up: the upstream sees no end of it", arguments: ["", "some "])
    func request(before: String) async throws {
        let hasBegun = Signal()
        let rests = Journal<String>("what came behind the beginning")
        let upstream = try Upstream { _, wire in
            _ = try wire.head()
            if !before.isEmpty { _ = try wire.read(10) }
            hasBegun.fire()
            rests.append(String(decoding: try wire.readToEnd().bytes, as: UTF8.self))
        }
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", site: "h2c = true")
        try await Gatehouse.serving(toml) { gatehouse in
            let wire = try await onThread {
                let wire = try Wire(to: port.number)
                let fields = [(":method", "POST"), (":scheme", "http"), (":path", "/given-up"), (":authority", "localhost")]
                try wire.write(Frame.preface + Frame.settings() + Frame.headers(fields, Frame.endHeaders))
                if !before.isEmpty { try wire.write(Frame.data(before, 0)) }
                hasBegun.wait()
                try wire.write(Frame.data("text") + Frame.reset(1))
                return wire
            }
            let rest = try await rests.first(1)[0]
            #expect(!rest.hasSuffix("0\r\n\r\n"), "\(rest)")
            let entry = try await gatehouse.access("/given-up")
            #expect(entry["reason"] == "client_left", "\(entry)")
            wire.close()
        }
    }
}
