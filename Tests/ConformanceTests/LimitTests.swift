import Testing

/// Every limit of docs/limits.md, made small: what is answered, and that nobody else notices.
@Suite(.timeLimit(.minutes(10))) struct LimitTests {
    private static let sizes = """
        [limits]
        max_head_bytes = "1KB"
        max_target_bytes = 256
        max_fields = 8
        max_field_bytes = 256
        max_trailer_bytes = 64
        max_chunk_extension_bytes = 16
        [security]
        max_request_size = 100
        """
    private static let hundredFields = String(repeating: "A: b\r\n", count: 9)

    private static let oversized: [(status: Int, reason: String, key: String, request: String)] = [
        (414, "target_too_long", "limits.max_target_bytes", get("/" + String(repeating: "x", count: 256))),
        (431, "too_many_fields", "limits.max_fields", "GET / HTTP/1.1\r\nHost: a.test\r\n\(hundredFields)\r\n"),
        (431, "field_too_large", "limits.max_field_bytes", get("/", "A: " + String(repeating: "b", count: 256))),
        (
            431, "head_too_large", "limits.max_head_bytes",
            get(
                "/" + String(repeating: "x", count: 200), "A: " + String(repeating: "a", count: 240),
                "B: "
                    + String(repeating: "b", count: 240), "C: " + String(repeating: "c", count: 240),
                "D: "
                    + String(repeating: "d", count: 240))
        ),
        (
            431, "trailers_too_large", "limits.max_trailer_bytes",
            chunked("0\r\nA: " + String(repeating: "b", count: 70) + "\r\n\r\n")
        ),
        (
            400, "chunk_extension_too_large", "limits.max_chunk_extension_bytes",
            chunked("1;aaaaaaaa\r\nx\r\n1;aaaaaaaa\r\nx\r\n0\r\n\r\n")
        ),
        (
            413, "body_too_large", "security.max_request_size",
            post("Content-Length: 101", body: String(repeating: "x", count: 101))
        ),
        (
            413, "body_too_large", "security.max_request_size",
            chunked(String(repeating: "19\r\n" + String(repeating: "x", count: 25) + "\r\n", count: 5) + "0\r\n\r\n")
        ),
    ]

    @Test("a size over its limit is answered, and the log names the key") func sizes() throws {
        let stage = try Stage(sections: Self.sizes)
        for (status, reason, key, request) in Self.oversized {
            stage.upstream.begin([.ok])
            let client = try stage.connect()
            client.send(Array(request.utf8))
            let answer = stage.answer(client)
            #expect(answer?.status == status, "\(reason)")
            #expect(answer?.reason == reason)
            stage.run([client]) { client.ending != nil }
            #expect(client.ending == .orderly)
            try stage.checkOthers()
            #expect(
                stage.program.waitForLines {
                    $0.accessLines.contains { $0.contains("\"\(reason)\"") && $0.contains("\"key\":\"\(key)\"") }
                },
                "the log line of \(reason)")
        }
    }

    private static let times = """
        [limits]
        handshake_timeout = "300ms"
        head_timeout = "300ms"
        body_timeout = "300ms"
        keep_alive_timeout = "300ms"
        send_timeout = "300ms"
        max_requests_per_connection = 3
        """
    private static let hasty = Shared { try Stage(sections: times) }

    @Test("a client that does not shake hands is dropped") func handshake() async throws {
        try await Self.hasty.run { stage in
            let client = try stage.connectPlain()
            #expect(stage.run([client]) { client.ending != nil })
            #expect(client.received.isEmpty)
            try stage.checkOthers()
        }
    }

    @Test(
        "a head that does not come to its end is answered 408",
        arguments: ["G", "GET / HTTP/1.1\r\nHost: a.te", get("/").dropLast().description])
    func head(_ part: String) async throws {
        try await Self.hasty.run { stage in
            let client = try stage.connect()
            client.send(Array(part.utf8))
            let answer = stage.answer(client)
            #expect(answer?.status == 408)
            #expect(answer?.reason == "head_timeout")
            try stage.checkOthers()
        }
    }

    @Test("a TLS record that comes byte by byte buys no time", arguments: [false, true])
    func records(isAfterRequest: Bool) async throws {
        try await Self.hasty.run { stage in
            let client = try stage.connect()
            if isAfterRequest { stage.checkInStep(client) } else { stage.run([client]) { client.isSecured } }
            // The header of a record of 16 KiB, and then more and more of what it announces: never a byte of a head.
            for byte in [0x17, 0x03, 0x03, 0x40, 0x00] + [UInt8](repeating: 0, count: 100) {
                if stage.run([client], milliseconds: 100, until: { client.ending != nil }) { break }
                _ = try? Descriptor.write(client.descriptor, [byte])
            }
            #expect(client.ending != nil)
            try stage.checkOthers()
        }
    }

    @Test("a body that stops is answered 408, and its upstream connection is closed") func body() async throws {
        try await Self.hasty.run { stage in
            stage.upstream.begin([.ok])
            let client = try stage.connect()
            client.send(Array(post("Content-Length: 10", body: "ab").utf8))
            let answer = stage.answer(client)
            #expect(answer?.status == 408)
            #expect(answer?.reason == "body_timeout")
            #expect(stage.run([client]) { !stage.upstream.endings.isEmpty })
            #expect(stage.upstream.seen.allSatisfy { !$0.isComplete })
        }
    }

    @Test("an idle connection is closed in order, without a word") func keepAlive() async throws {
        try await Self.hasty.run { stage in
            let client = try stage.connect()
            stage.checkInStep(client)
            #expect(stage.run([client]) { client.ending != nil })
            #expect(client.ending == .orderly)
            #expect(client.received.isEmpty)
        }
    }

    @Test("a client that takes nothing of its answer is cut") func send() async throws {
        try await Self.hasty.run { stage in
            let big = String(repeating: "x", count: 12_000_000)
            stage.upstream.begin([Script("HTTP/1.1 200 OK\r\nContent-Length: \(big.utf8.count)\r\n\r\n\(big)")])
            let client = try stage.connect(receiveBuffer: 8192)
            stage.run([client]) { client.isSecured }
            client.send(Array(get("/up/big").utf8))
            client.reads = false
            let isLogged = stage.run([client]) { stage.program.accessLines.contains { $0.contains("send_timeout") } }
            #expect(isLogged)
            client.reads = true
            let answer = stage.answer(client)
            #expect(answer?.isComplete != true)
            try stage.checkOthers()
        }
    }

    @Test("the last request of a connection is told so") func requests() async throws {
        try await Self.hasty.run { stage in
            let client = try stage.connect()
            client.send(Array((get("/probe.txt") + get("/probe.txt") + get("/probe.txt") + get("/probe.txt")).utf8))
            let answers = (0..<3).map { _ in stage.answer(client) }
            #expect(answers.map { $0?.field("Connection") } == [nil, nil, "close"])
            stage.run([client]) { client.ending != nil }
            #expect(client.ending == .orderly)
            #expect(client.received.isEmpty)
        }
    }

    @Test("a body slower than the least rate is answered 408, however steadily it drips") func rate() throws {
        let stage = try Stage(sections: "[limits]\nmin_body_rate = \"1MB\"\nmin_body_rate_grace = \"300ms\"\nbody_timeout = 20")
        stage.upstream.begin([.ok])
        let client = try stage.connect()
        client.send(Array(post("Content-Length: 10000", body: "ab").utf8))
        let answer = stage.answer(client)
        #expect(answer?.status == 408)
        #expect(answer?.reason == "body_too_slow")
        // As fast as it may be: a body that comes at once is never measured.
        stage.upstream.begin([.ok])
        let fast = try stage.connect()
        fast.send(Array(post("Content-Length: 100000", body: String(repeating: "x", count: 100_000)).utf8))
        #expect(stage.answer(fast)?.status == 200)
    }

    @Test("a client that does not close after its last answer is closed") func lingering() throws {
        let stage = try Stage(sections: "[limits]\nlingering_timeout = \"300ms\"\nmax_connections_per_client = 1")
        let client = try stage.connect()
        client.send(Array(post("Content-Length: 1000", "Content-Length: 1000").utf8))
        #expect(stage.answer(client)?.status == 400)
        // It keeps its end open, and with it its only place, until Gatehouse has had enough.
        #expect(try stage.isServedInTime())
    }

    @Test("an upload that goes on after its answer is read as long as it moves, up to lingering_time")
    func movingUpload() throws {
        let stage = try Stage(
            sections: """
                [limits]
                lingering_timeout = 600
                lingering_time = "500ms"
                max_connections_per_client = 1
                """)
        let client = try stage.connect()
        client.send(Array(post("Content-Length: 1000", "Content-Length: 1000").utf8))
        #expect(stage.answer(client)?.status == 400)
        // Ten minutes of silence would be allowed, but not all in all.
        #expect(try stage.isServedInTime())
    }

    @Test("an idle upstream connection is closed in its time") func upstreamIdle() throws {
        let stage = try Stage(sections: "[limits]\nupstream_idle_timeout = \"300ms\"")
        stage.upstream.begin([.ok])
        let client = try stage.connect()
        client.send(Array(get("/tls/x").utf8))
        #expect(stage.answer(client)?.status == 200)
        #expect(stage.run([client]) { stage.upstream.endings == [.orderly] })
        client.send(Array(get("/tls/y").utf8))
        #expect(stage.answer(client)?.status == 200)
        #expect(stage.upstream.seen.map(\.connection) == [1, 2])
    }

    @Test("more idle upstream connections than are kept are closed") func upstreamConnections() throws {
        let stage = try Stage(sections: "[limits]\nmax_idle_upstream_connections = 1")
        stage.upstream.begin([.ok])
        let clients = try [stage.connect(), stage.connect()]
        for client in clients { client.send(Array(post("Content-Length: 1").utf8)) }
        #expect(stage.run(clients) { stage.upstream.seen.count == 2 }, "two requests under way at once")
        for client in clients { client.send([0x78]) }
        for client in clients { #expect(stage.answer(client)?.status == 200) }
        #expect(stage.run(clients) { stage.upstream.endings.count == 1 })
        clients[0].send(Array(get("/up/next").utf8))
        #expect(stage.answer(clients[0])?.status == 200)
        #expect((1...2).contains(stage.upstream.seen.last?.connection ?? 0), "the other is used again")
    }

    @Test("at max_connections the connection that has been idle for longest is closed for a new client", arguments: [1, 2])
    func longestIdle(workers: Int) throws {
        let stage = try Stage(workers: workers, sections: "max_connections = 3")
        let clients = try (0..<3).map { _ in try stage.connect() }
        for client in clients { stage.checkInStep(client) }
        // The first has been idle for the least time from here on.
        stage.checkInStep(clients[0])
        let fourth = try stage.connect()
        fourth.send(Array(get("/probe.txt").utf8))
        #expect(stage.answer(fourth)?.body == "probe")
        #expect(stage.run(clients) { clients.contains { $0.ending == .orderly } })
        if workers == 1 { #expect(clients.map { $0.ending != nil } == [false, true, false]) }
        let isLogged = stage.program.waitForLines {
            $0.errorLines.contains { $0.contains("idle connections are closed for new clients") && $0.contains("closed=1") }
        }
        #expect(workers > 1 || isLogged)
    }

    @Test("at max_connections accepting pauses while no connection is idle, is counted, and resumes") func connections() throws {
        let stage = try Stage(sections: "max_connections = 2")
        var first: Peer? = try stage.connect()
        let second = try stage.connect()
        // They have asked for nothing yet: none of them is idle between two requests.
        let early = [first, second].compactMap { $0 }
        #expect(stage.run(early) { early.allSatisfy(\.isSecured) })
        let third = try stage.connect()
        third.send(Array(get("/probe.txt").utf8))
        let isPaused = stage.run([third]) {
            stage.program.errorLines.contains { $0.contains("accepting pauses") && $0.contains("pauses=1") }
        }
        #expect(isPaused)
        #expect(!third.isSecured)
        first?.close()
        first = nil
        #expect(stage.answer(third)?.body == "probe")
        #expect(stage.program.waitForLines { $0.errorLines.contains { $0.contains("accepting resumes") } })
        stage.checkInStep(second)
    }

    @Test("a client's connections over its limit are closed at once, over all workers") func perClient() throws {
        let stage = try Stage(workers: 2, sections: "[limits]\nmax_connections_per_client = 2")
        let first = try stage.connect()
        let second = try stage.connect()
        for client in [first, second] { stage.checkInStep(client) }
        for _ in 0..<4 {
            let third = try stage.connect()
            #expect(stage.run([third]) { third.ending != nil })
            #expect(!third.isSecured)
        }
        #expect(stage.program.waitForLines { $0.errorLines.contains { $0.contains("max_connections_per_client") } })
        stage.checkInStep(first)
        first.finishWriting()
        stage.run([first]) { first.ending != nil }
        // The place is free once Gatehouse has closed its end too, which the client has just seen.
        #expect(try stage.isServedInTime())
        stage.checkInStep(second)
    }
}

extension Stage {
    /// Somebody else is served as ever.
    fileprivate func checkOthers() throws { checkInStep(try connect()) }

    /// Tries new connections until one is served instead of turned away.
    fileprivate func isServedInTime() throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            let client = try connect()
            client.send(Array(get("/probe.txt").utf8))
            if answer(client)?.body == "probe" { return true }
        }
        return false
    }
}
