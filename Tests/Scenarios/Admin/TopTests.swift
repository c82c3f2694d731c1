import Foundation
import Glibc
import TestSupport
import Testing

@Suite("gatehouse top")
struct TopTests {
    @Test("prints what the last second was like in 80 columns of plain text; nothing in it is a terminal's command")
    func once() async throws {
        let upstream = try Upstream.saying("ok")
        let watched = try await WatchedGatehouse([upstream.port, 1], top: "[security]\nmax_request_size = 10")
        let url = "http://localhost:\(watched.port)/"
        #expect(try await Command.curl(["-o", "/dev/null", url + "[1-4]"]).code == 0)
        let refused = try await Command.curl(["-g", "-d", "more than ten bytes", "-H", "Expect:", url + "long"])
        #expect(refused.text.contains("413"), "\(refused)")
        let wire = try Wire(to: watched.port.number)
        let answer = try await onThread {
            try wire.write("GET /\u{1B}[2J\u{9B}31m\u{202E}x HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return try wire.readAnswer()
        }
        #expect(answer.status == 400)
        let outcome = try await Command.run(
            Place.gatehouse, ["top", "--once", "--socket", watched.socket], environment: ["COLUMNS": "80"])
        let lines = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(outcome.exit == .code(0) && lines.allSatisfy { $0.count <= 80 }, "\(outcome)")
        #expect(lines.first?.hasPrefix("gatehouse 0.1.0, process \(watched.running.process.pid), up ") == true, "\(outcome)")
        #expect(!outcome.text.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control })
        #expect(!outcome.text.unicodeScalars.contains { $0.properties.generalCategory == .format })
        for words in [
            "UPSTREAMS  2", "http://127.0.0.1:\(upstream.port)", "SITES AND ROUTES  2", "body_too_large", "security.max_requ",
        ] {
            #expect(outcome.text.contains(words), "\(words)\n\(outcome)")
        }
        // Wider, all of it is told; and what is no terminal is no reason to fail.
        let wide = try await Command.run(
            Place.gatehouse, ["top", "--socket", watched.socket], environment: ["COLUMNS": "160"])
        #expect(wide.exit == .code(0) && wide.text.contains("security.max_request_size"), "\(wide)")
        #expect(wide.text.contains("control_byte"), "\(wide)")
        try await watched.running.end()
        let alone = try await Command.run(Place.gatehouse, ["top", "--once", "--socket", watched.socket])
        #expect(alone.exit == .code(1) && alone.errors.contains(watched.socket), "\(alone)")
    }

    /// An admin socket whose stream of events ends before there is a snapshot with rates.
    private static let endingEarly = """
        import socket, sys
        s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); print("ready", flush=True)
        c = s.accept()[0]; c.recv(65536)
        c.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\n\\r\\nevent: hello\\ndata: {}\\n\\n")
        """

    @Test("fails where the gateway ends before there is a picture")
    func endedEarly() async throws {
        let directory = try TemporaryDirectory()
        let socket = directory.path + "/admin.sock"
        let gateway = try ChildProcess("python3", ["-c", Self.endingEarly, socket])
        #expect(try await gateway.output.first(1) == ["ready"])
        let outcome = try await Command.run(Place.gatehouse, ["top", "--once", "--socket", socket])
        #expect(outcome.exit == .code(1) && outcome.errors.contains("the gateway has ended"), "\(outcome)")
        #expect(try await gateway.exit() == .code(0))
    }

    @Test(
        "in a terminal draws anew, until q is pressed, the gateway ends or a signal comes, and leaves it as it was",
        arguments: [("q", 0), ("\u{3}", 0), ("", 1), ("SIGTERM", 143)] as [(String, Double)])
    func terminal(key: String, exit: Double) async throws {
        let upstream = try Upstream.saying("ok")
        let watched = try await WatchedGatehouse([upstream.port])
        let screen = try watched.python("terminal.py", ["24", "100", Place.gatehouse, "top", "--socket", watched.socket])
        // Two frames have been drawn.
        #expect(try await screen.output.first(1) == ["drawn"])
        switch key {
        case "": try await watched.running.end()
        case "SIGTERM": screen.signal(SIGTERM)
        default: try screen.write(key)
        }
        let told = try await screen.output.first { $0.hasPrefix("{") }
        let end = try #require(try JSONSerialization.jsonObject(with: Data(told.utf8)) as? [String: Any], "\(told)")
        #expect(end.number("exit") == exit, "\(end)")
        #expect(end["same"] as? Bool == true && end["restored"] as? Bool == true, "\(end)")
        let frame = end["frame"] as? [String] ?? []
        #expect(frame.count <= 24 && frame.allSatisfy { $0.count <= 100 }, "\(frame)")
        #expect(
            frame.first?.contains("gatehouse 0.1.0") == true && frame.contains { $0.contains("UPSTREAMS  1, all up") }, "\(frame)"
        )
        if !key.isEmpty { try await watched.running.end() }
    }
}
