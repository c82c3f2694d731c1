import HTTP
import HTTP2
import Testing

@testable import Messages

@Suite("What our first SETTINGS say")
struct StreamLimitsTests {
    private static var limits: StreamLimits {
        var limits = StreamLimits(head: HeadLimits(), trailers: ChunkLimits())
        limits.maxStreams = 7
        return limits
    }

    private static func said(_ limits: StreamLimits, as role: HTTP2Connection.Role) -> [UInt16: UInt32] {
        var said: [UInt16: UInt32] = [:]
        for (identifier, value) in limits.settings(as: role) { said[identifier.rawValue] = value }
        return said
    }

    @Test("a server's: how much it takes, that RFC 7540's priorities mean nothing to it, and WebSockets where it offers them")
    func server() {
        var limits = Self.limits
        limits.enablesConnectProtocol = true
        #expect(Self.said(limits, as: .server) == [3: 7, 6: 16_384, 8: 1, 9: 1])
        limits.enablesConnectProtocol = false
        #expect(Self.said(limits, as: .server) == [3: 7, 6: 16_384, 9: 1])
    }

    @Test("a client's: that nothing may be pushed, and how much it takes of a head")
    func client() {
        #expect(Self.said(Self.limits, as: .client) == [2: 0, 6: 16_384])
    }
}
