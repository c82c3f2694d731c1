import Testing

/// How connections end: RFC 9112 §9.6 and §9.8, RFC 8446 §6.1.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ClosingTests {
    private static let gatehouse = Shared { try Stage(sections: "[security]\nmax_request_size = \"1MB\"") }
    private static let tenMegabytes = 10_000_000

    private static let uploads = [
        post("Content-Length: \(tenMegabytes)"),
        post("Transfer-Encoding: chunked", body: "\(String(tenMegabytes, radix: 16))\r\n"),
        "POST /none HTTP/1.1\r\nHost: a.test\r\nContent-Length: \(tenMegabytes)\r\n\r\n",
        "POST /up/%00 HTTP/1.1\r\nHost: a.test\r\nContent-Length: \(tenMegabytes)\r\n\r\n",
    ]

    @Test("an error answer reaches a client that sends ten megabytes before it reads", arguments: uploads)
    func lingering(_ head: String) async throws {
        try await Self.gatehouse.run { stage in
            stage.upstream.begin([.ok])
            let client = try stage.connect()
            client.send(Array(head.utf8))
            for _ in 0..<10 { client.send([UInt8](repeating: 0x78, count: 1_000_000)) }
            client.reads = false
            #expect(stage.run([client]) { client.hasSentAll && client.isSecured })
            client.reads = true
            let answer = stage.answer(client)
            #expect([400, 405, 413].contains(answer?.status ?? 0))
            #expect(answer?.isComplete == true)
            client.finishWriting()
            stage.run([client]) { client.ending != nil }
            #expect(client.ending == .orderly)
        }
    }

    @Test("an answer that comes before the upload has ended is delivered, and the connection ends") func early() async throws {
        try await Self.gatehouse.run { stage in
            stage.upstream.begin([Script("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", at: .head, then: .close)])
            let client = try stage.connect()
            client.send(Array(post("Content-Length: 900000").utf8))
            client.send([UInt8](repeating: 0x78, count: 500_000))
            let answer = stage.answer(client)
            #expect(answer?.status == 403)
            #expect(answer?.body == "no")
            #expect(answer?.field("Connection") == "close")
            client.finishWriting()
            stage.run([client]) { client.ending != nil }
            #expect(client.ending == .orderly)
        }
    }

    @Test("an upload and an answer of megabytes pass each other") func crossing() async throws {
        try await Self.gatehouse.run { stage in
            let big = String(repeating: "y", count: 4_000_000)
            stage.upstream.begin([Script("HTTP/1.1 200 OK\r\nContent-Length: \(big.utf8.count)\r\n\r\n\(big)", at: .head)])
            let client = try stage.connect()
            client.send(Array(post("Content-Length: 1000000").utf8))
            client.send([UInt8](repeating: 0x78, count: 1_000_000))
            let answer = stage.answer(client)
            #expect(answer?.status == 200)
            #expect(answer?.body.utf8.count == big.utf8.count)
            // Once the answer is complete nobody needs the rest of the upload (RFC 9112 §9.6): the connection ends in order.
            #expect(stage.upstream.seen.first?.body.isEmpty == false)
            client.finishWriting()
            stage.run([client]) { client.ending != nil }
            #expect(client.ending == .orderly)
        }
    }

    @Test("a client's close_notify is answered with ours") func client() async throws {
        try await Self.gatehouse.run { stage in
            let client = try stage.connect()
            stage.checkInStep(client)
            client.finishWriting()
            stage.run([client]) { client.ending != nil }
            #expect(client.ending == .orderly)
        }
    }

    @Test("an upstream connection that is given up gets a close_notify") func upstream() async throws {
        try await Self.gatehouse.run { stage in
            stage.upstream.begin([Script("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")])
            let client = try stage.connect()
            client.send(Array(get("/tls/x").utf8))
            #expect(stage.answer(client)?.status == 200)
            stage.run([client]) { !stage.upstream.endings.isEmpty }
            #expect(stage.upstream.endings == [.orderly])
        }
    }

    @Test("a client that leaves within its upload takes the upstream's request with it") func leaving() async throws {
        try await Self.gatehouse.run { stage in
            stage.upstream.begin([.ok])
            let client = try stage.connect()
            client.send(Array(post("Content-Length: 10", body: "abc").utf8))
            let isUp = stage.run([client]) { stage.upstream.seen.first?.body == "abc" }
            #expect(isUp, "\(stage.upstream.seen) \(String(decoding: client.received, as: UTF8.self))")
            client.closeWithoutNotice()
            stage.run([]) { !stage.upstream.endings.isEmpty }
            #expect(stage.upstream.seen.map(\.isComplete) == [false])
        }
    }

    @Test("no byte goes through a tunnel before the upstream has said 101") func earlyTunnel() async throws {
        try await Self.gatehouse.run { stage in
            stage.upstream.begin([Script("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"), .ok])
            let client = try stage.connect()
            let handshake = get(
                "/ws/x", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
            client.send(Array((handshake + get("/up/smuggled")).utf8))
            let answer = stage.answer(client)
            #expect(answer?.status == 403)
            stage.answer(client)
            // What came behind the handshake is a request like any other: parsed, checked and written anew.
            #expect(
                stage.upstream.seen.map { $0.head.split(separator: "\r\n")[0] } == [
                    "GET /ws/x HTTP/1.1", "GET /up/smuggled HTTP/1.1",
                ])
            #expect(stage.upstream.seen.last?.head.contains("Via: 1.1 gatehouse") == true)
        }
    }
}
