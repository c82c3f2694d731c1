import Buffers
import Testing
import WebSocket

@testable import Gateway

/// What passes through a tunnel, with peers that are written down.
@Suite("A tunnel's traffic")
struct TunnelTrafficTests {
    private static let mask = MaskKey(1, 2, 3, 4)

    private static func text(_ words: String, masked: Bool = false) -> [UInt8] {
        var out: [UInt8] = []
        FrameEncoder.text(words, maskKey: masked ? mask : nil, to: &out)
        return out
    }

    private static func close(_ code: CloseCode, masked: Bool = false) -> [UInt8] {
        var out: [UInt8] = []
        FrameEncoder.close(code, maskKey: masked ? mask : nil, to: &out)
        return out
    }

    private static func plan(_ keys: String = "") throws -> TunnelPlan {
        try Plans.plan(Plans.pool([1], route: "websocket = true\n" + keys)).route().tunnel
    }

    @Test(
        "a limit that a route sets itself is named by the table in which the route is written",
        arguments: ["sites.proxy.routes", "sites.routes"])
    func keys(table: String) throws {
        let keys = "websocket = true\ntunnel_idle = 5\nmax_message_size = 65536\n"
        let text = Plans.pool([1], route: keys).replacing("[[sites.proxy.routes]]", with: "[[\(table)]]")
        let plan = try Plans.plan(text).route().tunnel
        #expect(plan.idle.key == "\(table).tunnel_idle" && plan.lifetime.key == "limits.tunnel_lifetime")
        #expect(plan.maxMessageSizeOwner.rawValue == table && plan.strictOwner == .site)
    }

    private static func traffic(
        _ client: ScriptedDuplex, _ upstream: ScriptedDuplex, _ plan: TunnelPlan, unread: [UInt8] = []
    ) -> TunnelTraffic {
        let buffers = BufferPool(smallCapacity: 16_384)
        var waiting: Buffer?
        if !unread.isEmpty {
            let buffer = buffers.acquire()
            buffer.append(unread.span)
            waiting = buffer
        }
        return TunnelTraffic(
            client: (client, waiting), upstream: (upstream, nil), extensions: .none, plan: plan, buffers: buffers, now: 1)
    }

    /// Two messages and a Ping of a client, masked.
    private static let stream: [UInt8] = {
        var out = text("hello", masked: true)
        let empty: [UInt8] = []
        FrameEncoder.ping(empty.span, maskKey: mask, to: &out)
        out += text("relay", masked: true)
        return out
    }()

    @Test("is the same wherever it is cut", arguments: 0...stream.count)
    func cuts(at cut: Int) throws {
        let pieces = [Array(Self.stream[..<cut]), Array(Self.stream[cut...])].filter { !$0.isEmpty }
        let (client, upstream) = (ScriptedDuplex(pieces.map { .bytes($0) }), ScriptedDuplex())
        var traffic = Self.traffic(client, upstream, try Self.plan())
        while client.mayReceive { traffic.relay(now: 2) }
        #expect(upstream.sent == Self.stream && traffic.ended == nil)
        #expect(traffic.up.counts.messages == 2 && traffic.up.counts.frames == 3)
    }

    @Test("held to the rules it is the same wherever it is cut", arguments: 0...stream.count)
    func strictCuts(at cut: Int) throws {
        let pieces = [Array(Self.stream[..<cut]), Array(Self.stream[cut...])].filter { !$0.isEmpty }
        let (client, upstream) = (ScriptedDuplex(pieces.map { .bytes($0) }), ScriptedDuplex())
        var traffic = Self.traffic(client, upstream, try Self.plan("websocket_strict = true"))
        while client.mayReceive { traffic.relay(now: 2) }
        traffic.relay(now: 3)
        #expect(upstream.sent == Self.stream && traffic.ended == nil)
    }

    @Test("goes on where a blocked peer has stopped", arguments: 1...stream.count)
    func blocked(after count: Int) throws {
        let (client, upstream) = (ScriptedDuplex([.bytes(Self.stream)]), ScriptedDuplex())
        upstream.takes = count < Self.stream.count ? [count, 0] : [count]
        upstream.record = 10
        var traffic = Self.traffic(client, upstream, try Self.plan())
        traffic.relay(now: 2)
        #expect(upstream.sent == Array(Self.stream.prefix(count)))
        traffic.watch()
        #expect(upstream.watched.writing == (count < Self.stream.count))
        traffic.relay(now: 3)
        #expect(upstream.sent == Self.stream && traffic.stalledSince == .max)
    }

    @Test("sends first what came with the handshake")
    func unread() throws {
        let (client, upstream) = (ScriptedDuplex([.bytes(Self.text("b", masked: true))]), ScriptedDuplex())
        let early = Self.text("a", masked: true)
        var traffic = Self.traffic(client, upstream, try Self.plan(), unread: early)
        traffic.relay(now: 2)
        #expect(upstream.sent == early + Self.text("b", masked: true))
    }

    @Test("does not read a peer while the other takes nothing")
    func backPressure() throws {
        let (client, upstream) = (ScriptedDuplex([.bytes(Self.stream)]), ScriptedDuplex())
        upstream.takes = [0, 0]
        var traffic = Self.traffic(client, upstream, try Self.plan())
        traffic.relay(now: 2)
        client.arrive([.bytes(Self.stream)])
        traffic.relay(now: 3)
        #expect(client.mayReceive && traffic.stalledSince == 2)
    }

    @Test("puts a frame of the gateway's own between two frames, never into one", arguments: 0...stream.count)
    func closesAtBoundaries(cut: Int) throws {
        let (client, upstream) = (ScriptedDuplex(), ScriptedDuplex())
        if cut > 0 { client.arrive([.bytes(Array(Self.stream[..<cut]))]) }
        var traffic = Self.traffic(client, upstream, try Self.plan())
        traffic.relay(now: 2)
        traffic.close(.lifetime, .serviceRestart, nil, "", until: 100)
        if cut < Self.stream.count { client.arrive([.bytes(Array(Self.stream[cut...]))]) }
        for now in 3..<6 { traffic.relay(now: UInt64(now)) }
        var decoder = MessageDecoder(of: .client, maxMessageSize: 100)
        var events: [MessageDecoder.Event] = []
        try decoder.receive(upstream.sent.span, into: &events)
        guard case .close(let code, _)? = events.last else {
            Issue.record("no Close frame: \(events)")
            return
        }
        #expect(code == .serviceRestart)
    }

    enum Ending: CaseIterable {
        case clientCloses, upstreamCloses, clientEnds, upstreamEnds, clientBreaks, upstreamBreaks, clientTakesNothing
        case upstreamTakesNothing, cut
    }

    @Test("tells who ended it", arguments: Ending.allCases)
    func endings(_ ending: Ending) throws {
        let (client, upstream) = (ScriptedDuplex(), ScriptedDuplex())
        var traffic = Self.traffic(client, upstream, try Self.plan())
        traffic.relay(now: 2)
        switch ending {
        case .clientCloses:
            client.arrive([.bytes(Self.close(.normalClosure, masked: true))])
            traffic.relay(now: 3)
            upstream.arrive([.bytes(Self.close(.normalClosure)), .end])
        case .upstreamCloses:
            upstream.arrive([.bytes(Self.close(.goingAway))])
            traffic.relay(now: 3)
            client.arrive([.bytes(Self.close(.goingAway, masked: true))])
            traffic.relay(now: 4)
            upstream.arrive([.end])
        case .clientEnds: client.arrive([.end])
        case .upstreamEnds: upstream.arrive([.end])
        case .clientBreaks: client.arrive([.breaks])
        case .upstreamBreaks: upstream.arrive([.breaks])
        case .clientTakesNothing:
            client.breaksAtSend = true
            upstream.arrive([.bytes(Self.text("a"))])
        case .upstreamTakesNothing:
            upstream.breaksAtSend = true
            client.arrive([.bytes(Self.text("a", masked: true))])
        case .cut: traffic.cut(.cut, now: 5)
        }
        for now in 5..<9 { traffic.relay(now: UInt64(now)) }
        if ending == .clientEnds { #expect(traffic.ended == nil && upstream.hasShutDown) }
        if ending == .upstreamEnds { #expect(traffic.ended == nil && client.hasShutDown) }
        if ending == .clientEnds || ending == .upstreamEnds { traffic.end() }
        let ended = traffic.takeEnding()
        let said = try #require(ended)
        let expected: (TunnelEnding.Reason, CloseCode) =
            switch ending {
            case .clientCloses: (.clientClosed, .normalClosure)
            case .upstreamCloses: (.upstreamClosed, .goingAway)
            case .clientEnds: (.clientClosed, .abnormalClosure)
            case .upstreamEnds: (.upstreamClosed, .abnormalClosure)
            case .clientBreaks, .clientTakesNothing: (.clientBroke, .abnormalClosure)
            case .upstreamBreaks, .upstreamTakesNothing: (.upstreamBroke, .abnormalClosure)
            case .cut: (.cut, .abnormalClosure)
            }
        #expect(said.reason == expected.0 && said.closeCode == expected.1)
        // RFC 8446 §6.1: no orderly end towards the upstream when the client's bytes are not all there.
        #expect(upstream.isBroken == (ending == .clientBreaks || ending == .clientTakesNothing))
    }

    @Test("refuses a message over the limit before a byte of it passes", arguments: [10, 11])
    func messageSize(length: Int) throws {
        let (client, upstream) = (ScriptedDuplex(), ScriptedDuplex())
        var traffic = Self.traffic(client, upstream, try Self.plan("max_message_size = 10"))
        let frame = Self.text(String(repeating: "a", count: length), masked: true)
        client.arrive([.bytes(frame)])
        traffic.relay(now: 2)
        #expect((traffic.closing?.reason == .tooBig) == (length > 10))
        #expect(upstream.sent == (length > 10 ? [] : frame))
    }

    @Test("a message over the limit that breaks another rule ends with a Close frame, too, and what came before it passes")
    func messageSizeAndViolation() throws {
        let (client, upstream) = (ScriptedDuplex(), ScriptedDuplex())
        var traffic = Self.traffic(client, upstream, try Self.plan("max_message_size = 10"))
        // RFC 6455 §5.1 and §5.2: no mask, and a length of 2⁶³.
        let small = Self.text("a")
        let endless: [UInt8] = [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]
        client.arrive([.bytes(small + endless)])
        for now in 2..<6 { traffic.relay(now: UInt64(now)) }
        #expect(traffic.closing?.reason == .tooBig && traffic.ended == nil)
        // Masked, with four bytes of key between header and code.
        #expect(upstream.sent.starts(with: small) && upstream.sent.dropFirst(small.count).first == 0x88, "\(upstream.sent)")
        #expect(client.sent.first == 0x88 && client.sent.dropFirst(2).prefix(2) == [0x03, 0xF1], "\(client.sent)")
    }

    @Test("strict, it ends at a violation, and otherwise passes and counts it", arguments: [true, false])
    func violations(isStrict: Bool) throws {
        let (client, upstream) = (ScriptedDuplex(), ScriptedDuplex())
        var traffic = Self.traffic(client, upstream, try Self.plan("websocket_strict = \(isStrict)"))
        // RFC 6455 §5.1: a client's frames are masked.
        let unmasked = Self.text("a")
        client.arrive([.bytes(unmasked)])
        traffic.relay(now: 2)
        #expect((traffic.closing?.reason == .violation) == isStrict)
        #expect(upstream.sent == (isStrict ? [] : unmasked))
        if !isStrict { #expect(traffic.up.counts.violations == 1) }
    }
}
