import Testing

@testable import Fleet

@Suite("When keys of session tickets follow one another")
struct TicketRotationTests {
    private static let second: UInt64 = 1_000_000_000

    @Test("not while they are held, and then soon, but not all members at once")
    func held() throws {
        let present = try #require(TicketKeyRing.made())
        var rotation = TicketRotation()
        let held = rotation.next(after: present, isHeld: true, now: 5 * Self.second, every: 7200)
        #expect(held == nil && rotation.due == nil)
        let first = rotation.next(after: present, isHeld: false, now: 5 * Self.second, every: 7200)
        let due = try #require(rotation.due)
        #expect(first == nil && (5 * Self.second..<7 * Self.second).contains(due))
        let made = rotation.next(after: present, isHeld: false, now: due, every: 7200)
        let next = try #require(made)
        #expect(next.number == present.number + 1 && rotation.due == nil)
    }

    @Test("what is due is not any more when another member was faster")
    func faster() throws {
        let present = try #require(TicketKeyRing.made())
        var rotation = TicketRotation()
        _ = rotation.next(after: present, isHeld: false, now: 0, every: 7200)
        let overtaken = rotation.next(after: present, isHeld: true, now: 9 * Self.second, every: 7200)
        #expect(overtaken == nil && rotation.due == nil)
    }
}
