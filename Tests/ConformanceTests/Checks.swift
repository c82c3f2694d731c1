import Testing

extension Stage {
    /// Plays a case and compares everything with what must come of it.
    func check(_ item: Case, deliveries: [[UInt8]], source: SourceLocation = #_sourceLocation) throws {
        upstream.begin(item.scripts)
        let client = try connect()
        for piece in deliveries { client.send(piece) }
        var last: SeenAnswer?
        for _ in 0..<item.answerCount { last = answer(client, toHead: item.isHead) }
        guard let answer = last else {
            Issue.record("no answer; upstream: \(upstream.seen)", sourceLocation: source)
            return
        }
        settle()
        #expect(answer.status == item.status, sourceLocation: source)
        #expect(answer.reason == item.reason, sourceLocation: source)
        checkUpstream(item, source)
        #expect((answer.field("Connection") == "close") == !item.stays, "Connection: close", sourceLocation: source)
        if item.stays {
            checkInStep(client, source)
        } else {
            run([client]) { client.ending != nil }
            #expect(client.ending == .orderly, "how the connection ends", sourceLocation: source)
        }
    }

    /// The connection must take another request, with nothing left over from the one before.
    func checkInStep(_ client: Peer, _ source: SourceLocation = #_sourceLocation) {
        #expect(client.received.isEmpty, "bytes after the answer", sourceLocation: source)
        client.send(Array("GET /probe.txt HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        let probe = answer(client)
        #expect(probe?.status == 200, "the next request", sourceLocation: source)
        #expect(probe?.body == "probe", "the next request", sourceLocation: source)
    }

    private func checkUpstream(_ item: Case, _ source: SourceLocation) {
        let seen = upstream.seen
        #expect(upstream.violations.isEmpty, sourceLocation: source)
        // A request that goes wrong in its body may have been begun upstream or not: it depends on how its bytes came.
        if !(seen.isEmpty && item.upstream.allSatisfy { !$0.isComplete }) {
            #expect(seen.count == item.upstream.count, "requests upstream: \(seen)", sourceLocation: source)
        }
        for (found, wanted) in zip(seen, item.upstream) {
            #expect(found.head == wanted.head.replacing("{port}", with: "\(port)"), sourceLocation: source)
            #expect(found.isComplete == wanted.isComplete, sourceLocation: source)
            guard wanted.isComplete else { continue }
            #expect(found.body == wanted.body, sourceLocation: source)
            #expect(found.trailers == wanted.trailers, sourceLocation: source)
        }
    }
}
