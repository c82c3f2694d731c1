import Testing

@testable import Messages

@Suite("The numbers of HTTP/2's streams")
struct HTTP2StreamNumberTests {
    @Test("what is not above the last one has been opened, but for even numbers and none")
    func opened() {
        var numbers = HTTP2StreamNumbers()
        let isFirstOpen = numbers.hasOpened(1)
        #expect(!isFirstOpen)
        numbers.open(5)
        let opened = (0...8 as ClosedRange<UInt32>).filter { numbers.hasOpened($0) }
        #expect(opened == [1, 3, 5])
    }

    @Test("ours are odd from one, until there are no more")
    func own() {
        var numbers = HTTP2StreamNumbers()
        let first = (0..<4).map { _ in numbers.takeNext() }
        #expect(first == [1, 3, 5, 7])
        numbers.open(0x7FFF_FFFB)
        #expect(numbers.hasMore)
        #expect(numbers.takeNext() == 0x7FFF_FFFD)
        #expect(!numbers.hasMore)
    }

    @Test("of the streams that were reset the last 64 are remembered")
    func resets() {
        var resets = HTTP2RecentResets()
        for stream in stride(from: 1 as UInt32, through: 129, by: 2) { resets.add(stream) }
        let remembered = [resets.contains(1), resets.contains(3), resets.contains(129), resets.contains(131)]
        #expect(remembered == [false, true, true, false])
    }
}
