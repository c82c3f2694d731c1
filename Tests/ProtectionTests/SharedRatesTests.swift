import TestSupport
import Testing

@testable import Protection

@Suite("A rate limit that is shared")
struct SharedRatesTests {
    private static let second: UInt64 = 1_000_000_000
    private static let limit = RateLimit(requests: 60, per: 60 * second, burst: 2, block: 30 * second)

    private let rates = SharedRates()
    private let table = RateTable(clients: 1000)
    private let seeds = ClientSeeds()

    private func spendings() -> [Spending] {
        var all: [Spending] = []
        rates.takeAll { all.append($0) }
        return all
    }

    @Test("numbers clients by HMAC-SHA-256, for all who have the seeds")
    func seeding() throws {
        let digest = "0706050403020100" + "0f0e0d0c0b0a0908" + "1716151413121110" + "1f1e1d1c1b1a1919"
        let seeds = try #require(ClientSeeds(digest: digest))
        // printf TEXT | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102…1e1f, but 19 in the place of 18
        #expect(seeds.number(of: Array("client".utf8)) == 0x1611_b89a_2ecc_8041)
        #expect(seeds.number(of: []) == 0x41a2_cf05_edd7_b1aa)
        #expect(ClientSeeds(digest: "07") == nil && ClientSeeds(digest: String(repeating: "x", count: 64)) == nil)
        let other = try #require(ClientSeeds(digest: String(repeating: "1f", count: 32)))
        #expect(other == ClientSeeds(digest: String(repeating: "1f", count: 32)))
        #expect(other.number(of: 1, 2) != seeds.number(of: 1, 2) && ClientSeeds() != ClientSeeds())
    }

    @Test("makes a client's digest once, however often it comes, and one for each secret")
    func digests() {
        let shared = rates.limit("a /", Self.limit, table: table, seeds: seeds)
        let other = rates.limit("a /", Self.limit, table: table, seeds: ClientSeeds())
        let (bytes, others) = (Array("client".utf8), Array("another".utf8))
        var count = 0
        func number(_ limit: SharedLimit, _ local: UInt64, _ bytes: [UInt8]) -> UInt64 {
            limit.number(of: local) {
                count += 1
                return bytes
            }
        }
        for _ in 0..<3 {
            #expect(number(shared, 7, bytes) == seeds.number(of: bytes))
            #expect(number(shared, 8, others) == seeds.number(of: others))
        }
        #expect(count == 2)
        #expect(number(other, 7, bytes) == other.seeds.number(of: bytes) && count == 3)
        // More clients than are remembered have right numbers all the same.
        for client: UInt64 in 0..<10_000 {
            let bytes = Array("\(client)".utf8)
            #expect(number(shared, client &* 0x9e37_79b9_7f4a_7c15, bytes) == seeds.number(of: bytes))
        }
    }

    @Test("knows since when it is in touch, and when an answer came last")
    func contact() {
        #expect(rates.figures.contact == .none && rates.figures.lastAnswer == 0)
        rates.set(.made, at: 5)
        rates.set(members: 3, at: 6)
        rates.set(.made, at: 7)
        rates.countBatch(roundTrip: 1, at: 8)
        #expect(rates.figures.since == 5 && rates.figures.lastAnswer == 8 && rates.figures.members == 3)
        rates.set(.lost, at: 9)
        rates.set(.lost, at: 10)
        #expect(rates.figures.since == 9 && rates.figures.lastAnswer == 8 && rates.figures.failures == 2)
    }

    @Test("tells of whom it lets in and whom it blocks, and of nobody whom it refuses")
    func told() {
        let shared = rates.limit("a /", Self.limit, table: table, seeds: seeds)
        let ring = rates.ring()
        let start = 1000 * Self.second
        let verdicts = (0..<4).map { shared.admit(5, now: start + $0, telling: ring) }
        #expect(verdicts.map(\.isAdmitted) == [true, true, false, false])
        #expect(verdicts.map(\.beginsBlock) == [false, false, true, false])
        #expect(
            spendings() == [
                Spending(number: shared.number, isBlock: false, client: 5, time: start),
                Spending(number: shared.number, isBlock: false, client: 5, time: start + 1),
                Spending(number: shared.number, isBlock: true, client: 5, time: start + 2),
            ])
        #expect(spendings().isEmpty)
    }

    @Test("is had in parts, which together let in no more")
    func parts() {
        let whole = RateLimit(requests: 60, per: 60 * Self.second, burst: 10)
        #expect(whole.part(of: 3) == RateLimit(requests: 20, per: 60 * Self.second, burst: 3))
        #expect(whole.part(of: 100).burst == 1)
        #expect(RateLimit(requests: 1, per: 31_000_000 * Self.second, burst: 1).part(of: .max).interval < 1 << 62)
        let shared = rates.limit("b", whole, table: table, seeds: seeds)
        rates.set(.lost, parts: 5, at: 1)
        let ring = rates.ring()
        let verdicts = (0..<4).map { shared.admit(6, now: 1000 * Self.second + $0, telling: ring).isAdmitted }
        #expect(verdicts == [true, true, false, false])
    }

    @Test("has a client wait as long as others say, and never less than is known here")
    func raised() {
        let now = 1000 * Self.second
        table.raise(9, to: now + 40 * Self.second, now: now)
        #expect(table.due(of: 9) == now + 40 * Self.second)
        table.raise(9, to: now + 20 * Self.second, now: now)
        #expect(table.due(of: 9) == now + 40 * Self.second)
        table.raise(9, to: now + 50 * Self.second | 1, now: now)
        #expect(!table.admit(9, under: Self.limit, now: now).isAdmitted)
        // It is blocked, and not once more for asking.
        #expect(table.due(of: 9) == now + 50 * Self.second | 1)
        table.raise(10, to: now, now: now)
        #expect(table.due(of: 10) == 0, "who has nothing to wait for is not remembered")
    }

    @Test("wakes who shares it once, and not before its time")
    func woken() {
        let shared = rates.limit("c", RateLimit(requests: 60, per: Self.second, burst: 100), table: table, seeds: seeds)
        let ring = rates.ring()
        let waits = Guarded<[UInt64]>([])
        rates.whenWoken { wait in waits.withLock { $0.append(wait) } }
        let now = 1000 * Self.second
        _ = shared.admit(1, now: now, telling: ring)
        #expect(waits.withLock { $0 } == [])
        rates.fallAsleep(until: now + 5)
        for step: UInt64 in 0..<3 { _ = shared.admit(1, now: now + step, telling: ring) }
        rates.fallAsleep(until: now)
        _ = shared.admit(1, now: now + 9, telling: ring)
        rates.fallAsleep(until: now)
        rates.stayAwake()
        _ = shared.admit(1, now: now + 9, telling: ring)
        #expect(waits.withLock { $0 } == [5, 0])
    }

    /// Takes so many of a ring, and says whether they came in their order, whole.
    private static func take(_ count: UInt64, from ring: SpendingRing) async -> Bool {
        var (last, isRight) = (UInt64(0), true)
        while last < count {
            ring.takeAll { spending in
                isRight = isRight && spending.client == last + 1 && spending.time == spending.client
                last = spending.client
            }
            await Task.yield()
        }
        return isRight
    }

    @Test("loses nothing between two threads, and counts what a full ring has no room for")
    func ring() async {
        let ring = SpendingRing()
        let count: UInt64 = 200_000
        let reader = Task.detached { await Self.take(count, from: ring) }
        var number: UInt64 = 1
        while number <= count {
            let missing = ring.missing
            ring.put(Spending(number: 1, isBlock: false, client: number, time: number))
            if ring.missing == missing { number += 1 } else { await Task.yield() }
        }
        #expect(await reader.value)
        let missing = ring.missing
        for _ in 0...SpendingRing.capacity { ring.put(Spending(number: 1, isBlock: true, client: 1, time: 1)) }
        #expect(ring.missing == missing + 1)
    }

    @Test("is forgotten when no plan has it any more")
    func forgotten() {
        var shared: SharedLimit? = rates.limit("d", Self.limit, table: table, seeds: seeds)
        let number = shared?.number ?? 0
        rates.forgetUnused()
        #expect(rates.limit(numbered: number) != nil)
        shared = nil
        rates.forgetUnused()
        #expect(rates.limit(numbered: number) == nil)
    }
}
