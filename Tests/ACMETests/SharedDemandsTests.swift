import Testing

@testable import ACME

@Suite("What gateways tell each other of certificates on demand")
struct SharedDemandsTests {
    private let second: UInt64 = 1_000_000_000

    private func name(_ name: String, _ number: UInt64 = 0) -> SharedDemands.Name {
        SharedDemands.Name(key: "k", name: name, number: number)
    }

    @Test("orders, decisions and refusals are told for a minute; orders by the leader alone")
    func told() {
        var notes = DemandNotes(now: 0)
        notes.order("a.test", for: "k", now: 0)
        notes.decide("b.test", for: "k", isAllowed: false, now: 30 * second)
        notes.refuse("c.test", for: "k", reason: "why", now: 30 * second)
        let all = notes.shared(wishes: [name("w.test")], isLeader: true, now: 59 * second)
        #expect(all.wishes == [name("w.test")] && all.orders.map(\.name) == ["a.test"])
        #expect(all.decisions.map(\.name.name) == ["b.test"] && all.decisions[0].isAllowed == false)
        #expect(all.refusals.map(\.reason) == ["why"])
        #expect(notes.shared(wishes: [], isLeader: false, now: 59 * second).orders.isEmpty)
        let later = notes.shared(wishes: [], isLeader: true, now: 60 * second)
        #expect(later.orders.isEmpty && later.decisions.count == 1)
        #expect(notes.shared(wishes: [], isLeader: true, now: 90 * second).isEmpty)
    }

    @Test("the newest are told of more than there is room for, and all of it is within the limits")
    func bounded() {
        var notes = DemandNotes(now: 0)
        let label = String(repeating: "x", count: 60)
        for number in 0..<5000 {
            let name = "\(number).\(label).\(label).\(label).test"
            notes.order(name, for: "key", now: 0)
            notes.decide(name, for: "key", isAllowed: true, now: 0)
            notes.refuse(name, for: "key", reason: String(repeating: "é\u{7}\"", count: 500), now: 0)
        }
        let wishes = (0..<5000).map { name("\($0).test") }
        let shared = notes.shared(wishes: wishes, isLeader: true, now: 1)
        #expect(shared.isBounded && shared.wishes == Array(wishes.suffix(1000)))
        #expect(shared.orders.last?.name.hasPrefix("4999.") == true && (400...1000).contains(shared.orders.count))
        #expect(shared.refusals.allSatisfy { $0.reason.utf8.count <= 200 && !$0.reason.contains("\u{7}") })
        let bytes = (try? JSON.pretty(shared))?.count ?? .max
        #expect(bytes < 1024 * 1024, "\(bytes)")
    }

    @Test("what is told anew is new, and what stays is not")
    func since() {
        var before = SharedDemands()
        before.wishes = [name("a.test", 1), name("b.test", 2)]
        var now = before
        now.wishes = [name("b.test", 2), name("a.test", 3)]
        now.refusals = [SharedDemands.Refusal(name: name("c.test", 4), reason: "r")]
        let new = now.since(before)
        #expect(new.wishes == [name("a.test", 3)] && new.refusals == now.refusals)
        #expect(now.since(now).isEmpty && now.of("other").isEmpty && now.of("k") == now)
    }

    @Test("more than the limits is too much")
    func unbounded() {
        var long = SharedDemands()
        long.wishes = [name(String(repeating: "a", count: 254))]
        var many = SharedDemands()
        many.orders = (0...SharedDemands.maxEntries).map { name("n\($0)") }
        var wordy = SharedDemands()
        wordy.refusals = [SharedDemands.Refusal(name: name("a"), reason: String(repeating: "r", count: 201))]
        #expect(!long.isBounded && !many.isBounded && !wordy.isBounded)
    }
}
