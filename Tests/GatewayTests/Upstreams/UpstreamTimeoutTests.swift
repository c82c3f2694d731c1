import TestSupport
import Testing

@Suite("Upstreams that make no progress")
struct UpstreamTimeoutTests {
    /// - Parameter short: the time that is to pass; long enough for what an upstream does before it stops.
    private static func keys(_ short: String) -> String {
        let all = ["connect", "read", "write"].map { "\($0) = \($0 == short ? "2" : "600")\n" }
        return "[sites.proxy.timeout]\n\(all.joined())[sites.proxy.retry]\nretries = 0\n"
    }

    private static func unlimited(_ port: FreePort, _ upstream: Upstream) -> String {
        Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", proxy: keys("write"), top: "[security]\nmax_request_size = \"1GB\"\n")
    }

    @Test("no connection in time is 504 upstream_connect_timeout")
    func connect() async throws {
        let deaf = try DeafListener()
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(deaf)", proxy: Self.keys("connect"))) { gatehouse in
            let answer = try await Command.curl(["-i", "http://127.0.0.1:\(port)/c"])
            #expect(answer.text.hasPrefix("HTTP/1.1 504 "), "\(answer)")
            let entry = try await gatehouse.access("/c")
            #expect(entry["reason"] == "upstream_connect_timeout" && entry["key"] == "sites.proxy.timeout.connect", "\(entry)")
        }
    }

    @Test("no further byte of an answer in time cuts it visibly, upstream_read_timeout")
    func read() async throws {
        let upstream = try Upstream { _, wire in
            _ = try wire.request()
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            _ = try wire.readToEnd()
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", proxy: Self.keys("read"))) {
            gatehouse in
            let answer = try await Command.curl(["http://127.0.0.1:\(port)/r"])
            #expect(answer.text == "half" && [18, 56].contains(answer.code), "\(answer)")
            let entry = try await gatehouse.access("/r")
            #expect(entry["reason"] == "upstream_read_timeout" && entry["key"] == "sites.proxy.timeout.read", "\(entry)")
        }
    }

    @Test(
        "a stream of events may pause for longer than another answer", arguments: ["text/event-stream", "Text/Event-Stream;a=b"])
    func events(type: String) async throws {
        let isOver = Signal()
        let upstream = try Upstream { _, wire in
            let request = try wire.request()
            let type = request.target == "/events" ? type : "text/plain"
            try wire.write("HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\nContent-Length: 16\r\n\r\ndata: 1\n")
            // That the others are given up shows that more than their time has passed.
            if request.target == "/events" { isOver.wait() } else { _ = try wire.readToEnd() }
            try wire.write("data: 2\n")
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", proxy: Self.keys("read"))) { _ in
            let curl = try ChildProcess("curl", ["-sSN", "--noproxy", "*", "http://127.0.0.1:\(port)/events"])
            _ = try await curl.output.first("the first event") { $0 == "data: 1" }
            for _ in 0..<2 {
                let answer = try await Command.curl(["http://127.0.0.1:\(port)/other"])
                #expect([18, 56].contains(answer.code), "\(answer)")
            }
            isOver.fire()
            #expect(try await curl.exit() == .code(0))
            #expect(curl.output.all == ["data: 1", "data: 2"])
        }
    }

    @Test("a request of which the upstream takes nothing in time is 504 upstream_write_timeout")
    func write() async throws {
        let isOver = Signal()
        let upstream = try Upstream { _, _ in isOver.wait() }
        let port = try FreePort()
        let directory = try TemporaryDirectory()
        // More than the kernel's buffers hold.
        let file = try directory.write("body", [UInt8](repeating: 0x78, count: 32 << 20))
        try await Gatehouse.serving(Self.unlimited(port, upstream)) { gatehouse in
            defer { isOver.fire() }
            let answer = try await Command.curl(["-i", "-T", file, "-H", "Expect:", "http://127.0.0.1:\(port)/w"])
            #expect(answer.text.hasPrefix("HTTP/1.1 504 "), "\(answer)")
            let entry = try await gatehouse.access("/w")
            #expect(entry["reason"] == "upstream_write_timeout" && entry["key"] == "sites.proxy.timeout.write", "\(entry)")
        }
    }
}
