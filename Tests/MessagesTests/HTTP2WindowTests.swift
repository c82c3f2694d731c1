import HTTP2
import Testing

@testable import Messages

@Suite("The windows of HTTP/2's flow control")
struct HTTP2WindowTests {
    private static let second: UInt64 = 1_000_000_000
    /// Bytes of the connection's window.
    private static let connection = FlowControl.initialWindow + HTTP2ConnectionReceiveWindow.firstCredit

    @Test("a connection's is credited as a whole when half of it is used")
    func connectionCredit() {
        var window = HTTP2ConnectionReceiveWindow()
        #expect(window.charge(Self.connection / 2 - 1) == 0)
        #expect(window.charge(1) == Self.connection / 2)
        // It is as large as before.
        #expect(window.charge(Self.connection) == Self.connection)
    }

    @Test("a byte more than a connection's window is refused")
    func connectionExcess() {
        var window = HTTP2ConnectionReceiveWindow()
        #expect(window.charge(Self.connection + 1) == nil)
    }

    @Test("streams' windows grow by no more together than the limit, and by more when one is closed")
    func growth() {
        var window = HTTP2ConnectionReceiveWindow()
        #expect(window.grant(growth: 60, limit: 100) == 60)
        #expect(window.grant(growth: 60, limit: 100) == 40)
        #expect(window.grant(growth: 60, limit: 100) == 0)
        window.giveBack(growth: 40)
        #expect(window.grant(growth: 60, limit: 100) == 40)
    }

    @Test("a stream's is credited when half of it has been taken, and holds what was sent and not taken against its peer")
    func streamCredit() {
        var window = HTTP2StreamReceiveWindow()
        window.open(1000, now: 0)
        let charged = [window.charge(1000), window.take(499), window.take(1)]
        #expect(charged == [true, false, true])
        #expect(window.credit(now: Self.second) == 500)
        let again = [window.charge(500), window.charge(1)]
        #expect(again == [true, false])
    }

    @Test("a stream's grows where it is used up within a round trip, and is credited for that, too")
    func streamGrowth() {
        var window = HTTP2StreamReceiveWindow()
        window.open(1000, now: Self.second)
        _ = window.charge(1000)
        _ = window.take(500)
        #expect(window.wantedGrowth(now: Self.second + 199_999_999) == 3000)
        #expect(window.wantedGrowth(now: Self.second + 200_000_000) == 0)
        window.grow(by: 2000)
        #expect(window.growth == 2000)
        #expect(window.credit(now: 2 * Self.second) == 2500)
        // Of three thousand bytes half is fifteen hundred.
        let taken = [window.take(1499), window.take(1)]
        #expect(taken == [false, true])
        #expect(window.wantedGrowth(now: 2 * Self.second) == 9000)
    }

    @Test("a stream's that is opened anew knows nothing of the last")
    func streamReuse() {
        var window = HTTP2StreamReceiveWindow()
        window.open(1000, now: 0)
        _ = window.charge(900)
        _ = window.take(900)
        window.grow(by: 3000)
        window.open(10, now: Self.second)
        #expect(window.growth == 0)
        let used = [window.charge(10), window.take(4), window.take(1), window.charge(1)]
        #expect(used == [true, false, true, false])
        #expect(window.credit(now: Self.second) == 5)
    }

    @Test("what a peer takes may fall below nothing, and never above 2^31 − 1")
    func sending() {
        var window = HTTP2SendWindow(100)
        window.spend(60)
        window.widen(-100)
        #expect(window.left == -60)
        #expect(!window.isOpen)
        window.widen(60)
        #expect(!window.isOpen)
        window.widen(1)
        #expect(window.isOpen)
        window.widen(0x7FFF_FFFE)
        #expect(!window.isTooLarge)
        window.widen(1)
        #expect(window.isTooLarge)
    }
}
