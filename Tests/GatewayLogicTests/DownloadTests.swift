import HTTP
import Testing
import Upstreams

@testable import Gateway

/// An answer on its way down, step by step, with an upstream and a client that are written down.
@Suite("A download")
struct DownloadTests {
    static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n"

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var heads: [String] = [DownloadTests.ok]
        var body: [ScriptedSource.Step] = [.payload("abcd"), .finish]
        var client: @Sendable () -> ScriptedSink = { ScriptedSink() }
        var request = "GET / HTTP/1.1\r\nHost: a\r\n"
        var upload = Upload.State.sent
        var wantsUpgrade = false
        var hasUntakenBytes = false
        var isReused = false
        /// What the client has got after the step.
        var got = "abcd"
        var interim: [Int] = []
        var status = 200
        var framing: BodyFraming? = .length(4)
        var blocked = Blocked()
        var state = Download.State.done
        /// The failure's word, and whether the request may be sent again.
        var fails: String?
        var mayBeResent = false
    }

    static let heads: [Case] = [
        Case(testDescription: "is whole at once when all of it is there"),
        Case(
            testDescription: "waits for its head", heads: [], body: [.blocked], got: "", status: 0, framing: nil,
            blocked: Blocked(onUpstream: true), state: .awaited),
        Case(
            testDescription: "of HEAD has no body", body: [.finish], request: "HEAD / HTTP/1.1\r\nHost: a\r\n", got: "",
            framing: BodyFraming.none),
        Case(
            testDescription: "304 has no body", heads: ["HTTP/1.1 304 Not Modified\r\n"], body: [.finish], got: "", status: 304,
            framing: BodyFraming.none),
        Case(
            testDescription: "chunked is passed on as chunked", heads: ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"],
            framing: .chunked),
        Case(
            testDescription: "without a length ends with its connection", heads: ["HTTP/1.1 200 OK\r\n"], framing: .untilClose),
        Case(
            testDescription: "passes an interim answer on", heads: ["HTTP/1.1 100 Continue\r\n", ok], interim: [100]),
        Case(
            testDescription: "passes several interim answers on, in their order",
            heads: ["HTTP/1.1 103 Early Hints\r\n", "HTTP/1.1 100 Continue\r\n", ok], interim: [103, 100]),
        Case(
            testDescription: "waits with the next head until an interim one is taken",
            heads: ["HTTP/1.1 103 Early Hints\r\n", ok], client: { ScriptedSink(flushes: [.blocked]) }, got: "",
            interim: [103], status: 0, framing: nil, blocked: Blocked(onClient: true), state: .awaited),
        Case(
            testDescription: "may have a hundred interim answers",
            heads: [String](repeating: "HTTP/1.1 103 Early Hints\r\n", count: 100) + [ok],
            interim: [Int](repeating: 103, count: 100)),
        Case(
            testDescription: "may not have a hundred and one",
            heads: [String](repeating: "HTTP/1.1 103 Early Hints\r\n", count: 101) + [ok], got: "",
            interim: [Int](repeating: 103, count: 100), status: 0, framing: nil,
            fails: "upstream_" + RefusalReason.tooManyInterimHeads.rawValue),
        Case(
            testDescription: "fails on an unasked 101",
            heads: ["HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"],
            got: "", status: 0, framing: nil, fails: "upstream_" + RefusalReason.switchNotAskedFor.rawValue),
        Case(
            testDescription: "fails on a 101 that proves nothing",
            heads: [
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n"
            ],
            request: "GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", wantsUpgrade: true, got: "",
            status: 0, framing: nil, fails: "upstream_" + RefusalReason.switchNotAskedFor.rawValue),
        Case(
            testDescription: "fails on a malformed head", heads: ["HTTP/2 200 OK\r\n"], got: "", status: 0, framing: nil,
            fails: "upstream_" + RefusalReason.statusLineMalformed.rawValue),
        Case(
            testDescription: "that begins as none, on a connection that has carried one, may be asked again elsewhere",
            heads: ["late body\r\n"], isReused: true, got: "", status: 0, framing: nil,
            fails: "upstream_" + RefusalReason.statusLineMalformed.rawValue, mayBeResent: true),
        Case(
            testDescription: "that begins as none behind an interim one may not",
            heads: ["HTTP/1.1 103 Early Hints\r\n", "x\r\n"], isReused: true, got: "", interim: [103], status: 0, framing: nil,
            fails: "upstream_" + RefusalReason.statusLineMalformed.rawValue),
        Case(
            testDescription: "with a malformed field may not", heads: ["HTTP/1.1 200 OK\r\n: x\r\n"], isReused: true, got: "",
            status: 0, framing: nil, fails: "upstream_" + RefusalReason.fieldNameEmpty.rawValue),
    ]

    static let bodies: [Case] = [
        Case(testDescription: "passes an early answer on while the request is sent", upload: .sending),
        Case(testDescription: "passes an answer on after the upstream refused the rest", upload: .refused),
        Case(
            testDescription: "passes on what has come and waits for more", body: [.payload("ab"), .blocked], got: "ab",
            blocked: Blocked(onUpstream: true), state: .body),
        Case(
            testDescription: "waits for a client that takes nothing", client: { ScriptedSink(writes: [.blocked]) }, got: "",
            blocked: Blocked(onClient: true), state: .body),
        Case(
            testDescription: "waits for a client that takes a part", client: { ScriptedSink(writes: [.takes(3), .blocked]) },
            got: "abc", blocked: Blocked(onClient: true), state: .body),
        Case(
            testDescription: "waits for both when nothing comes and nothing goes", body: [.payload("ab"), .blocked],
            client: { ScriptedSink(flushes: [.blocked]) }, got: "ab", blocked: Blocked(onClient: true, onUpstream: true),
            state: .body),
        Case(
            testDescription: "is not done before its end is flushed", client: { ScriptedSink(flushes: [.blocked]) },
            blocked: Blocked(onClient: true), state: .flushing),
        Case(
            testDescription: "asks for another turn after as many moves as it may",
            heads: ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"],
            body: [ScriptedSource.Step](repeating: .payload("a"), count: 20), got: "aaaa", framing: .chunked,
            blocked: Blocked(wantsTurn: true), state: .body),
        Case(
            testDescription: "closed before its head may be asked again elsewhere", heads: [], body: [.end], got: "", status: 0,
            framing: nil, fails: "upstream_closed_early", mayBeResent: true),
        Case(
            testDescription: "broken before its head may be asked again elsewhere", heads: [], body: [.breaks], isReused: true,
            got: "", status: 0, framing: nil, fails: "upstream_closed_early", mayBeResent: true),
        Case(
            testDescription: "closed within its head may not", heads: [], body: [.end], hasUntakenBytes: true, got: "", status: 0,
            framing: nil, fails: "upstream_closed_early"),
        Case(
            testDescription: "cut in its body is truncated", body: [.payload("ab"), .end], got: "ab",
            fails: "upstream_truncated"),
        Case(
            testDescription: "broken in its body is truncated", body: [.payload("ab"), .breaks], got: "ab",
            fails: "upstream_truncated"),
        Case(
            testDescription: "fails on a malformed chunk", heads: ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"],
            body: [.payload("ab"), .malformed(.chunkSizeMalformed)], got: "ab", framing: .chunked,
            fails: "upstream_" + RefusalReason.chunkSizeMalformed.rawValue),
        Case(
            testDescription: "fails when the client breaks at a write", client: { ScriptedSink(writes: [.breaks]) }, got: "",
            fails: "client_left"),
        Case(
            testDescription: "fails when the client breaks at a flush", client: { ScriptedSink(flushes: [.breaks]) },
            fails: "client_left"),
    ]

    private static func plan() throws -> Plan { try Plans.plan(Plans.pool([1])) }

    @Test("comes to what is expected", arguments: heads + bodies)
    func step(_ example: Case) throws {
        let plan = try Self.plan()
        let site = try #require(plan.listeners.first?.fallback)
        let client = try ScriptedClient(example.request, sink: example.client())
        let upstream = ScriptedUpstream(example.heads, source: ScriptedSource(example.body, from: .upstream))
        upstream.hasUntakenBytes = example.hasUntakenBytes
        upstream.isReused = example.isReused
        var failure: Failure?
        // In a block of its own: what was begun and not finished is cut at its end.
        do {
            var download = try Download(
                from: upstream, to: client, request: client.request, responder: Responder(client), head: ResponseHead(),
                proxying: site.proxying, headers: site.headers, limits: plan.limits,
                wantsUpgrade: example.wantsUpgrade, options: RelayOptions(), now: 1)
            do throws(Failure) {
                let blocked = try download.step(example.upload, now: 5)
                #expect(blocked == example.blocked)
                #expect(download.state == example.state)
            } catch {
                failure = error
            }
            #expect(download.status == example.status)
        }
        #expect(failure?.reason.word == example.fails)
        if let failure {
            if case .never = failure.retry { #expect(!example.mayBeResent) } else { #expect(example.mayBeResent) }
        }
        #expect(client.sink.text == example.got && client.interim == example.interim)
        #expect(client.status == example.status && client.framing == example.framing)
        // Whatever has not come to its end is visible to the client as cut. One that has left is the exchange's to cut.
        let isWhole = failure == nil && (example.state == .done || example.state == .flushing)
        if example.fails != "client_left" { #expect(client.isCut == !isWhole) }
    }

    @Test("does not read an upstream whose answer the client does not take")
    func backPressure() throws {
        let plan = try Self.plan()
        let site = try #require(plan.listeners.first?.fallback)
        let client = try ScriptedClient(sink: ScriptedSink(writes: [.blocked, .blocked, .blocked]))
        let upstream = ScriptedUpstream(
            [Self.ok], source: ScriptedSource([.payload("ab"), .payload("cd"), .finish], from: .upstream))
        var download = try Download(
            from: upstream, to: client, request: client.request, responder: Responder(client), head: ResponseHead(),
            proxying: site.proxying, headers: site.headers,
            limits: plan.limits,
            wantsUpgrade: false, options: RelayOptions(), now: 1)
        for _ in 0..<3 { #expect(try download.step(.sent, now: 2).onClient) }
        #expect(upstream.source.reads == 1)
        #expect(try download.step(.sent, now: 3) == Blocked())
        #expect(client.sink.text == "abcd" && download.state == .done)
    }

    @Test("passes trailers on only to a client that asked for them", arguments: [false, true])
    func trailers(asks: Bool) throws {
        let plan = try Self.plan()
        let site = try #require(plan.listeners.first?.fallback)
        let client = try ScriptedClient("GET / HTTP/1.1\r\nHost: a\r\n" + (asks ? "TE: trailers\r\nConnection: TE\r\n" : ""))
        let source = ScriptedSource([.payload("ab"), .finish], from: .upstream)
        source.trailers.append("Checksum", "1")
        let upstream = ScriptedUpstream(["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"], source: source)
        var download = try Download(
            from: upstream, to: client, request: client.request, responder: Responder(client), head: ResponseHead(),
            proxying: site.proxying, headers: site.headers,
            limits: plan.limits,
            wantsUpgrade: false, options: RelayOptions(), now: 1)
        _ = try download.step(.sent, now: 2)
        #expect((client.sink.sentTrailers?.lines.count ?? 0) == (asks ? 1 : 0))
    }

    @Test("gives the right to answer back when another attempt may better the answer", arguments: [500, 502, 503, 504])
    func declines(status: Int) throws {
        let plan = try Self.plan()
        let site = try #require(plan.listeners.first?.fallback)
        let client = try ScriptedClient()
        let upstream = ScriptedUpstream(
            ["HTTP/1.1 \(status) No\r\nContent-Length: 0\r\n"], source: ScriptedSource([.finish], from: .upstream))
        var options = RelayOptions()
        options.retriedStatuses = .status(status)
        var download = try Download(
            from: upstream, to: client, request: client.request, responder: Responder(client), head: ResponseHead(),
            proxying: site.proxying, headers: site.headers,
            limits: plan.limits,
            wantsUpgrade: false, options: options, now: 1)
        var failure: Failure?
        do throws(Failure) { _ = try download.step(.sent, now: 2) } catch { failure = error }
        #expect(failure?.reason.word == "upstream_status" && failure?.status == status)
        #expect(client.status == 0)
        guard let responder = download.takeResponder() else {
            Issue.record("nobody has the right to answer")
            return
        }
        responder.begin(
            Answer(status: 502, framing: .length(0), statedLength: nil, fields: AnswerFields(), siteFields: AnswerFields())
        ).finish()
        #expect(client.status == 502 && !client.isCut)
    }
}
