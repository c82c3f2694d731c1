import Testing

/// Upstreams that keep the rules and upstreams that do not, over TLS on both sides.
@Suite(.serialized, .timeLimit(.minutes(10))) struct AnswerTests {
    static let gatehouse = Shared {
        // Each request is to be seen once, whatever its upstream does.
        try Stage(proxy: "[sites.proxy.retry]\nretries = 0")
    }

    static let all =
        AnswerTable.wellFormed + AnswerTable.trailers + AnswerTable.interim + AnswerTable.heads + AnswerTable.bodies
        + AnswerTable.surplus

    @Test("what an upstream sends is passed on, refused, or visibly cut", arguments: all)
    func whole(_ item: AnswerCase) async throws {
        try await Self.gatehouse.run { try $0.check(item) }
    }

    @Test(
        "sent byte by byte, each in a TLS record of its own, nothing changes",
        arguments: all.filter { $0.script.bytes.count < 400 })
    func byteByByte(_ item: AnswerCase) async throws {
        try await Self.gatehouse.run { try $0.check(item.with { $0.script.byteByByte = true }) }
    }

    @Test("interim heads wait for a client that reads late") func late() async throws {
        try await Self.gatehouse.run { stage in
            let fields = (1...2).map { "Link\($0): " + String(repeating: "x", count: 7000) + "\r\n" }.joined()
            let hints = String(repeating: "HTTP/1.1 103 Early Hints\r\n\(fields)\r\n", count: 20)
            stage.upstream.begin([Script(hints + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")])
            let client = try stage.connect(receiveBuffer: 8192)
            client.send(Array(get("/tls/x").utf8))
            stage.run([client]) { client.isSecured }
            client.reads = false
            stage.run([client]) { stage.upstream.seen.count == 1 }
            client.reads = true
            // Looked at once, not at each byte.
            stage.run([client]) { client.received.suffix(2) == Array("ok".utf8) }
            let answer = stage.answer(client)
            #expect(answer?.interim.count == 20)
            #expect(answer?.status == 200)
            #expect(answer?.body == "ok")
        }
    }

    static let cut =
        AnswerTable.wellFormed.prefix(8) + AnswerTable.wellFormed.suffix(5) + AnswerTable.trailers + AnswerTable.surplus
        + AnswerTable.bodies.prefix(14)

    @Test("cut into two TLS records at every position, nothing changes", arguments: cut)
    func cutEverywhere(_ item: AnswerCase) async throws {
        try await Self.gatehouse.run { stage in
            for position in 1..<max(2, item.script.bytes.count) {
                try stage.check(item.with { $0.script.cutAt = position })
            }
        }
    }
}

extension Stage {
    /// Plays a case, then asks once more to see which upstream connection is used.
    fileprivate func check(_ item: AnswerCase) throws {
        upstream.begin([item.script, .ok])
        let client = try connect()
        client.send(Array(item.request.utf8))
        let answer = answer(client, toHead: item.isHead)
        switch item.seen {
        case .whole(let status, let body):
            #expect(answer?.status == status)
            #expect(answer?.body == body)
            #expect(answer?.reason == nil)
            #expect(answer?.interim == item.interim)
            #expect(answer?.trailers == item.trailers)
            #expect(answer?.field("Trailer") == item.announced)
            if item.clientStays { checkInStep(client) } else { #expect(client.ending == .orderly) }
        case .refused(let reason):
            #expect(answer?.status == 502)
            #expect(answer?.reason == reason)
            checkInStep(client)
        case .truncated:
            run([client]) { client.ending != nil }
            #expect(answer?.isComplete != true)
            #expect(client.ending != .orderly, "a truncated answer must not end in order")
        }
        try checkNext(item)
    }

    private func checkNext(_ item: AnswerCase) throws {
        let client = try connect()
        client.send(Array("GET /tls/next HTTP/1.1\r\nHost: a.test\r\n\r\n".utf8))
        let answer = answer(client)
        #expect(answer?.status == 200)
        #expect(answer?.body == "ok", "the next answer")
        settle()
        #expect(upstream.seen.count == 2)
        #expect(
            upstream.seen.last?.connection == (item.isReused ? 1 : 2),
            "the connection of the next request (cut at \(item.script.cutAt ?? 0))")
    }
}
