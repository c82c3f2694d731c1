import Testing
import Transport

@testable import Upstreams

/// How long answers of name servers are believed.
@Suite struct NameRecordTests {
    private static let second = Servers.second
    private static let bounds = NameRecord.Bounds()
    private static let address = SocketAddress(family: .ipv4, bytes: [10, 0, 0, 1], port: 0)

    private static func answer(_ seconds: UInt64) -> Resolver.Answer {
        Resolver.Answer(addresses: [address], timeToLive: seconds)
    }

    @Test(
        "An answer is used for its TTL, within the bounds",
        arguments: [(0, 1), (1, 1), (2, 2), (299, 299), (300, 300), (301, 300), (4_294_967_295, 300), (.max, 300)]
            as [(UInt64, UInt64)])
    func lifetime(ttl: UInt64, used: UInt64) {
        var record = NameRecord()
        #expect(record.isDue(at: 0))
        record.answered(Self.answer(ttl), at: 7, Self.bounds)
        #expect(!record.isDue(at: 7 + used * Self.second - 1))
        #expect(record.isDue(at: 7 + used * Self.second))
    }

    @Test("A failure is believed for two seconds, and keeps the addresses that are known")
    func failure() {
        var record = NameRecord()
        record.failed("no such name", at: 0, Self.bounds)
        #expect(record.failure == "no such name" && record.addresses.isEmpty)
        #expect(!record.isDue(at: 2 * Self.second - 1) && record.isDue(at: 2 * Self.second))
        record.answered(Self.answer(5), at: 10, Self.bounds)
        #expect(record.failure == nil && record.addresses == [Self.address])
        record.failed("no answer", at: 20, Self.bounds)
        #expect(record.failure == "no answer" && record.addresses == [Self.address])
    }

    @Test("A name whose addresses take no connection is looked up again, but not at every failure")
    func expire() {
        var record = NameRecord()
        record.answered(Self.answer(100), at: 10, Self.bounds)
        record.expire(askedAt: 10, Self.bounds)
        #expect(!record.isDue(at: 10 + 2 * Self.second - 1) && record.isDue(at: 10 + 2 * Self.second))
        record.answered(Self.answer(1), at: 20, Self.bounds)
        record.expire(askedAt: 20, Self.bounds)
        #expect(record.isDue(at: 20 + Self.second))
    }
}
