import HTTP2
import Testing

@Suite("The priority field")
struct PriorityTests {
    @Test(
        "RFC 9218 §4: what is known and in range holds, the rest is ignored",
        arguments: [
            ("", 3, false), ("u=0", 0, false), ("u=7", 7, false), ("i", 3, true), ("i=?1", 3, true), ("i=?0", 3, false),
            ("u=5, i", 5, true), ("i,u=2", 2, true), (" u=1 ,\ti ", 1, true), ("u=1;a=b, i;x", 1, true),
            // RFC 8941 §3.2: of the same key the last holds.
            ("u=1, u=6", 6, false), ("i, i=?0", 3, false),
            // Out of range, of another type, or of another name.
            ("u=8", 3, false), ("u=-1", 3, false), ("u=10", 3, false), ("u=1.0", 3, false), ("u", 3, false), ("U=1", 3, false),
            ("i=1", 3, false), ("i=?2", 3, false), ("x=1", 3, false), ("u=2, x=\"a\", i", 2, true), (",,,", 3, false),
            ("u=", 3, false), ("=1", 3, false), (";", 3, false),
        ])
    func values(value: String, urgency: Int, isIncremental: Bool) {
        let priority = Priority(bytes(value).span)
        #expect(priority.urgency == urgency && priority.isIncremental == isIncremental)
    }

    @Test("no value whatever is too short for it")
    func cut() {
        let value = bytes("u=5;a, i=?1 , u=7")
        for count in 0...value.count {
            let priority = Priority(Array(value[..<count]).span)
            #expect(priority.urgency == (count < 3 ? 3 : count < 17 ? 5 : 7), "\(count)")
            #expect(priority.isIncremental == [8, 11, 12, 13, 14, 15, 16, 17].contains(count), "\(count)")
        }
    }
}
