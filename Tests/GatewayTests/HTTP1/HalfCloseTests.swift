import TestSupport
import Testing

/// RFC 9112 §9.6: that a client ends its sending side does not imply that it no longer wants its answer. nc -N and the wget of
/// BusyBox are such clients. One that has closed both ways looks the same until something is sent.
@Suite("Clients that end their sending side")
struct HalfCloseTests {
    /// What is asked before the end, and the answers that come.
    struct Asked: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: String
        /// Each with its `Connection`.
        var answers: [String?] = ["close"]
        var bodies = ["/slow"]
    }

    private static let asked = [
        Asked(testDescription: "GET", bytes: "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        Asked(
            testDescription: "GET, the last by its own word",
            bytes: "GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
        Asked(testDescription: "GET of HTTP/1.0", bytes: "GET /slow HTTP/1.0\r\nHost: localhost\r\n\r\n"),
        Asked(
            testDescription: "GET of HTTP/1.0 that would keep the connection",
            bytes: "GET /slow HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"),
        Asked(
            testDescription: "GET and the empty line that old clients add",
            bytes: "GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n\r\n"),
        Asked(
            testDescription: "POST with its length",
            bytes: "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", bodies: ["/slow hello"]),
        Asked(
            testDescription: "POST in chunks",
            bytes: "POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            bodies: ["/slow hello"]),
        Asked(
            testDescription: "two requests, of which only the last is the last",
            bytes: "GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n", answers: [nil, "close"],
            bodies: ["/slow", "/second"]),
    ]

    /// Has the gateway's only worker do something else, behind all that its kernel knew of before.
    private static func passBy(_ port: FreePort) throws {
        let other = try Wire(to: port.number)
        try other.write("GET /other HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try other.readAnswer().status == 200)
    }

    private static func toml(
        _ port: FreePort, _ upstream: Upstream, grace: String, upstreamKeys: String = "", proxy: String = "", site: String = ""
    ) -> String {
        Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", upstream: upstreamKeys, site: site, proxy: proxy,
            top: "[limits]\nhalf_close_grace = \(grace)\nhead_timeout = 600\nbody_timeout = 600\nsend_timeout = 600\n")
    }

    /// Answers each request by its target and body; `/slow` when it is told to.
    private static func upstream(_ mayAnswer: Signal) throws -> Upstream {
        try Upstream { upstream, wire in
            while let request = try wire.readRequest() {
                upstream.requests.append(request)
                if request.target == "/slow" { mayAnswer.wait() }
                try wire.write(Upstream.ok([request.target, request.text].joined(separator: request.body.isEmpty ? "" : " ")))
            }
        }
    }

    @Test("behind a whole request get their answer, with the word that it is the last", arguments: asked)
    func answered(_ asked: Asked) async throws {
        let mayAnswer = Signal()
        let (upstream, port) = try (Self.upstream(mayAnswer), FreePort())
        try await Gatehouse.serving(Self.toml(port, upstream, grace: "600")) { gatehouse in
            let wire = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write(asked.bytes)
                return wire
            }
            _ = try await upstream.requests.first { $0.target == "/slow" }
            try await onThread {
                wire.finishWriting()
                try Self.passBy(port)
                mayAnswer.fire()
                for (connection, body) in zip(asked.answers, asked.bodies) {
                    let answer = try wire.readAnswer()
                    #expect(answer.status == 200 && answer.text == body && answer.value("Connection") == connection, "\(answer)")
                }
                let rest = try wire.readToEnd()
                #expect(rest.bytes.isEmpty && rest.ending == .closed)
            }
            let entry = try await gatehouse.access("/slow")
            #expect(entry["status"] == "200" && entry["reason"] == nil, "\(entry)")
        }
    }

    @Test("in the middle of a body have left, whatever the grace")
    func withinBody() async throws {
        let (upstream, port) = try (Self.upstream(Signal()), FreePort())
        try await Gatehouse.serving(Self.toml(port, upstream, grace: "600")) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("POST /cut HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345")
                wire.finishWriting()
                #expect(try wire.readToEnd().bytes.isEmpty)
            }
            let entry = try await gatehouse.access("/cut")
            #expect(entry["status"] == "499" && entry["reason"] == "client_left" && entry["key"] == nil, "\(entry)")
        }
    }

    /// How a client goes, and what frees the upstream.
    struct Leaving: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var grace = "600"
        var isReset = false
        /// How the answer has begun by then.
        var begun = ""
        /// What the upstream sends then, again and again.
        var pieces = ""
        var key: String?
    }

    private static let piece = "400\r\n\(String(repeating: "x", count: 1024))\r\n"
    private static let first = "5\r\nfirst\r\n"
    private static let events = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

    private static let leavings = [
        Leaving(testDescription: "closed: after the grace", grace: "\"100ms\"", key: "limits.half_close_grace"),
        Leaving(testDescription: "closed: at once without a grace", grace: "0", key: "limits.half_close_grace"),
        Leaving(testDescription: "reset: at once", isReset: true),
        Leaving(
            testDescription: "closed while events are awaited: after the grace", grace: "\"100ms\"", begun: events + first,
            key: "limits.half_close_grace"),
        Leaving(testDescription: "closed: by the next pieces, which come back", begun: events + first, pieces: piece),
        Leaving(testDescription: "reset while events are awaited: at once", isReset: true, begun: events + first),
    ]

    @Test("and have gone altogether free their upstream", arguments: leavings)
    func frees(_ leaving: Leaving) async throws {
        let hasLeft = Signal()
        let upstream = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            if !leaving.begun.isEmpty { try wire.write(leaving.begun) }
            hasLeft.wait()
            while !leaving.pieces.isEmpty { try wire.write(leaving.pieces) }
            _ = try wire.readToEnd()
        }
        let port = try FreePort()
        try await Gatehouse.serving(Self.toml(port, upstream, grace: leaving.grace)) { gatehouse in
            let wire = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET /left HTTP/1.1\r\nHost: a\r\n\r\n")
                if !leaving.begun.isEmpty { _ = try (wire.head(), wire.read(Self.first.utf8.count)) }
                return wire
            }
            _ = try await upstream.requests.first(1)
            if leaving.isReset { wire.reset() } else { wire.close() }
            hasLeft.fire()
            // The upstream sees the end of its connection: nothing else ends its script.
            _ = try await upstream.closures.first(1)
            let entry = try await gatehouse.access("/left")
            #expect(entry["reason"] == "client_left" && entry["blame"] == "client", "\(entry)")
            #expect(entry["status"] == (leaving.begun.isEmpty ? "499" : "200") && entry["key"] == leaving.key, "\(entry)")
        }
    }

    @Test("and take what is sent to them after that are there, through a pause longer than the grace")
    func streams() async throws {
        // More than all kernels between hold: the answer waits for its client when that ends its side, and moves afterwards.
        let (much, mayEnd) = (16 << 20, Signal())
        let upstream = try Upstream { upstream, wire in
            while let request = try wire.readRequest() {
                switch request.target {
                case "/stream":
                    try wire.write("HTTP/1.1 200 OK\r\nContent-Length: \(much + 4)\r\n\r\n")
                    try wire.write([UInt8](repeating: 0x78, count: much))
                    mayEnd.wait()
                    try wire.write("last")
                case "/left": _ = try wire.readToEnd()
                default: try wire.write(Upstream.ok("x"))
                }
            }
        }
        let port = try FreePort()
        try await Gatehouse.serving(Self.toml(port, upstream, grace: "1")) { gatehouse in
            let wire = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try wire.head()
                wire.finishWriting()
                try Self.passBy(port)
                _ = try wire.read(much)
                return wire
            }
            // One that is sent nothing is given up, later than the other would be.
            let other = try await onThread {
                let other = try Wire(to: port.number)
                try other.write("GET /left HTTP/1.1\r\nHost: a\r\n\r\n")
                other.finishWriting()
                return other
            }
            let entry = try await gatehouse.access("/left")
            #expect(entry["key"] == "limits.half_close_grace", "\(entry)")
            mayEnd.fire()
            let last = try await onThread { try wire.read(4) }
            #expect(last == Array("last".utf8))
            let served = try await gatehouse.access("/stream")
            #expect(served["status"] == "200" && served["reason"] == nil, "\(served)")
            other.close()
        }
    }

    @Test("wait in the queue as others do, and have left it after the grace", arguments: ["600", "\"100ms\""])
    func queued(grace: String) async throws {
        let mayAnswer = Signal()
        let (upstream, port) = try (Self.upstream(mayAnswer), FreePort())
        let toml = Self.toml(
            port, upstream, grace: grace, upstreamKeys: "max_conns = 1",
            proxy: "[sites.proxy.load_balancing]\nqueue = 10\nqueue_timeout = 600\n")
        try await Gatehouse.serving(toml) { gatehouse in
            let first = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
                return wire
            }
            _ = try await upstream.requests.first(1)
            let waiting = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET /waiting HTTP/1.1\r\nHost: a\r\n\r\n")
                wire.finishWriting()
                return wire
            }
            if grace == "600" { mayAnswer.fire() }
            let entry = try await gatehouse.access("/waiting")
            if grace != "600" { mayAnswer.fire() }
            #expect(entry["status"] == (grace == "600" ? "200" : "499"), "\(entry)")
            #expect(entry["key"] == (grace == "600" ? nil : "limits.half_close_grace"), "\(entry)")
            try await onThread {
                let text = try first.readAnswer().text
                #expect(text == "/slow")
                guard grace == "600" else { return }
                let waited = try waiting.readAnswer().text
                #expect(waited == "/waiting")
            }
            #expect(upstream.requests.all.map(\.target) == (grace == "600" ? ["/slow", "/waiting"] : ["/slow"]))
        }
    }

    @Test("over TLS get their answer behind a close_notify; behind a FIN they have left", arguments: [false, true])
    func overTLS(isFIN: Bool) async throws {
        let certificates = try await Certificates.ready()
        let mayAnswer = Signal()
        let (upstream, port) = try (Self.upstream(mayAnswer), FreePort())
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl(),
            top: "[limits]\nhandshake_timeout = 600\nhalf_close_grace = 600\n")
        try await Gatehouse.serving(toml) { gatehouse in
            let client = try ChildProcess(
                Place.python, [Place.peer("tls_half_close.py"), "\(port)", certificates.authority, isFIN ? "fin" : "notify"])
            _ = try await upstream.requests.first(1)
            _ = try await client.output.first { $0 == "ended" }
            if !isFIN { mayAnswer.fire() }
            let entry = try await gatehouse.access("/slow")
            #expect(entry["status"] == (isFIN ? "499" : "200") && entry["key"] == nil, "\(entry)")
            mayAnswer.fire()
            let said = try await client.output.first { $0.hasPrefix("got ") }
            #expect(said == (isFIN ? "got nothing" : "got 200 /slow"))
        }
    }
}
