import Configuration
import EventLoop
import Glibc
import Logging
import LoopTesting
import TestSupport
import Testing
import Transport

@testable import Gateway

/// What a client's connection is told and when it ends, over a pair of sockets: a session reads a stream, which needs a
/// descriptor. Every answer here is the gateway's own, so no upstream is asked.
@Suite("An HTTP/1 session")
struct HTTP1SessionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var sent: String
        /// Each answer's status, with `close` if it says that the connection closes, then how the turn ended.
        var expected: String
        var limit = 0
        /// Lines of `[limits]`.
        var keys = ""
        var drains = false
        var testDescription: String { name }
    }

    private static let get = "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n"

    private static func request(_ line: String, _ fields: String = "", body: String = "") -> String {
        "\(line)\r\nHost: localhost\r\n\(fields)\r\n\(body)"
    }

    private static func post(_ fields: String, body: String = "") -> String {
        request("POST /x HTTP/1.1", fields, body: body)
    }

    private static let kibibyte = "max_head_bytes = 1024\nmax_target_bytes = 256"

    /// A request whose head has so many bytes.
    private static func sized(_ count: Int) -> String {
        request("GET /x HTTP/1.1", "X: \(String(repeating: "x", count: count - get.utf8.count - 5))\r\n")
    }

    /// A request of so many fields.
    private static func fields(_ count: Int) -> String {
        request("GET /x HTTP/1.1", String(repeating: "X: x\r\n", count: count - 1))
    }

    static let cases: [Case] = [
        Case(name: "nothing sent", sent: "", expected: "idle"),
        Case(name: "one request", sent: get, expected: "404 idle"),
        Case(name: "two in a pipeline", sent: get + get, expected: "404 404 idle"),
        Case(
            name: "twenty in a pipeline", sent: String(repeating: get, count: 20),
            expected: String(repeating: "404 ", count: 20) + "idle"),
        Case(name: "an empty line before a request", sent: "\r\n" + get, expected: "404 idle"),
        Case(name: "close asked for", sent: request("GET /x HTTP/1.1", "Connection: close\r\n") + get, expected: "404close last"),
        Case(name: "close in any case", sent: request("GET /x HTTP/1.1", "Connection: CLOSE\r\n"), expected: "404close last"),
        Case(name: "close in a list", sent: request("GET /x HTTP/1.1", "Connection: te, close\r\n"), expected: "404close last"),
        Case(
            name: "close by the second", sent: get + request("GET /x HTTP/1.1", "Connection: close\r\n"),
            expected: "404 404close last"),
        Case(name: "HTTP/1.0", sent: request("GET /x HTTP/1.0") + get, expected: "404close last"),
        Case(
            name: "HTTP/1.0 that keeps alive", sent: request("GET /x HTTP/1.0", "Connection: keep-alive\r\n"),
            expected: "404 idle"),
        Case(name: "a limit not reached", sent: get, expected: "404 idle", limit: 2),
        Case(name: "a limit reached", sent: get + get + get, expected: "404 404close last", limit: 2),
        Case(name: "a limit of one", sent: get + get, expected: "404close last", limit: 1),
        Case(name: "a drain", sent: get + get, expected: "404close last", drains: true),
        Case(name: "no body", sent: post("Content-Length: 0\r\n") + get, expected: "404 404 idle"),
        Case(name: "a body that has not come", sent: post("Content-Length: 5\r\n"), expected: "404close last"),
        Case(name: "a body half come", sent: post("Content-Length: 5\r\n", body: "ab"), expected: "404close last"),
        Case(name: "chunks that have not come", sent: post("Transfer-Encoding: chunked\r\n"), expected: "404close last"),
        Case(
            name: "a body not wanted yet",
            sent: post("Content-Length: 5\r\nExpect: 100-continue\r\n"), expected: "404close last"),
        Case(name: "no HTTP", sent: "what is this\r\n\r\n" + get, expected: "400close last"),
        Case(name: "no host", sent: "GET /x HTTP/1.1\r\n\r\n" + get, expected: "400close last"),
        Case(name: "two lengths", sent: post("Content-Length: 1\r\nContent-Length: 2\r\n", body: "a"), expected: "400close last"),
        Case(name: "a head that is not finished", sent: "GET /x HT", expected: "408close last", keys: "head_timeout = 0.05"),
        Case(
            name: "a second head that is not finished", sent: get + "GET /x HTTP/1.1\r\nHost: localhost\r\n",
            expected: "404 408close last", keys: "head_timeout = 0.05"),
        Case(name: "an empty line that nothing follows", sent: "\r\n", expected: "last", keys: "head_timeout = 0.05"),
        Case(name: "an empty line behind an answer", sent: get + "\r\n", expected: "404 last", keys: "head_timeout = 0.05"),
        Case(name: "a head of the limit's size", sent: sized(1024) + get, expected: "404 404 idle", keys: kibibyte),
        Case(name: "a head beyond it", sent: sized(1025) + get, expected: "431close last", keys: kibibyte),
        Case(
            name: "a head beyond it that has no end", sent: String(sized(2048).dropLast(4)), expected: "431close last",
            keys: kibibyte),
        Case(name: "as many fields as may be", sent: fields(8) + get, expected: "404 404 idle", keys: "max_fields = 8"),
        Case(name: "one field more", sent: fields(9) + get, expected: "431close last", keys: "max_fields = 8"),
        Case(
            name: "a target of its limit's size", sent: request("GET /\(String(repeating: "x", count: 255)) HTTP/1.1"),
            expected: "404 idle", keys: "max_target_bytes = 256"),
        Case(
            name: "a target beyond it", sent: request("GET /\(String(repeating: "x", count: 256)) HTTP/1.1"),
            expected: "414close last", keys: "max_target_bytes = 256"),
        Case(name: "bad after good", sent: get + "\u{1}\r\n\r\n", expected: "404 400close last"),
    ]

    @Test("says what is expected", arguments: cases)
    func says(_ example: Case) async throws {
        let keys = "max_requests_per_connection = \(example.limit)\n\(example.keys)"
        #expect(try await Self.serve(example.sent, keys: keys, drains: example.drains) == example.expected)
    }

    @Test("answers the same wherever the requests are cut", arguments: 0...(2 * get.utf8.count))
    func cut(_ place: Int) async throws {
        #expect(try await Self.serve(Self.get + Self.get, cutAt: place) == "404 404 idle")
    }

    @Test("lets others have their turn while it answers many requests that came at once")
    func turns() async throws {
        let order = Guarded("")
        let said = try await Self.serve(String(repeating: Self.get, count: 20), order: order)
        #expect(said == String(repeating: "404 ", count: 20) + "idle")
        let came = order.withLock { $0 }
        #expect(came == "others session")
    }

    @Test("answers nothing to a client that leaves in the middle of a head", arguments: [1, get.utf8.count - 1])
    func leaves(_ count: Int) async throws {
        #expect(try await Self.serve(Self.get, cutAt: count, leaves: true) == "last")
    }

    /// With the key of RFC 6455 §1.3 and the value that answers it.
    private static let handshake = request(
        "GET /only/ HTTP/1.1",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
    private static let switching =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

    @Test(
        "becomes a tunnel by a handshake that the upstream completes, and by no other",
        arguments: [
            (handshake, switching, "101 upgraded"), (get + handshake, switching, "404 101 upgraded"),
            (handshake + "\u{1}\u{0}", switching, "101 upgraded"),
            (handshake, switching.replacing("s3pP", with: "S3pP"), "502 idle"),
            (handshake, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "200 idle"),
            (handshake.replacing(": 13", with: ": 12"), switching, "426 idle"),
            (request("GET /only/ HTTP/1.1"), switching, "502 idle"),
        ])
    func upgrades(_ sent: String, _ answer: String, _ expected: String) async throws {
        let upstream = try Upstream { _, wire in
            _ = try wire.readHead()
            try wire.write(answer)
            // Keeps the connection until the test is done with it.
            _ = try? wire.readToEnd()
        }
        #expect(try await Self.serve(sent, upstream: upstream.port) == expected)
    }

    // MARK: A session

    /// - Parameter order: gets who came first, the session to an end or others of its loop to their turn.
    private static func serve(
        _ text: String, cutAt place: Int? = nil, leaves: Bool = false, keys: String = "", drains: Bool = false,
        upstream: UInt16 = 9, order: Guarded<String> = Guarded("")
    ) async throws -> String {
        try await onLoop { actor in
            let loop = actor.loop
            let plan = try Plans.plan(
                Plans.site(
                    [("app", "http://127.0.0.1:\(upstream)", "")], routes: [("/only/", "app", "websocket = true")],
                    proxy: "[sites.proxy.retry]\nretries = 0", top: "[limits]\n\(keys)\n"))
            var logging = Configuration::Logging()
            (logging.accessLog, logging.errorLog) = (.none, .none)
            let logs = try Logs(logging, workers: 1)
            let resources = try WorkerResources(
                plan, loop: loop, shared: ProcessCounters(), records: WorkerRecords(logs, for: plan, worker: 0, loop: loop),
                number: 0, probes: false, resume: { _ in },
                startStreamTask: {})
            let address = SocketAddress(family: .ipv4, bytes: [127, 0, 0, 1], port: 0)
            let listener = try Listener(address, on: loop)
            let listenerPlan = try #require(plan.listeners.first)
            let endpoint = ClientEndpoint(
                peer: address, acceptor: Acceptor(listener, listenerPlan, of: resources.generation, on: loop))
            let (ours, theirs) = connectedPair()
            defer { close(theirs) }
            let socket = try Socket(adopting: ours, on: loop)
            let waiter = Waiter(loop: loop)
            socket.waiter = waiter
            let session = HTTP1Session(
                Stream(socket), endpoint, waiter: waiter, resources: resources,
                log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            if drains { resources.drain() }

            let bytes = Array(text.utf8)
            let place = place ?? bytes.count
            push(Array(bytes.prefix(place)), to: theirs)
            // Runs when the session waits for the rest of a head.
            let rest = Task {
                _ = actor
                if leaves { shutdown(theirs, Int32(SHUT_WR)) } else { push(Array(bytes.dropFirst(place)), to: theirs) }
            }
            var ending = await session.serve()
            await rest.value
            // What was there at first has not been told of by the loop until now.
            if case .idle = ending {
                let others = OthersOfTheLoop(order)
                loop.atTurnEnd(others)
                ending = await session.serve()
                order.withLock { $0 += "session" }
            }
            // Nobody waits for the turn's end.
            socket.sendDeferred()
            let said = statuses(pull(theirs) ?? [])
            session.discard()
            socket.close()
            listener.close()
            return (said + [word(ending)]).joined(separator: " ")
        }
    }

    private static func word(_ ending: SessionEnding) -> String {
        switch ending {
        case .idle: "idle"
        case .last: "last"
        case .speaksHTTP2: "HTTP/2"
        case .cut: "cut"
        case .truncated: "truncated"
        case .upgraded: "upgraded"
        }
    }

    /// Cuts answers apart by their lengths.
    private static func statuses(_ bytes: [UInt8]) -> [String] {
        var rest = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")[...]
        var found: [String] = []
        while let end = rest.firstRange(of: "\n\n") {
            let lines = rest[..<end.lowerBound].split(separator: "\n")
            let length = lines.first { $0.hasPrefix("Content-Length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
            let status = lines[0].split(separator: " ")[1]
            found.append(status + (lines.contains("Connection: close") ? "close" : ""))
            rest = rest[end.upperBound...].dropFirst(length)
        }
        return found
    }
}

/// What has its turn when the loop's turn ends.
private final class OthersOfTheLoop: TurnEndHandler {
    private let order: Guarded<String>

    init(_ order: Guarded<String>) { self.order = order }

    func turnEnded() { order.withLock { $0 += "others " } }
}
