import Foundation
import RunningDemo
import Testing

/// What a client says over HTTP/2 (RFC 8441), and what comes to it. The words are those of http2_socket.py.
struct SocketTalk: Sendable, CustomTestStringConvertible {
    let name: String
    let words: String
    /// Each stands in a line of its own, in this order.
    let comes: [String]

    var testDescription: String { name }

    static let all = [
        SocketTalk(
            name: "a message, and a Close frame", words: "await=1 text=hi await=1 close=1000 await=2",
            comes: ["1 200", "welcome", "\"text\":\"hi\"", "1 close 1000", "1 end"]),
        SocketTalk(
            name: "a Close frame whose DATA ends the stream", words: "await=1 fin=1000 await=2",
            comes: ["1 200", "welcome", "1 close 1000", "1 end"]),
        SocketTalk(
            name: "a binary message is refused by the chat", words: "await=1 big=70000 await=1 close=1003 await=1",
            comes: ["1 200", "welcome", "1 close 1003", "1 end"]),
        SocketTalk(
            name: "two on one connection, the first of which is reset",
            words: "await=1 reset more await=1 text=two await=1 close=1000 await=2",
            comes: ["1 200", "welcome", "3 200", "welcome", "\"text\":\"two\"", "3 close 1000", "3 end"]),
    ]
}

@Suite("The chat, over HTTP/2", .serialized)
struct HTTP2SocketTests {
    @Test("A client sees what it must", arguments: SocketTalk.all)
    func talk(_ talk: SocketTalk) throws {
        let demo = try RunningDemo()
        let lines = try Self.say(talk.words, demo).split(separator: "\n").map(String.init)
        #expect(lines.count == talk.comes.count, "\(lines)")
        for (line, expected) in zip(lines, talk.comes) { #expect(line.contains(expected), "\(lines)") }
        #expect(demo.stop().code == 0)
    }

    @Test("An extended CONNECT where there is no WebSocket is 501, not the 200 of a page")
    func elsewhere() throws {
        let demo = try RunningDemo()
        #expect(try Self.say("", demo, path: "/echo/").hasPrefix("1 501\n"))
        #expect(demo.stop().code == 0)
    }

    private static func say(
        _ words: String, _ demo: RunningDemo, path: String = "/chat/ws?name=me"
    ) throws -> String {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Support/Peers/HTTP2/http2_socket.py")
        let arguments = [script.path(), "\(demo.port)", path] + words.split(separator: " ").map(String.init)
        return try Program.run(Program.python, arguments).text
    }
}
