import Foundation
import RunningDemo
import Testing

/// What a member of the chat must see, by its name in Python/chat.py.
private let scenarios = [
    ("members on different upstreams hear each other", "across"),
    ("names are cleaned, and told apart", "names"),
    ("what is said stays in its room", "rooms"),
    ("markup and odd characters arrive as they were sent", "raw"),
    ("a message in fragments is one message", "fragments"),
    ("a ping is answered", "ping"),
    ("a close code is answered with the same", "closes_with_code"),
    ("a message of 1 MiB is relayed", "biggest"),
    ("a longer one closes with 1009", "too_big"),
    ("text that is not UTF-8 closes with 1007", "not_utf8"),
    ("a binary message closes with 1003", "binary"),
    ("an unmasked frame closes with 1002", "unmasked"),
    ("a slow reader is shown out with 1013 and holds up nobody", "slow"),
    ("a handshake with faults is refused", "refusals"),
]

@Suite("The chat, over wss through the gateway", .serialized)
struct ChatTests {
    @Test("A member sees what it must", arguments: scenarios)
    func scenario(_ what: String, _ name: String) throws {
        let demo = try RunningDemo()
        let ended = try Self.chat(name, demo)
        #expect(ended.code == 0, "\(what):\n\(ended.text)")
        #expect(demo.stop().code == 0)
    }

    @Test("SIGTERM ends every chat with 1001 and the demo with 0")
    func drains() throws {
        let demo = try RunningDemo()
        let ended = try Self.chat("drained", demo)
        #expect(ended.code == 0, "\(ended.text)")
        let (code, log) = demo.waitForEnd()
        #expect(code == 0, "\(log)")
        #expect(log.contains("\"GET /chat/ws?name=member0 HTTP/1.1\" 101"), "\(log)")
    }

    @Test(
        "Two windows of a browser talk, and show markup as text",
        .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/chromium"), "this release has no package chromium"))
    func browser() throws {
        let demo = try RunningDemo()
        let ended = try Program.run(
            Program.python, ["Tests/DemoTests/Python/browser.py", "\(demo.site)/", "certs/localhost.crt"])
        #expect(ended.code == 0, "\(ended.text)")
        let (code, log) = demo.stop()
        #expect(code == 0)
        // RFC 8441: it has a connection in HTTP/2 from the page already, and opens the WebSocket on that.
        for (name, ending) in [("Ada", "closed_by=client close_code=3001"), ("Bob", "closed_by=upstream close_code=1003")] {
            let line = log.split(separator: "\n").last { $0.contains("\"GET /chat/ws?name=\(name)&room=lobby HTTP/2.0\" 101") }
            #expect(line?.contains(ending) == true, "\(log)")
        }
    }

    private static func chat(_ name: String, _ demo: RunningDemo) throws -> Program.Ended {
        try Program.run(
            Program.python,
            ["Tests/DemoTests/Python/chat.py", name, "\(demo.port)", "certs/ca.crt", "\(demo.identifier)"])
    }
}
