import HTTP
import Testing
import Transport

@testable import Upstreams

@Suite struct HashAndCookieTests {
    @Test("SipHash-2-4 gives its authors' vectors")
    func vectors() {
        let key: (UInt64, UInt64) = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
        var short = SipHash(key: key)
        for byte in UInt8(0)..<15 { short.combine(byte) }
        #expect(short.finish() == 0xa129_ca61_49be_45e5)
        #expect(SipHash(key: key).finish() == 0x726f_db47_dd0e_0e31)
        // The first of vectors_siphash128: a3 81 7f 04 ba 25 a8 e6 6d f6 72 14 c7 55 02 93.
        let wide = SipHash(key: key, wide: true).finish128()
        #expect(wide.0 == 0xe6a8_25ba_047f_81a3)
        #expect(wide.1 == 0x9302_55c7_1472_f66d)
    }

    private let cookie = StickyCookie(name: "stuck", group: "pool", secret: "s")

    private func fields(_ lines: String...) -> FieldSection {
        var section = FieldSection()
        for line in lines { section.append(name: Array("Cookie".utf8).span, value: Array(line.utf8).span) }
        return section
    }

    private func text(_ server: UInt64) -> String { String(decoding: cookie.value(of: server), as: UTF8.self) }

    @Test("A cookie names its server, wherever it stands", arguments: ["stuck=%", "a=b; stuck=%; c=d", "xstuck=1; stuck=%"])
    func found(line: String) {
        let line = line.replacing("%", with: text(77))
        #expect(cookie.server(in: fields(line)) == 77)
        #expect(cookie.server(in: fields("other=1", line)) == 77)
    }

    @Test("A cookie that is not ours names nobody")
    func forged() {
        let value = text(77)
        var altered = Array(value.utf8)
        for index in altered.indices {
            altered[index] ^= 1
            #expect(cookie.server(in: fields("stuck=" + String(decoding: altered, as: UTF8.self))) == nil)
            altered[index] ^= 1
        }
        for other in ["stuck=", "stuck", "stuck=\(value)0", "stuck=\(value.dropLast())", "Stuck=\(value)"] {
            #expect(cookie.server(in: fields(other)) == nil)
        }
        #expect(StickyCookie(name: "stuck", group: "pool", secret: "t").server(in: fields("stuck=\(value)")) == nil)
        #expect(StickyCookie(name: "stuck", group: "loop", secret: "s").server(in: fields("stuck=\(value)")) == nil)
        #expect(StickyCookie(name: "stuck", group: "pool", secret: nil).server(in: fields("stuck=\(value)")) == nil)
        #expect(cookie.server(in: FieldSection()) == nil)
    }

    @Test("The cookie's attributes keep it from scripts, from other sites, and from plain text")
    func attributes() {
        let plain = String(decoding: cookie.field(for: 1, isSecure: false), as: UTF8.self)
        #expect(plain == "stuck=\(text(1)); Path=/; HttpOnly; SameSite=Lax")
        #expect(String(decoding: cookie.field(for: 1, isSecure: true), as: UTF8.self) == plain + "; Secure")
    }

    @Test("An identity's hash depends on each part of it")
    func identities() {
        let identity = UpstreamServer.Identity(isTLS: false, host: "a", port: 80, basePath: "")
        var others = Array(repeating: identity, count: 4)
        others[0].isTLS = true
        others[1].host = "b"
        others[2].port = 81
        others[3].basePath = "/a"
        #expect(Set(others.map(\.hash) + [identity.hash]).count == 5)
    }

    @Test(
        "Keep-Alive's timeout is believed, less a margin",
        arguments: [
            ("timeout=5", UInt64(5)), ("Timeout=75", 75), ("timeout=", nil), ("max=5", nil), ("timeout=x", nil),
            ("timeout=-1", nil),
        ])
    func keepAlive(text: String, seconds: UInt64?) {
        #expect(KeepAlive.timeout(Array(text.utf8).span, 0..<text.utf8.count) == seconds)
        #expect(KeepAlive.usable(5) == 4_000_000_000)
        #expect(KeepAlive.usable(1) == 500_000_000)
        #expect(KeepAlive.usable(0) == 0)
    }

    @Test("Addresses take turns by family, beginning with the resolver's first")
    func interleaving() {
        func address(_ text: String) -> SocketAddress {
            SocketAddress(literal: text, port: 1) ?? SocketAddress(family: .unix, bytes: [], port: 0)
        }
        let addresses = ["::1", "::2", "127.0.0.1", "127.0.0.2", "127.0.0.3"].map(address)
        #expect(
            AddressOrder.interleaved(addresses) == ["::1", "127.0.0.1", "::2", "127.0.0.2", "127.0.0.3"].map(address))
        #expect(AddressOrder.interleaved([]).isEmpty)
        // Each has its turn as the first, also one that is alone in its family, and then the other family has one.
        for some in [addresses, Array(addresses[1...]), Array(addresses[2...]), Array(addresses[..<1])] {
            let orders = (0..<some.count).map { AddressOrder.interleaved(some, turn: $0) }
            #expect(Set(orders.compactMap(\.first)) == Set(some))
            for order in orders {
                #expect(Set(order) == Set(some) && order.count == some.count)
                #expect(Set(some.map(\.family)).count == 1 || order[0].family != order[1].family)
            }
        }
    }
}
