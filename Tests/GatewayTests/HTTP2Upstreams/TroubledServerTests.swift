import TestSupport
import Testing

@Suite("Servers in HTTP/2 that want calm, or say nothing more")
struct TroubledServerTests {
    /// ENHANCE_YOUR_CALM.
    private static let calm: UInt32 = 11

    @Test("who asks for calm gets a second of it, and then the next request")
    func calmOfAll() async throws {
        let times = Journal<ContinuousClock.Instant>("when the server asked, and was asked")
        let upstream = try Upstream { upstream, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            while true {
                let request = try connection.request()
                times.append(.now)
                if times.all.count > 1 {
                    try connection.write(ScriptedConnection.ok([], Frame.endHeaders | Frame.endStream, stream: request.stream))
                } else {
                    try connection.write(Self.goAway)
                }
            }
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.before(upstream, port, retries: 1)) { gatehouse in
            // Not looked at: it waits, and is sent again whatever its method.
            let outcome = try await Command.curl(["-X", "DELETE", "-w", "%{http_code}", "http://127.0.0.1:\(port)/again"])
            #expect(outcome.text == "200", "\(outcome)")
            #expect(try await gatehouse.access("/again")["attempts"] == "2")
            #expect(upstream.connections.all.count == 2)
            // The gateway's clock is that of its turn's beginning.
            let asked = times.all
            #expect(asked.count == 2 && asked[1] - asked[0] >= .milliseconds(900), "\(asked)")
        }
    }

    private static let goAway = Frame.make(7, 0, 0, Frame.number(0) + Frame.number(calm))

    @Test(
        "whom a lone server's rest would keep waiting for longer than for a connection is told when it ends",
        arguments: ["GET", "POST"])
    func restsTooLong(method: String) async throws {
        let upstream = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            _ = try connection.request()
            try connection.write(Self.goAway)
            while true { _ = try connection.next() }
        }
        let port = try FreePort()
        let toml = Sites.before(upstream, port, retries: 2, tables: "[sites.proxy.timeout]\nconnect = 1\n")
        try await Gatehouse.serving(toml) { gatehouse in
            for number in 1...2 {
                let url = "http://127.0.0.1:\(port)/\(number)"
                let answer = try await Command.curl(["-i", "-X", method, url])
                #expect(answer.text.hasPrefix("HTTP/1.1 503 ") && answer.text.contains("\r\nRetry-After: "), "\(answer)")
                #expect(answer.text.contains("details=\"upstream_resting\""), "\(answer)")
                let entry = try await gatehouse.access("/\(number)")
                #expect(entry["reason"] == "upstream_resting" && entry["key"] == "sites.proxy.timeout.connect", "\(entry)")
                // One that it is asked over, and no more until it has rested.
                #expect(upstream.connections.all.count == number)
            }
        }
    }

    /// How a server goes that wants calm.
    enum Leaving: CaseIterable {
        case withReset, afterOtherGoAway
    }

    @Test(
        "a server gets its calm, too, that breaks the connection at once, or has said before that it goes",
        arguments: Leaving.allCases)
    func calmWhileLeaving(how: Leaving) async throws {
        let steps = Journal<String>("what the server has done")
        let isStopped = Signal()
        let upstream = try Upstream { upstream, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            let request = try connection.request()
            if upstream.connections.all.count > 1 {
                let flags = Frame.endHeaders | Frame.endStream
                try connection.write(ScriptedConnection.ok([], flags, stream: request.stream))
            } else if how == .withReset {
                steps.append("asked")
                isStopped.wait()
                try connection.write(Self.goAway)
                wire.reset()
                return steps.append("gone")
            } else {
                try connection.write(Frame.make(7, 0, 0, Frame.number(0x7FFF_FFFF) + Frame.number(0)), Frame.ping())
                while try connection.next(6).flags == 0 {}
                try connection.write(Self.goAway)
            }
            while true { _ = try connection.next() }
        }
        let port = try FreePort()
        let toml = Sites.before(upstream, port, retries: 2, tables: "[sites.proxy.timeout]\nconnect = 1\n")
        try await Gatehouse.serving(toml) { gatehouse in
            async let answer = Command.curl(["-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:\(port)/leaving"])
            if how == .withReset {
                _ = try await steps.first("the request") { $0 == "asked" }
                try await gatehouse.pause()
                isStopped.fire()
                _ = try await steps.first("the reset") { $0 == "gone" }
                gatehouse.goOn()
            }
            let status = try await answer.text
            #expect(status == "503")
            let entry = try await gatehouse.access("/leaving")
            #expect(entry["reason"] == "upstream_resting", "\(entry)")
            #expect(upstream.connections.all.count == 1)
        }
    }

    @Test("while one server rests, another is asked, even for what would always be its own")
    func calmOfOne() async throws {
        let asked = Journal<Int>("whom the gateway asked")
        let upstreams = try (0..<2).map { place in
            try Upstream { _, wire in
                let connection = try ScriptedConnection(wire)
                try connection.write(Frame.settings())
                while true {
                    let request = try connection.request()
                    asked.append(place)
                    if asked.all.count > 1 {
                        let flags = Frame.endHeaders | Frame.endStream
                        try connection.write(ScriptedConnection.ok([], flags, stream: request.stream))
                    } else {
                        try connection.write(Self.goAway)
                    }
                }
            }
        }
        let port = try FreePort()
        let second = "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"h2c://127.0.0.1:\(upstreams[1])\"\nping_interval = 0\n"
        let hash = "[sites.proxy.load_balancing]\nmethod = \"hash\"\nhash_on = \"path\"\n"
        try await Gatehouse.serving(Sites.before(upstreams[0], port, retries: 1, tables: second + hash)) { _ in
            let outcome = try await Command.curl(["-w", "%{http_code}", "http://127.0.0.1:\(port)/"])
            #expect(outcome.text == "200", "\(outcome)")
            #expect(Set(asked.all) == [0, 1])
        }
    }

    @Test(
        "a stream that is reset for what its client sent makes no other request wait, and is nothing against its server",
        arguments: [(1, "PROTOCOL_ERROR"), (11, "ENHANCE_YOUR_CALM")])
    func refused(code: UInt32, name: String) async throws {
        let upstream = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            var requests = 0
            while true {
                let request = try connection.request()
                requests += 1
                if requests > 1 {
                    try connection.write(ScriptedConnection.ok([], Frame.endHeaders | Frame.endStream, stream: request.stream))
                } else {
                    try connection.write(Frame.reset(request.stream, code))
                }
            }
        }
        let idle = try Upstream.saying("backup")
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "h2c://127.0.0.1:\(upstream)", upstream: "ping_interval = 0\n",
            proxy: "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\(idle)\"\nbackup = true\n"
                + "[sites.proxy.retry]\nretries = 0\n[sites.proxy.passive_health]\n"
                + "max_fails = \(code == Self.calm ? 0 : 1)\n"
                // What waits for the server's rest, of a second, gets no answer then.
                + "[sites.proxy.timeout]\nconnect = 0.5\n")
        try await Gatehouse.serving(toml) { gatehouse in
            let url = "http://127.0.0.1:\(port)"
            let refused = try await Command.curl(["-o", "/dev/null", "-w", "%{http_code}", url + "/refused"])
            #expect(refused.text == "502", "\(refused)")
            let entry = try await gatehouse.access("/refused")
            #expect(entry["detail"]?.contains(name) == true, "\(entry)")
            let next = try await Command.curl(["-w", "%{http_code}", url + "/next"])
            #expect(next.text == "200", "\(next)")
            #expect(upstream.connections.all.count == 1)
        }
    }

    private static let pings = "ping_interval = 1\nping_timeout = 2\nmax_streams_per_connection = 1\n"

    @Test("one that does not answer a PING is given up, and its request goes over another connection; others' go on")
    func stalled() async throws {
        let (seen, isReplaced) = (Journal<String>("what the server got"), Signal())
        let upstream = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            while true {
                let frame = try connection.next()
                guard frame.type == 1 else {
                    if frame.type == 6, frame.flags == 0 { seen.append("PING") }
                    continue
                }
                let path = frame.contains("/stalls") ? "/stalls" : "/slow"
                let isFirst = !seen.all.contains(path)
                seen.append(path)
                if path == "/stalls", isFirst {
                    // Read on, and never answered.
                    while try connection.next(6).flags != 0 {}
                    seen.append("PING")
                } else if path == "/slow" {
                    try connection.write(
                        ScriptedConnection.ok(stream: frame.stream), Frame.data("begun\n", 0, stream: frame.stream))
                    let ping = try connection.next(6)
                    try connection.write(Frame.make(6, 1, 0, ping.payload))
                    isReplaced.wait()
                    try connection.write(Frame.data("ended\n", stream: frame.stream))
                } else {
                    try connection.write(ScriptedConnection.ok(stream: frame.stream), Frame.data("at last", stream: frame.stream))
                }
            }
        }
        let port = try FreePort()
        let toml = Sites.before(upstream, port, upstreamKeys: Self.pings, retries: 1)
        try await Gatehouse.serving(toml) { gatehouse in
            let url = "http://127.0.0.1:\(port)"
            let slow = try ChildProcess("curl", ["-sSN", "--noproxy", "*", url + "/slow"])
            _ = try await slow.output.first("the first line") { $0 == "begun" }
            let stalls = try await Command.curl(["-w", "%{http_code}", url + "/stalls"])
            #expect(stalls.text == "at last200", "\(stalls)")
            let entry = try await gatehouse.access("/stalls")
            #expect(entry["attempts"] == "2", "\(entry)")
            isReplaced.fire()
            #expect(try await slow.exit() == .code(0))
            #expect(slow.output.all == ["begun", "ended"])
            #expect(seen.all.filter { $0 == "PING" }.count == 1, "\(seen.all)")
            #expect(upstream.connections.all.count == 3)
        }
    }

    @Test("one that answers a PING may take its time")
    func slow() async throws {
        let upstream = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            let request = try connection.request()
            let ping = try connection.next(6)
            try connection.write(Frame.make(6, 1, 0, ping.payload))
            // What comes next is the client's end, or nothing until the answer: there is one PING.
            try connection.write(ScriptedConnection.ok(stream: request.stream), Frame.data("hello", stream: request.stream))
            while true { _ = try connection.next() }
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.before(upstream, port, upstreamKeys: Self.pings)) { _ in
            let outcome = try await Command.curl(["-w", "%{http_code}", "http://127.0.0.1:\(port)/slow"])
            #expect(outcome.text == "hello200", "\(outcome)")
            #expect(upstream.connections.all.count == 1)
        }
    }

    @Test("why a server goes is told also if it breaks the connection at once")
    func wordsBeforeReset() async throws {
        let upstream = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            let request = try connection.request()
            // INTERNAL_ERROR. The request is one that it has looked at.
            let words = Array("out of memory".utf8)
            try connection.write(Frame.make(7, 0, 0, Frame.number(request.stream) + Frame.number(2) + words))
            wire.reset()
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.before(upstream, port)) { gatehouse in
            let outcome = try await Command.curl([
                "-X", "POST", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:\(port)/words",
            ])
            #expect(outcome.text == "502", "\(outcome)")
            let entry = try await gatehouse.access("/words")
            #expect(entry["reason"] == "upstream_closed_early", "\(entry)")
            #expect(entry["detail"]?.hasPrefix("the server has left: INTERNAL_ERROR out of memory") == true, "\(entry)")
        }
    }
}
