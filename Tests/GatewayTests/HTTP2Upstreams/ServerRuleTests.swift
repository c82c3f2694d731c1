import TestSupport
import Testing

@Suite("HTTP/2 to upstreams by its letter: what a server may not do, and what comes of it")
struct ServerRuleTests {
    @Test("there are many rules")
    func count() {
        #expect(ServerRow.all.count >= 60)
        #expect(Set(ServerRow.all.map(\.name)).count == ServerRow.all.count)
    }

    @Test("each breach is a 502 with its reason or a visible cut, and the server is told", arguments: [false, true])
    func rows(inPieces: Bool) async throws {
        let rows = ServerRow.all.enumerated().filter { !inPieces || $0.element.frames.reduce(0) { $0 + $1.count } < 400 }
        let told = Journal<String>("what the servers are told")
        let upstream = try Upstream { _, wire in try Self.play(wire, told, inPieces: inPieces) }
        let port = try FreePort()
        // Each row has a connection of its own.
        let top = "[limits]\nmax_idle_upstream_connections = 0\n"
        try await Gatehouse.serving(Sites.before(upstream, port, top: top)) { gatehouse in
            var outcomes: [Command.Outcome] = []
            for (number, _) in rows {
                outcomes.append(try await Command.curl(["-w", "\n%{http_code}", "http://127.0.0.1:\(port)/row-\(number)-"]))
            }
            for ((number, row), outcome) in zip(rows, outcomes) {
                let path = "/row-\(number)-"
                let entry = try await gatehouse.access(path)
                #expect(Self.isAsWanted(outcome, entry["reason"] ?? "", row), "\(row.name): \(outcome) \(entry)")
                if !row.told.isEmpty { _ = try await told.first("\(row.name)") { $0 == path + " " + row.told } }
            }
        }
    }

    private static func isAsWanted(_ outcome: Command.Outcome, _ reason: String, _ row: ServerRow) -> Bool {
        let isRefused = outcome.code == 0 && outcome.text.hasSuffix("\n502")
        switch row.outcome {
        case .answer(let body): return outcome.code == 0 && outcome.text == body + "\n200"
        case .refused(let word): return isRefused && reason == word
        case .broken: return isRefused ? reason == "upstream_closed_early" : outcome.code == 18 && reason == "upstream_truncated"
        }
    }

    /// Answers each request on a connection by the row that its path names; what comes back is noted.
    private static func play(_ wire: Wire, _ told: Journal<String>, inPieces: Bool) throws {
        let connection = try ScriptedConnection(wire)
        let request = try connection.request()
        let text = String(decoding: request.payload, as: UTF8.self)
        guard let path = text.firstMatch(of: /\/row-(\d+)-/), let number = Int(path.1) else { return }
        let row = ServerRow.all[number]
        let bytes = (row.settings ?? []) + row.frames.flatMap { $0 }
        do {
            for piece in inPieces ? bytes.map({ [$0] }) : [bytes] { try wire.write(piece) }
        } catch {
            // The client may have ended in the middle; what it said is read all the same.
        }
        while true {
            let frame = try connection.next()
            told.append("\(path.0) \(frame.words)")
        }
    }

    @Test("a stream that breaks the rules ends alone: the others of its connection go on")
    func others() async throws {
        let isOver = Signal()
        let upstream = try Upstream { _, wire in
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            let first = try connection.request()
            try connection.write(ScriptedConnection.ok(stream: first.stream), Frame.data("begun\n", 0, stream: first.stream))
            let second = try connection.request()
            try connection.write(Frame.headers([(":status", "200"), ("Upper", "case")], stream: second.stream))
            isOver.wait()
            try connection.write(Frame.data("ended\n", stream: first.stream))
            while true { _ = try connection.next() }
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.before(upstream, port)) { _ in
            let slow = try ChildProcess("curl", ["-sSN", "--noproxy", "*", "http://127.0.0.1:\(port)/slow"])
            _ = try await slow.output.first("the first line") { $0 == "begun" }
            let bad = try await Command.curl(["-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:\(port)/bad"])
            #expect(bad.text == "502", "\(bad)")
            isOver.fire()
            #expect(try await slow.exit() == .code(0))
            #expect(slow.output.all == ["begun", "ended"])
            #expect(upstream.connections.all.count == 1)
        }
    }
}
