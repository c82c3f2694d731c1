import Testing

@testable import Upstreams

/// How old a connection may be for a request that must not meet its close.
@Suite struct ClosingAgeTests {
    private static let second = Servers.second

    @Test("Of a server of which nothing is known little is assumed")
    func unknown() { #expect(ClosingAge(stated: nil).usable == Self.second) }

    @Test("What the configuration says is believed until a server closes sooner")
    func stated() {
        var age = ClosingAge(stated: 30 * Self.second)
        #expect(age.usable == 30 * Self.second)
        age.closed(at: 5 * Self.second)
        #expect(age.usable == 4 * Self.second)
    }

    @Test("The shortest of the ages seen counts, less a margin", arguments: [(2, 1), (5, 4), (75, 74)] as [(UInt64, UInt64)])
    func learned(closes: UInt64, usable: UInt64) {
        var age = ClosingAge(stated: nil)
        age.closed(at: closes * Self.second + 100)
        age.closed(at: closes * Self.second)
        age.closed(at: closes * Self.second + 1_000_000)
        #expect(age.usable == usable * Self.second)
        // That others live a little longer changes nothing.
        age.isOpen(at: closes * Self.second * 3 / 2)
        #expect(age.usable == usable * Self.second)
    }

    @Test("A server that lets connections live is seen to")
    func outlived() {
        var age = ClosingAge(stated: nil)
        age.isOpen(at: 20 * Self.second)
        #expect(age.usable == 19 * Self.second)
        age.closed(at: 10 * Self.second)
        #expect(age.usable == 9 * Self.second)
    }

    @Test("A restart, which closes connections of any age, is forgotten")
    func restarted() {
        var age = ClosingAge(stated: nil)
        age.closed(at: Self.second / 10)
        #expect(age.usable == Self.second / 20)
        age.isOpen(at: 10 * Self.second)
        #expect(age.usable == 9 * Self.second)
    }

    @Test("Only the last few count")
    func last() {
        var age = ClosingAge(stated: nil)
        age.closed(at: Self.second)
        for _ in 0..<8 { age.closed(at: 60 * Self.second) }
        #expect(age.usable == 59 * Self.second)
    }
}
