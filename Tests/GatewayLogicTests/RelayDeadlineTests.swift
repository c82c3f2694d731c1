import Testing

import Configuration

@testable import Gateway

/// Which deadline is next, from nothing but numbers.
@Suite("A relay's nearest deadline")
struct RelayDeadlineTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var up = Blocked()
        var down = Blocked()
        var upload = Upload.State.sent
        var download = Download.State.awaited
        var uploadedAt: UInt64 = 0
        var downloadedAt: UInt64 = 0
        var received: UInt64 = 0
        var isEventStream = false
        var waitedForBody: UInt64 = 0
        /// In nanoseconds, as it has it.
        var client = ClientPresence.there
        /// In seconds; nil: there is none.
        var at: UInt64?
        var expiry: RelayDeadline.Expiry = .upstreamRead(ofRoute: false)
        var rate = 0
    }

    static let cases: [Case] = [
        Case(testDescription: "there is none while nothing is waited for"),
        Case(
            testDescription: "a client's body: body_timeout after the last of it", up: Blocked(onClient: true), upload: .sending,
            uploadedAt: 3, at: 33, expiry: .body),
        Case(
            testDescription: "a client's body by its rate, when that is sooner", up: Blocked(onClient: true), upload: .sending,
            at: 10, expiry: .bodyRate, rate: 100),
        Case(
            testDescription: "bytes that came earn time by the rate", up: Blocked(onClient: true), upload: .sending,
            received: 500,
            at: 15, expiry: .bodyRate, rate: 100),
        Case(
            testDescription: "time that was waited is spent", up: Blocked(onClient: true), upload: .sending, received: 500,
            waitedForBody: 9, at: 6, expiry: .bodyRate, rate: 100),
        Case(
            testDescription: "a client that has used up its time is due at once", up: Blocked(onClient: true), upload: .sending,
            waitedForBody: 99, at: 0, expiry: .bodyRate, rate: 100),
        Case(
            testDescription: "an upstream that takes nothing: write", up: Blocked(onUpstream: true), upload: .sending,
            uploadedAt: 2, at: 42, expiry: .upstreamWrite(ofRoute: false)),
        Case(
            testDescription: "both ends of an upload: the sooner one", up: Blocked(onClient: true, onUpstream: true),
            upload: .sending, uploadedAt: 1, at: 31, expiry: .body),
        Case(
            testDescription: "a client that does not read: send_timeout", down: Blocked(onClient: true), download: .body,
            downloadedAt: 5, at: 65, expiry: .send),
        Case(
            testDescription: "an answer that is awaited: the first byte's time", down: Blocked(onUpstream: true), at: 20,
            expiry: .upstreamFirstByte(key: .firstByte)),
        Case(
            testDescription: "it counts from the request's end", down: Blocked(onUpstream: true), uploadedAt: 7, at: 27,
            expiry: .upstreamFirstByte(key: .firstByte)),
        Case(
            testDescription: "and from an interim answer", down: Blocked(onUpstream: true), uploadedAt: 7, downloadedAt: 9,
            at: 29,
            expiry: .upstreamFirstByte(key: .firstByte)),
        Case(
            testDescription: "while the request is sent the upstream need not answer", down: Blocked(onUpstream: true),
            upload: .sending),
        Case(
            testDescription: "after it has refused the rest it must", down: Blocked(onUpstream: true), upload: .refused, at: 20,
            expiry: .upstreamFirstByte(key: .firstByte)),
        Case(
            testDescription: "an answer's body: read", down: Blocked(onUpstream: true), download: .body, downloadedAt: 4, at: 54,
            expiry: .upstreamRead(ofRoute: false)),
        Case(
            testDescription: "a stream of events: stream_idle", down: Blocked(onUpstream: true), download: .body,
            downloadedAt: 4, isEventStream: true, at: 4004, expiry: .upstreamStreamIdle(ofRoute: false)),
        Case(
            testDescription: "an early answer's body while the request is sent: no limit of its own",
            down: Blocked(onUpstream: true), upload: .sending, download: .body),
        Case(
            testDescription: "upload and download together: the soonest of all", up: Blocked(onUpstream: true),
            down: Blocked(onClient: true, onUpstream: true), upload: .sending, download: .body, uploadedAt: 0, downloadedAt: 0,
            at: 40, expiry: .upstreamWrite(ofRoute: false)),
    ]

    static let ofLeaving: [Case] = [
        Case(
            testDescription: "a client that has left is none", down: Blocked(onUpstream: true), downloadedAt: 5, client: .left,
            at: 0, expiry: .left),
        Case(
            testDescription: "one that sends no more may have left: half_close_grace after that", down: Blocked(onUpstream: true),
            uploadedAt: 5, downloadedAt: 5, client: .halfClosed(since: 3 * second), at: 11, expiry: .halfClosed),
        Case(
            testDescription: "while the request is sent, too", up: Blocked(onUpstream: true), upload: .sending,
            client: .halfClosed(since: 3 * second), at: 11, expiry: .halfClosed),
        Case(
            testDescription: "one that was sent something after its end is there: only the upstream has a limit",
            down: Blocked(onUpstream: true), download: .body, downloadedAt: 4, isEventStream: true,
            client: .halfClosed(since: 3 * second), at: 4004, expiry: .upstreamStreamIdle(ofRoute: false)),
        Case(
            testDescription: "what it was sent before its end says nothing", down: Blocked(onUpstream: true), download: .body,
            downloadedAt: 2, client: .halfClosed(since: 3 * second), at: 11, expiry: .halfClosed),
        Case(
            testDescription: "nor does what came in the same turn of the loop", down: Blocked(onUpstream: true), download: .body,
            downloadedAt: 3, client: .halfClosed(since: 3 * second), at: 11, expiry: .halfClosed),
        Case(
            testDescription: "one in whose kernel bytes lie is there: send_timeout", down: Blocked(onClient: true),
            download: .body, downloadedAt: 5, client: .halfClosed(since: 3 * second), at: 65, expiry: .send),
        Case(
            testDescription: "what is due sooner holds", down: Blocked(onUpstream: true), client: .halfClosed(since: 19 * second),
            at: 20, expiry: .upstreamFirstByte(key: .firstByte)),
    ]

    private static let second: UInt64 = 1_000_000_000

    private static func plan(rate: Int) throws -> Plan {
        try Plans.plan(
            Plans.site(
                [("app", "http://127.0.0.1:1", "")],
                proxy: "[sites.proxy.timeout]\nfirst_byte = 20\nread = 50\nstream_idle = 4000\nwrite = 40\n",
                top: """
                    [limits]
                    body_timeout = 30
                    send_timeout = 60
                    half_close_grace = 8
                    min_body_rate = \(rate)
                    min_body_rate_grace = 10
                    """))
    }

    @Test("is what is expected", arguments: cases + ofLeaving)
    func nearest(_ example: Case) throws {
        let plan = try Self.plan(rate: example.rate)
        let site = try #require(plan.listeners.first?.fallback)
        let deadline = RelayDeadline.nearest(
            of: RelayProgress(
                up: example.up, down: example.down, upload: example.upload, download: example.download,
                uploadedAt: example.uploadedAt * Self.second, downloadedAt: example.downloadedAt * Self.second,
                received: example.received, isEventStream: example.isEventStream,
                waitedForBody: example.waitedForBody * Self.second, client: example.client),
            limits: plan.limits, timeouts: try site.proxying.timeouts, now: 0)
        guard let at = example.at else {
            #expect(deadline.at == UInt64.max >> 1)
            return
        }
        #expect(deadline.at == at * Self.second)
        #expect(deadline.expiry == example.expiry)
    }

    @Test(
        "says in its failure whose fault it is, and which key decided it",
        arguments: [
            (RelayDeadline.Expiry.body, 408, "limits.body_timeout"), (.bodyRate, 408, "limits.min_body_rate"),
            (.send, 499, "limits.send_timeout"), (.halfClosed, 499, "limits.half_close_grace"),
            (.upstreamFirstByte(key: .firstByte), 504, "sites.proxy.timeout.first_byte"),
            (.upstreamFirstByte(key: .read), 504, "sites.proxy.timeout.read"),
            (.upstreamFirstByte(key: .requestTimeout), 504, "performance.request_timeout"),
            (.upstreamRead(ofRoute: false), 504, "sites.proxy.timeout.read"),
            (.upstreamStreamIdle(ofRoute: false), 504, "sites.proxy.timeout.stream_idle"),
            (.upstreamRead(ofRoute: true), 504, "sites.proxy.routes.timeout.read"),
            (.upstreamWrite(ofRoute: false), 504, "sites.proxy.timeout.write"),
        ])
    func failure(_ expiry: RelayDeadline.Expiry, _ status: Int, _ key: String) {
        #expect(expiry.failure.status == status && expiry.failure.key == key)
        #expect(expiry.failure.blame == (status == 504 ? .upstream : .client))
    }
}
