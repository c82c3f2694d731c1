import Protection
import Testing

@testable import Fleet

@Suite("What Redis is to be told")
struct PendingSpendingsTests {
    private func spending(_ client: UInt64, _ time: UInt64, number: UInt32 = 1, isBlock: Bool = false) -> Spending {
        Spending(number: number, isBlock: isBlock, client: client, time: time)
    }

    private func add(_ spending: Spending, to pending: inout PendingSpendings, isRoom: Bool = true) {
        let isAdded = pending.add(spending)
        #expect(isAdded == isRoom)
    }

    @Test("is added up by client and limit, with the time of the first")
    func added() {
        var pending = PendingSpendings()
        // Those whose numbers meet in one slot are told apart.
        let far = UInt64(2 * PendingSpendings.maxEntries)
        for (client, time) in [(7, 10), (7 + far, 11), (7, 12), (7 + 2 * far, 13)] as [(UInt64, UInt64)] {
            add(spending(client, time), to: &pending)
        }
        add(spending(7, 14, number: 2), to: &pending)
        add(spending(7, 15, isBlock: true), to: &pending)
        #expect(
            pending.count(1, 7) == 2 && pending.count(1, 7 + far) == 1 && pending.count(2, 7) == 1 && pending.count(3, 7) == 0)
        let taken = pending.take()
        #expect(
            taken == [
                .init(number: 1, client: 7, count: 2, first: 10, blocked: 15),
                .init(number: 1, client: 7 + far, count: 1, first: 11),
                .init(number: 1, client: 7 + 2 * far, count: 1, first: 13),
                .init(number: 2, client: 7, count: 1, first: 14),
            ])
        #expect(pending.isEmpty && pending.count(1, 7) == 0 && pending.count(1, 7 + far) == 0)
    }

    @Test("has a bound, and beyond it only those who are there are counted")
    func bounded() {
        var pending = PendingSpendings()
        for client in 1...UInt64(PendingSpendings.maxEntries) { add(spending(client, 1), to: &pending) }
        add(spending(UInt64(PendingSpendings.maxEntries) + 1, 2), to: &pending, isRoom: false)
        add(spending(1, 3), to: &pending)
        let taken = pending.take()
        #expect(taken.count == PendingSpendings.maxEntries && taken.first?.count == 2)
        add(spending(9_999_999, 4), to: &pending)
    }

    @Test("Redis's clock is reckoned by the quickest question")
    func clock() {
        var clock = RedisClock()
        let second: UInt64 = 1_000_000_000
        clock.note(5_000_000, sent: 10 * second, received: 10 * second + 4_000_000)
        #expect(clock.micros(at: 10 * second + 2_000_000) == 5_000_000 && clock.micros(at: 9 * second + 2_000_000) == 4_000_000)
        // A slower one that agrees as far as it can tell changes nothing; a quicker one does.
        clock.note(6_001_000, sent: 11 * second, received: 11 * second + 8_000_000)
        #expect(clock.micros(at: 12 * second + 2_000_000) == 7_000_000)
        clock.note(7_000_500, sent: 12 * second + 1_900_000, received: 12 * second + 2_100_000)
        #expect(clock.micros(at: 12 * second + 2_000_000) == 7_000_500)
        // One that cannot be true by what was known is a clock that was changed.
        clock.note(1_000_000, sent: 13 * second, received: 13 * second + 8_000_000)
        #expect(clock.micros(at: 13 * second + 4_000_000) == 1_000_000)
    }
}
