import HTTP
import Messages
import TLS
import TestSupport
import Testing

/// An answer as a server sends it, and what a call makes of it.
struct AnswerCase: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: String
    let outcome: String
    var isHead = false

    init(_ name: String, _ bytes: String, _ outcome: String, isHead: Bool = false) {
        self.name = name
        self.bytes = bytes
        self.outcome = outcome
        self.isHead = isHead
    }

    var testDescription: String { name }

    private static let ok = "HTTP/1.1 200 OK\r\n"

    static let all = [
        AnswerCase("a length", ok + "Content-Length: 5\r\n\r\nhello", "200 hello"),
        AnswerCase("a length, and more behind it", ok + "Content-Length: 5\r\n\r\nhelloHTTP/1.1 500 x\r\n\r\n", "200 hello"),
        AnswerCase("chunks", ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\nX: y\r\n\r\n", "200 hello"),
        AnswerCase("until the end", ok + "\r\nhello", "200 hello"),
        AnswerCase("until the end, of HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nhello", "200 hello"),
        AnswerCase("until the end, of nothing", ok + "\r\n", "200 "),
        AnswerCase("204", "HTTP/1.1 204 No Content\r\n\r\n", "204 "),
        AnswerCase("304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "304 "),
        AnswerCase("HEAD with a length", ok + "Content-Length: 5\r\n\r\n", "200 ", isHead: true),
        AnswerCase(
            "interim answers", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok + "\r\n", "200 "),
        AnswerCase(
            "a redirect, which is not followed", "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", "302 "),
        AnswerCase(
            "a body at its limit", ok + "Content-Length: 100\r\n\r\n" + String(repeating: "x", count: 100), "200 " + x(100)),

        AnswerCase("nothing", "", "no answer"),
        AnswerCase("half a head", ok + "Content-Le", "no answer"),
        AnswerCase("interim answers alone", "HTTP/1.1 100 Continue\r\n\r\n", "no answer"),
        AnswerCase("a length cut short", ok + "Content-Length: 6\r\n\r\nhello", "a truncated answer"),
        AnswerCase("a length without a byte", ok + "Content-Length: 6\r\n\r\n", "a truncated answer"),
        AnswerCase("chunks without their end", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "a truncated answer"),
        AnswerCase("chunks without their trailers", ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "a truncated answer"),
        AnswerCase("half a chunk", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", "a truncated answer"),

        AnswerCase("another protocol", "220 mail.test ESMTP\r\n", "a malformed answer: upstream_status_line_malformed"),
        AnswerCase(
            "two lengths", ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
            "a malformed answer: upstream_content_length_repeated"),
        AnswerCase(
            "a length and chunks", ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "a malformed answer: upstream_content_length_and_transfer_encoding"),
        AnswerCase(
            "a chunk of no size", ok + "Transfer-Encoding: chunked\r\n\r\nx\r\n",
            "a malformed answer: upstream_chunk_size_malformed"),
        AnswerCase("a bare LF", "HTTP/1.1 200 OK\nX: y\n\n", "a malformed answer: upstream_bare_lf"),
        AnswerCase(
            "101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
            "an answer that switches protocols"),
        AnswerCase(
            "interim answers without end", String(repeating: "HTTP/1.1 103 x\r\n\r\n", count: 17), "too many interim answers"),
        AnswerCase("a head without end", ok + "X: " + x(20_000), "the answer's head is too large"),
        AnswerCase("101 fields", ok + String(repeating: "X: y\r\n", count: 101), "the answer's head is too large"),
        AnswerCase("a length beyond the limit", ok + "Content-Length: 101\r\n\r\n", "the answer's body is too large"),
        AnswerCase("bytes beyond the limit", ok + "\r\n" + x(101), "the answer's body is too large"),
        AnswerCase(
            "chunks beyond the limit", ok + "Transfer-Encoding: chunked\r\n\r\n64\r\n\(x(100))\r\n1\r\nx\r\n",
            "the answer's body is too large"),
    ]

    private static func x(_ count: Int) -> String { String(repeating: "x", count: count) }
}

@Suite("A call over real sockets")
struct CallTests {
    private static var small: Call.Limits {
        var limits = Call.Limits()
        limits.maxBodyBytes = 100
        limits.timeout = 60_000_000_000
        // No test of what ends a call otherwise may meet these on a slow machine.
        limits.connectTimeout = 60_000_000_000
        limits.handshakeTimeout = 60_000_000_000
        return limits
    }

    @Test("what a server answers is understood or refused", arguments: AnswerCase.all)
    func answers(_ answer: AnswerCase) async throws {
        let upstream = try Upstream { _, wire in
            _ = try wire.readRequest()
            try wire.write(answer.bytes)
        }
        let heard = try await outcome(request(answer.isHead ? .head : .get), port: upstream.port, limits: Self.small)
        #expect(heard == answer.outcome)
    }

    @Test("an answer that comes byte by byte is the same", arguments: AnswerCase.all.filter { $0.bytes.utf8.count < 300 })
    func answersByteByByte(_ answer: AnswerCase) async throws {
        let upstream = try Upstream { _, wire in
            _ = try wire.readRequest()
            for byte in answer.bytes.utf8 { try wire.write([byte]) }
        }
        let heard = try await outcome(request(answer.isHead ? .head : .get), port: upstream.port, limits: Self.small)
        // Where it was refused early the rest meets a closed socket; what was told does not change.
        #expect(heard == answer.outcome)
    }

    @Test("the request is one message, with what the caller gave and what frames it")
    func writesRequest() async throws {
        let upstream = try Upstream.saying("x")
        let sent = request(
            .post, "/a?b=c", authority: "a.test:81", body: Array("hello".utf8), fields: [("X-A", "1"), ("X-A", "2")])
        #expect(try await outcome(sent, port: upstream.port) == "200 x")
        let received = try #require(try await upstream.requests.first(1).first)
        #expect(
            received.head
                == "POST /a?b=c HTTP/1.1\r\nHost: a.test:81\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
        )
        #expect(received.text == "hello")
    }

    @Test(
        "a length is stated of nothing where something is expected",
        arguments: [(Method.post, true), (.put, true), (.get, false)])
    func writesEmptyRequest(_ method: Method, _ states: Bool) async throws {
        let upstream = try Upstream.saying("x")
        #expect(try await outcome(request(method), port: upstream.port) == "200 x")
        #expect(try await upstream.requests.first(1).first?.value("Content-Length") == (states ? "0" : nil))
    }

    @Test("a large body arrives whole")
    func sendsLargeBody() async throws {
        let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let upstream = try Upstream { _, wire in
            var request = try wire.head()
            try wire.readBody(of: &request)
            try wire.write(Upstream.ok(request.body == body ? "whole" : "other"))
        }
        #expect(try await outcome(request(.put, body: body), port: upstream.port) == "200 whole")
    }

    @Test("an answer that comes before the request was read is the answer")
    func takesEarlyAnswer() async throws {
        let upstream = try Upstream { _, wire in
            _ = try wire.readHead()
            try wire.write("HTTP/1.1 413 x\r\nContent-Length: 3\r\n\r\nbig")
            _ = try wire.readToEnd()
        }
        let sent = request(.post, body: [UInt8](repeating: 1, count: 50_000_000))
        #expect(try await outcome(sent, port: upstream.port) == "413 big")
    }

    @Test("of a call for the head alone the body is not awaited")
    func takesHeadAlone() async throws {
        let upstream = try Upstream { _, wire in
            _ = try wire.readRequest()
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
            _ = try wire.readToEnd()
        }
        var limits = Self.small
        limits.maxBodyBytes = nil
        #expect(try await outcome(port: upstream.port, limits: limits) == "200 ")
    }

    @Test(
        "what is more than one message is not sent",
        arguments: [
            (request(.connect), "a method that is not called"), (request(.other), "a method that is not called"),
            (request(.trace, body: [1]), "a TRACE with a body"), (request(.get, "x"), "the target is no origin-form"),
            (request(.get, ""), "the target is no origin-form"), (request(.get, "/a b"), "the target is no origin-form"),
            (request(.get, "/\r\nX: y"), "the target is no origin-form"), (request(.get, "/a#b"), "the target is no origin-form"),
            (request(authority: ""), "the authority is no host and port"),
            (request(authority: "a\r\nX: y"), "the authority is no host and port"),
            (request(authority: "user@a"), "the authority is no host and port"),
            (request(fields: [("X", "a\r\nY: b")]), "a field line is more than a line"),
            (request(fields: [("X", "a\0")]), "a field line is more than a line"),
            (request(fields: [("X Y", "a")]), "a field line is more than a line"),
            (request(fields: [("Content-Length", "5")]), "a field that is not the caller's"),
            (request(fields: [("transfer-encoding", "chunked")]), "a field that is not the caller's"),
            (request(fields: [("Host", "b")]), "a field that is not the caller's"),
        ])
    func refusesRequest(_ sent: Call.Request, _ flaw: String) async throws {
        // Nobody listens at the port: nothing is tried.
        #expect(try await outcome(sent, port: 1) == "the request cannot be sent: \(flaw)")
    }

    // MARK: What goes wrong

    @Test("nobody listens")
    func connectFails() async throws {
        let port = try FreePort()
        #expect(try await outcome(port: port.number) == "Connection refused")
    }

    @Test(
        "each time limit says what was not done in it",
        arguments: ["connect", "handshake", "request", "answer", "body", "drip"])
    func timesOut(_ step: String) async throws {
        var limits = Self.small
        var sent = request()
        var port: UInt16 = 0
        let deaf = try DeafListener()
        let isDone = Signal()
        let silent = try Upstream { _, wire in
            if step == "body" { try wire.write("HTTP/1.1 200 OK\r\n\r\nx") }
            // Somebody who is never silent, and never done.
            if step == "drip" {
                try wire.write("HTTP/1.1 200 OK\r\n\r\n")
                while true { try wire.write("x") }
            }
            // Nothing is read until the test is done.
            if step == "request" { isDone.wait() }
            _ = try wire.readToEnd()
        }
        switch step {
        case "connect":
            limits.connectTimeout = 50_000_000
            port = deaf.port
        case "handshake":
            limits.handshakeTimeout = 50_000_000
            port = silent.port
        default:
            limits.timeout = 300_000_000
            limits.maxBodyBytes = .max
            port = silent.port
            if step == "request" { sent = request(.post, body: [UInt8](repeating: 1, count: 50_000_000)) }
        }
        let tls = step == "handshake" ? TLSClientContext.Settings(serverName: "localhost", verifies: false) : nil
        let words = [
            "connect": "timed out", "handshake": "the TLS handshake timed out", "request": "the request was not taken in time",
        ]
        #expect(try await outcome(sent, port: port, tls: tls, limits: limits) == words[step] ?? "no whole answer in time")
        isDone.fire()
    }

    @Test("a call that is stopped ends at once, whatever it waits for", arguments: ["connect", "handshake", "answer"])
    func stops(_ step: String) async throws {
        let deaf = try DeafListener()
        let began = Journal<Int>("the server's beginning")
        let silent = try Upstream { _, wire in
            _ = try wire.read(1)
            began.append(1)
            _ = try wire.readToEnd()
        }
        if step == "connect" { began.append(1) }
        let tls = step == "handshake" ? TLSClientContext.Settings(serverName: "localhost", verifies: false) : nil
        let port = step == "connect" ? deaf.port : silent.port
        #expect(try await outcome(port: port, tls: tls, limits: Self.small, stops: began) == "stopped")
    }

    @Test("a reset within the body is no end of it")
    func seesReset() async throws {
        let upstream = try Upstream { _, wire in
            _ = try wire.readRequest()
            try wire.write("HTTP/1.1 200 OK\r\n\r\nhello")
            wire.reset()
        }
        let heard = try await outcome(port: upstream.port, limits: Self.small)
        #expect(heard == "Connection reset by peer")
    }

    // MARK: TLS

    @Test("over TLS the certificate is checked for the name", arguments: [true, false])
    func speaksTLS(isNamed: Bool) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("secret")
        let front = try await Peer("tls_front.py", [certificates.local.certificate, certificates.local.key, "\(upstream)"])
        let tls = TLSClientContext.Settings(serverName: isNamed ? "localhost" : "other.test", caFile: certificates.authority)
        let heard = try await outcome(port: front.port, tls: tls)
        #expect(isNamed ? heard == "200 secret" : heard.contains("hostname mismatch"))
    }

    @Test("a server that speaks no TLS fails the handshake")
    func needsTLS() async throws {
        let upstream = try Upstream { _, wire in
            try wire.write("HTTP/1.1 400 x\r\n\r\n")
            _ = try wire.readToEnd()
        }
        let tls = TLSClientContext.Settings(serverName: "localhost", verifies: false)
        let heard = try await outcome(port: upstream.port, tls: tls)
        #expect(heard == "the server speaks no TLS")
    }

    // MARK: Real servers

    @Test("Python's server is understood")
    func asksPython() async throws {
        let directory = try TemporaryDirectory()
        let text = String(repeating: "0123456789", count: 10_000)
        _ = try directory.write("file.txt", text)
        let child = try ChildProcess(
            Place.python, ["-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", directory.path, "0"])
        defer { child.kill() }
        let line = try await child.output.first("its port") { $0.contains("port ") }
        let port = try #require(line.split(separator: " ").compactMap { UInt16($0) }.first)
        #expect(try await outcome(request(.get, "/file.txt"), port: port) == "200 (100000 bytes)")
        #expect(try await outcome(request(.head, "/file.txt"), port: port) == "200 ")
        #expect(try await outcome(request(.get, "/none"), port: port).hasPrefix("404 "))
        #expect(try await outcome(request(.post, "/", body: [1]), port: port).hasPrefix("501 "))
    }
}
