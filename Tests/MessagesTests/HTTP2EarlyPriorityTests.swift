import HTTP2
import Testing

@testable import Messages

@Suite("Priorities that come before their streams")
struct HTTP2EarlyPriorityTests {
    private static func urgency(_ urgency: Int) -> Priority {
        var priority = Priority()
        priority.urgency = urgency
        return priority
    }

    @Test("the latest of each stream is kept, of no more streams than the limit")
    func kept() {
        let priorities = HTTP2EarlyPriorities()
        let areKept = [
            priorities.keep(Self.urgency(1), of: 5, limit: 2), priorities.keep(Self.urgency(2), of: 7, limit: 2),
            priorities.keep(Self.urgency(3), of: 9, limit: 2), priorities.keep(Self.urgency(4), of: 7, limit: 2),
        ]
        #expect(areKept == [true, true, false, true])
        #expect(priorities.take(of: 5)?.urgency == 1)
        #expect(priorities.take(of: 7)?.urgency == 4)
        #expect(priorities.take(of: 9) == nil)
    }

    @Test("a stream that is opened takes its own, and those of lower numbers with it")
    func taken() {
        let priorities = HTTP2EarlyPriorities()
        for stream: UInt32 in [3, 5, 9] { _ = priorities.keep(Self.urgency(0), of: stream, limit: 3) }
        #expect(priorities.take(of: 7) == nil)
        let isKept = priorities.keep(Self.urgency(6), of: 11, limit: 2)
        #expect(isKept, "only that of stream 9 is left")
        #expect(priorities.take(of: 9)?.urgency == 0)
        #expect(priorities.take(of: 9) == nil)
        #expect(priorities.take(of: 11)?.urgency == 6)
    }
}
