import Testing

/// Raw requests over TLS to the running program, with an upstream that records every byte.
@Suite(.serialized, .timeLimit(.minutes(10))) struct RequestTests {
    /// One gatehouse for the whole table.
    static let gatehouse = Shared { try Stage() }

    static let all: [Case] =
        Lines.line + Lines.version + Lines.target + Fields.syntax + Fields.host + Fields.hop + Fields.forwarding
        + Bodies.lengths + Bodies.codings + Bodies.chunks + Bodies.trailers + Bodies.methods + Paths.all

    @Test("the table has more than two hundred cases") func count() {
        #expect(Self.all.count > 200)
    }

    @Test("each request, delivered whole, has its answer and exactly its bytes upstream", arguments: all)
    func whole(_ item: Case) async throws {
        try await Self.gatehouse.run { stage in
            try stage.check(item, deliveries: [item.request])
        }
    }

    @Test(
        "delivered byte by byte, each in a TLS record of its own, nothing changes",
        arguments: all.filter { $0.request.count < 400 })
    func byteByByte(_ item: Case) async throws {
        try await Self.gatehouse.run { stage in
            try stage.check(item, deliveries: item.request.map { [$0] })
        }
    }

    @Test("the log gives the reason of each, in the order of the answers") func log() throws {
        let stage = try Stage()
        let refused = Self.all.filter { $0.reason != nil }
        for item in refused { try stage.check(item, deliveries: [item.request]) }
        func reasons() -> [String] {
            stage.program.accessLines.compactMap { $0.firstMatch(of: /"reason":"([a-z_0-9]+)"/).map { String($0.1) } }
        }
        #expect(stage.program.waitForLines { _ in reasons().count >= refused.count })
        #expect(reasons() == refused.compactMap(\.reason))
    }

    static let cut: [Case] =
        Lines.version + Fields.hop + Bodies.lengths.suffix(12) + Bodies.trailers + Bodies.methods + Bodies.chunks.prefix(20)

    @Test("cut into two TLS records at every position, nothing changes", arguments: cut.filter { $0.request.count < 200 })
    func cutEverywhere(_ item: Case) async throws {
        try await Self.gatehouse.run { stage in
            for position in 1..<item.request.count {
                try stage.check(item, deliveries: [Array(item.request[..<position]), Array(item.request[position...])])
            }
        }
    }
}
