import Testing

@testable import Protection

/// What waits for something scarce, of clients of which each may ask for as much as it likes.
@Suite("A queue that is shared fairly")
struct FairQueueTests {
    private static func drained(_ queue: FairQueue<String>) -> [String] {
        var rest = queue
        var all: [String] = []
        while let next = rest.next() { all.append(next) }
        return all
    }

    @Test("one client's are taken in their order, as many as there may be")
    func oneClient() {
        var queue = FairQueue<String>(limit: 3)
        var refused: [String] = []
        for element in ["a", "b", "c", "d"] {
            if let over = queue.add(element, of: 1) { refused.append(over) }
        }
        #expect(refused == ["d"])
        #expect(Self.drained(queue) == ["a", "b", "c"])
    }

    @Test("clients take turns, however many one has sent before")
    func turns() {
        var queue = FairQueue<String>(limit: 10)
        var refused: [String] = []
        for (element, client) in [("a1", 1), ("a2", 1), ("a3", 1), ("b1", 2), ("b2", 2), ("c1", 3)] as [(String, UInt64)] {
            if let over = queue.add(element, of: client) { refused.append(over) }
        }
        #expect(refused.isEmpty)
        #expect(Self.drained(queue) == ["a1", "b1", "c1", "a2", "b2", "a3"])
        // Who has waited is not overtaken again and again by those who come anew.
        let first = [queue.next(), queue.next(), queue.next()]
        #expect(first == ["a1", "b1", "c1"])
        let over = queue.add("d1", of: 4)
        #expect(over == nil)
        #expect(Self.drained(queue) == ["a2", "b2", "d1", "a3"])
    }

    @Test("when it is full, who has most loses the newest, and where all have as much the newcomer has no place")
    func full() {
        var queue = FairQueue<String>(limit: 4)
        var refused: [String] = []
        let coming: [(String, UInt64)] = [
            ("a1", 1), ("a2", 1), ("a3", 1), ("a4", 1), ("a5", 1), ("b1", 2), ("b2", 2), ("b3", 2), ("c1", 3), ("d1", 4),
            ("e1", 5),
        ]
        for (element, client) in coming {
            if let over = queue.add(element, of: client) { refused.append(over) }
        }
        #expect(refused == ["a5", "a4", "a3", "b3", "b2", "a2", "e1"])
        #expect(Self.drained(queue) == ["a1", "b1", "c1", "d1"])
    }

    @Test("an empty one gives nothing")
    func empty() {
        var queue = FairQueue<Int>(limit: 1)
        let nothing = queue.next()
        #expect(nothing == nil)
    }
}
