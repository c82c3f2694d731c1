import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Protection

/// What many clients have used, over several workers.
@Suite("A table of clients", .serialized)
struct RateTableTests {
    private static let second: UInt64 = 1_000_000_000
    private static let limit = RateLimit(requests: 60, per: 60 * second, burst: 10)

    @Test("decides of each client as if it were the only one", arguments: [1000, 100_000])
    func independence(clients: Int) {
        let table = RateTable(clients: clients)
        var numbers = Numbers(seed: 1)
        var dues: [UInt64: UInt64] = [:]
        // Few enough that nobody need be forgotten.
        let keys = (0..<clients / 2).map { _ in numbers.next() }
        var (now, others) = (100 * Self.second, 0)
        for _ in 0..<40_000 {
            now += numbers.next(below: Self.second / 100)
            let key = keys[Int(numbers.next(below: UInt64(keys.count)))]
            let (next, verdict) = Self.limit.decide(due: dues[key] ?? 0, now: now)
            if let next { dues[key] = next }
            if table.admit(key, under: Self.limit, now: now) != verdict { others += 1 }
        }
        #expect(others == 0)
    }

    @Test("admits exactly what the limit allows, however many workers ask at once")
    func exactness() async {
        let table = RateTable(clients: 1000)
        let keys: [UInt64] = (1...50).map { $0 &* 0x9E37_79B9_7F4A_7C15 }
        let admitted = (0..<keys.count).map { _ in Count() }
        for round in 0..<20 {
            // All workers in one instant: the burst, then whatever has come back.
            let now = 1000 * Self.second + UInt64(round) * 3 * Self.second
            await Self.atOnce(8) { worker in
                for step in 0..<keys.count * 20 {
                    let index = (step + worker * 7) % keys.count
                    if table.admit(keys[index], under: Self.limit, now: now).isAdmitted { admitted[index].add() }
                }
            }
            for count in admitted { #expect(count.value == 10 + round * 3) }
        }
    }

    @Test("stays exact while places pass from client to client")
    func reuse() async {
        // A small table, and in each round other clients than in the last: all places are given away again and again.
        let table = RateTable(clients: 1000)
        let limit = RateLimit(requests: 60, per: 60 * Self.second, burst: 2)
        for round in 0..<60 {
            let now = 1000 * Self.second + UInt64(round) * 10 * Self.second
            let keys = (0..<500).map { _ in UInt64.random(in: 1...UInt64.max) }
            let admitted = (0..<keys.count).map { _ in Count() }
            await Self.atOnce(4) { worker in
                for step in 0..<keys.count * 4 {
                    let index = (step + worker * 131) % keys.count
                    if table.admit(keys[index], under: limit, now: now).isAdmitted { admitted[index].add() }
                }
            }
            #expect(admitted.allSatisfy { $0.value == 2 }, "round \(round)")
        }
    }

    @Test(
        "remembers a million clients in 64 MiB, and few clients in little",
        .disabled(if: Place.isSanitized, "a sanitizer's memory counts, too"))
    func memory() async {
        // The memory is that of the whole process.
        await #expect(processExitsWith: .exitCode(0)) {
            let before = RateTableTests.residentBytes
            let table = RateTable(clients: 1_000_000)
            var numbers = Numbers(seed: 3)
            let now = 1000 * RateTableTests.second
            for _ in 0..<1000 { _ = table.admit(numbers.next(), under: RateTableTests.limit, now: now) }
            let few = RateTableTests.residentBytes - before
            for _ in 1000..<1_000_000 { _ = table.admit(numbers.next(), under: RateTableTests.limit, now: now) }
            let taken = RateTableTests.residentBytes - before
            #expect(few < 4 << 20)
            #expect(taken <= 64 << 20)
            // None of those that are asked for is forgotten: each has one request less than a stranger.
            numbers = Numbers(seed: 3)
            var forgotten = 0
            for turn in 0..<1_000_000 {
                let key = numbers.next()
                if turn % 8 == 0, table.admit(key, under: RateTableTests.limit, now: now).remaining != 8 { forgotten += 1 }
            }
            #expect(forgotten == 0)
        }
    }

    @Test(
        "keeps those who have used most when more come than it can hold, and no more memory",
        .disabled(if: Place.isSanitized, "a sanitizer's memory counts, too"))
    func flood() async {
        // The memory is that of the whole process.
        await #expect(processExitsWith: .exitCode(0)) {
            let table = RateTable(clients: 1000)
            let now = 1000 * RateTableTests.second
            let greedy: UInt64 = 0xDEAD_BEEF_0123_4567
            while table.admit(greedy, under: RateTableTests.limit, now: now).isAdmitted {}
            let before = RateTableTests.residentBytes
            var numbers = Numbers(seed: 4)
            for _ in 0..<300_000 { _ = table.admit(numbers.next(), under: RateTableTests.limit, now: now) }
            #expect(!table.admit(greedy, under: RateTableTests.limit, now: now).isAdmitted)
            #expect(RateTableTests.residentBytes - before < 4 << 20)
        }
    }

    @Test("takes back what was counted for a request, once, and no block")
    func forgiveness() {
        let table = RateTable(clients: 1000)
        let now = 1000 * Self.second
        for _ in 0..<50 {
            #expect(table.admit(5, under: Self.limit, now: now).remaining == 9)
            table.forgive(5, under: Self.limit)
        }
        while table.admit(5, under: Self.limit, now: now).isAdmitted {}
        table.forgive(5, under: Self.limit)
        #expect(table.admit(5, under: Self.limit, now: now).isAdmitted)
        #expect(!table.admit(5, under: Self.limit, now: now).isAdmitted)
        table.forgive(77, under: Self.limit)
        let strict = RateLimit(requests: 60, per: 60 * Self.second, burst: 1, block: 60 * Self.second)
        for _ in 0..<3 { _ = table.admit(6, under: strict, now: now) }
        for _ in 0..<99 { table.forgive(6, under: strict) }
        #expect(!table.admit(6, under: strict, now: now).isAdmitted)
    }

    // MARK: -

    private final class Count: Sendable {
        private let number = Atomic(0)
        func add() { number.wrappingAdd(1, ordering: .relaxed) }
        var value: Int { number.load(ordering: .relaxed) }
    }

    private static func atOnce(_ workers: Int, _ body: @escaping @Sendable (Int) -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<workers { group.addTask { body(worker) } }
        }
    }

    private static var residentBytes: Int {
        let statm = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (Int(statm.split(separator: " ").dropFirst().first ?? "") ?? 0) * 4096
    }
}
