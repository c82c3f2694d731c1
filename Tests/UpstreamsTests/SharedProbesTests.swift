import Synchronization
import Testing

@testable import Upstreams

@Suite("Probes that a fleet shares out")
struct SharedProbesTests {
    private static let minute: UInt64 = 60_000_000_000

    private static func keys(_ count: Int, from first: Int = 1) -> [ProbeSet.Key] {
        (first..<first + count).map { ProbeSet.Key(Servers.server("server\($0)"), of: "site app", Prober.Settings()) }
    }

    /// What members would say of a set that are all healthy.
    private static func words(_ set: ProbeSet, _ names: [String], unhealthy: [Int: String] = [:]) -> [String: SharedProbes.Word] {
        Dictionary(uniqueKeysWithValues: names.map { ($0, SharedProbes.Word(digest: set.digest, unhealthy: unhealthy)) })
    }

    private static func owners(_ set: ProbeSet, _ probes: SharedProbes, now: UInt64 = 0) -> [SharedProbes.Duty] {
        (0..<set.count).map { probes.duty($0, in: set, now: now) }
    }

    @Test("every server has one owner, whoever looks; who goes leaves the others theirs")
    func owners() {
        let set = ProbeSet(Self.keys(300))
        let names = ["a", "b", "c"]
        let all = names.map { name in
            let probes = SharedProbes()
            probes.adopt(set) { _ in }
            probes.use(Self.words(set, names), as: name, until: Self.minute)
            return Self.owners(set, probes)
        }
        for place in 0..<set.count { #expect(all.count { $0[place] == .own } == 1) }
        for duties in all { #expect((60...140).contains(duties.count { $0 == .own })) }
        let rest = SharedProbes()
        rest.adopt(set) { _ in }
        rest.use(Self.words(set, ["a", "c"]), as: "a", until: Self.minute)
        for (before, after) in zip(all[0], Self.owners(set, rest)) where before == .own { #expect(after == .own) }
    }

    @Test("equal servers in another order are the same set, others are another one")
    func digest() {
        let keys = Self.keys(5)
        #expect(ProbeSet(keys).digest == ProbeSet(keys.reversed() + keys).digest)
        #expect(ProbeSet(keys).digest != ProbeSet(Self.keys(6)).digest && ProbeSet([]).digest.isEmpty)
        var settings = Prober.Settings()
        settings.question = .tcp
        #expect(ProbeSet.Key(Servers.server("server1"), of: "site app", settings) != keys[0])
        #expect(ProbeSet.Key(Servers.server("server1"), of: "other app", Prober.Settings()) != keys[0])
        #expect(ProbeSet(Self.keys(ProbeSet.maxServers + 1)).count == 0)
    }

    @Test("each probes for himself: who is not heard, who has other servers, after the end, without a fleet")
    func alone() {
        let (set, other) = (ProbeSet(Self.keys(20)), ProbeSet(Self.keys(21)))
        let probes = SharedProbes()
        func isAlone(now: UInt64 = 0) -> Bool { Self.owners(set, probes, now: now).allSatisfy { $0 == .own } }
        probes.adopt(set) { _ in }
        #expect(isAlone() && probes.counts(now: 0) == (20, 0))
        probes.use(Self.words(set, ["b"]), as: "a", until: Self.minute)
        #expect(isAlone())
        probes.use(Self.words(other, ["b"]).merging(Self.words(set, ["a"])) { $1 }, as: "a", until: Self.minute)
        #expect(isAlone())
        probes.use(Self.words(set, ["a", "b"]), as: "a", until: Self.minute)
        #expect(!isAlone() && isAlone(now: Self.minute) && probes.counts(now: 0).others > 0)
        probes.standAlone()
        #expect(isAlone())
        probes.use(Self.words(set, ["a", "b"]), as: "a", until: Self.minute)
        #expect(!isAlone())
        probes.adopt(other) { _ in }
        #expect(isAlone() && Self.owners(other, probes).allSatisfy { $0 == .own })
    }

    @Test("only who probes a server is heard about it, and the prober is told of what has changed")
    func words() throws {
        let set = ProbeSet(Self.keys(20))
        let probes = SharedProbes()
        let told = Mutex<[Int]>([])
        probes.adopt(set) { places in told.withLock { $0 += places } }
        probes.use(Self.words(set, ["a", "b"]), as: "a", until: Self.minute)
        #expect(told.withLock { exchange(&$0, with: []) } == Array(0..<20))
        let duties = Self.owners(set, probes)
        let own = try #require(duties.firstIndex(of: .own))
        let others = try #require(duties.firstIndex { $0 != .own })
        let next = Self.words(set, ["a", "b"], unhealthy: [own: "x", others: "status 503", 99: "y", -1: "z"])
        probes.use(next, as: "a", until: Self.minute)
        #expect(told.withLock { exchange(&$0, with: []) } == [others])
        #expect(probes.duty(own, in: set, now: 0) == .own)
        let verdict = SharedProbes.Verdict(isHealthy: false, finding: "status 503", member: "b")
        #expect(probes.duty(others, in: set, now: 0) == .other(verdict, until: Self.minute))
        probes.use(next, as: "a", until: Self.minute)
        #expect(told.withLock { $0.isEmpty })
    }

    @Test("a member tells of its own servers alone, and is woken when one of them changes")
    func word() throws {
        let set = ProbeSet(Self.keys(20))
        let probes = SharedProbes()
        let wakes = Mutex(0)
        #expect(probes.word == nil)
        probes.adopt(set) { _ in }
        probes.onWordChange { wakes.withLock { $0 += 1 } }
        probes.use(Self.words(set, ["a", "b"]), as: "a", until: Self.minute)
        wakes.withLock { $0 = 0 }
        let duties = Self.owners(set, probes)
        let own = try #require(duties.firstIndex(of: .own))
        let others = try #require(duties.firstIndex { $0 != .own })
        for place in [own, others] { probes.note(place, in: set, isHealthy: false, finding: "refused") }
        probes.note(own, in: set, isHealthy: false, finding: "refused")
        #expect(wakes.withLock { $0 } == 1)
        #expect(probes.word == SharedProbes.Word(digest: set.digest, unhealthy: [own: "refused"]))
        probes.note(own, in: set, isHealthy: true, finding: "status 200")
        #expect(wakes.withLock { $0 } == 2 && probes.word?.unhealthy.isEmpty == true)
    }
}
