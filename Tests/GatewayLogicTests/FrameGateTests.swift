import Testing
import WebSocket

@testable import Gateway

/// What of a server's bytes may pass, by the gate's own account of them.
@Suite("A tunnel's gate")
struct FrameGateTests {
    private static func gate(_ keys: String = "") throws -> FrameGate {
        let plan = try Plans.plan(Plans.pool([1], route: "websocket = true\n" + keys)).route().tunnel
        return FrameGate(of: .server, extensions: .none, plan: plan)
    }

    private static func read(_ bytes: [UInt8], at place: Int, _ gate: inout FrameGate) {
        gate.didRead(bytes.span, at: place)
    }

    private static let hello: [UInt8] = {
        var out: [UInt8] = []
        FrameEncoder.text("hello", to: &out)
        return out
    }()

    private static func close(_ code: CloseCode) -> [UInt8] {
        var out: [UInt8] = []
        FrameEncoder.close(code, to: &out)
        return out
    }

    @Test("lets all pass at once where nothing is refused, and knows where a frame ends")
    func open() throws {
        var gate = try Self.gate()
        Self.read(Array(Self.hello[..<3]), at: 0, &gate)
        #expect(gate.sendable(of: 3) == 3 && !gate.isBetweenFrames)
        gate.didSend(3)
        #expect(!gate.isAtBoundary)
        Self.read(Array(Self.hello[3...]), at: 0, &gate)
        #expect(gate.isBetweenFrames && !gate.isAtBoundary)
        gate.didSend(4)
        #expect(gate.isAtBoundary && gate.isOpen && gate.refused == nil)
    }

    @Test("holds a header back until it is whole, where frames may be refused")
    func header() throws {
        var gate = try Self.gate("max_message_size = 10")
        Self.read(Array(Self.hello[..<1]), at: 0, &gate)
        #expect(gate.sendable(of: 1) == 0)
        Self.read(Array(Self.hello[1...2]), at: 1, &gate)
        #expect(gate.sendable(of: 3) == 3)
    }

    @Test("lets nothing pass of what is refused, and a Close frame in its place")
    func refused() throws {
        var long: [UInt8] = []
        FrameEncoder.text("more than ten bytes", to: &long)
        var gate = try Self.gate("max_message_size = 10")
        Self.read(Self.hello + long, at: 0, &gate)
        #expect(gate.refused == .messageTooBig && gate.awaitsVerdict)
        #expect(gate.sendable(of: Self.hello.count + long.count) == Self.hello.count)
        gate.didSend(Self.hello.count)
        gate.close(.messageTooBig, reason: "", mask: nil)
        #expect(gate.isCloseDue && !gate.awaitsVerdict)
        let sent = gate.takeCloseFrame()
        #expect(sent == Self.close(.messageTooBig) && gate.isClosed)
    }

    @Test("has the gateway's Close frame wait for the end of a frame")
    func between() throws {
        var gate = try Self.gate()
        Self.read(Array(Self.hello[..<3]), at: 0, &gate)
        gate.didSend(3)
        gate.close(.goingAway, reason: "", mask: nil)
        #expect(!gate.isCloseDue && !gate.cannotClose)
        Self.read(Self.hello[3...] + Self.hello, at: 0, &gate)
        #expect(gate.sendable(of: 4 + Self.hello.count) == 4 + Self.hello.count)
        gate.didSend(4 + Self.hello.count)
        #expect(gate.isCloseDue)
        let sent = gate.takeCloseFrame()
        #expect(sent == Self.close(.goingAway))
    }

    @Test("offers what it has offered again, before a Close frame that was decided meanwhile")
    func owed() throws {
        var gate = try Self.gate()
        Self.read(Self.hello + Self.hello[..<2], at: 0, &gate)
        gate.wasBlocked(owed: Self.hello.count + 2)
        gate.close(.goingAway, reason: "", mask: nil)
        #expect(gate.sendable(of: Self.hello.count + 2) == Self.hello.count + 2)
    }

    @Test("needs no Close frame of its own behind the peer's")
    func closedByPeer() throws {
        var gate = try Self.gate()
        let bytes = Self.close(.normalClosure)
        Self.read(bytes, at: 0, &gate)
        #expect(gate.hasSeenClose && gate.sourceCode == .normalClosure)
        gate.didSend(bytes.count)
        gate.close(.goingAway, reason: "", mask: nil)
        #expect(gate.isOpen && !gate.isCloseDue)
    }
}
