import HTTP
import Testing
import Transport

@testable import Upstreams

@Suite struct HashAndCookieTests {
    @Test(
        "A signature is HMAC-SHA-256's first half",
        arguments: [
            // RFC 4231 §4.2, §4.3, §4.4, §4.7.
            (Array(repeating: UInt8(0x0b), count: 20), Array("Hi There".utf8), "b0344c61d8db38535ca8afceaf0bf12b"),
            (Array("Jefe".utf8), Array("what do ya want for nothing?".utf8), "5bdcc146bf60754e6a042426089575c7"),
            (Array(repeating: 0xaa, count: 20), Array(repeating: 0xdd, count: 50), "773ea91e36800e46854db8ebd09181a7"),
            (
                Array(repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "60e431591ee0b67f0d8a26aacbf5b77f"
            ),
            // Python 3.11: hmac.digest(b"", b"", "sha256").
            ([], [], "b613679a0814d9ec772f95d778c35fc5"),
        ])
    func vectors(key: [UInt8], message: [UInt8], digits: String) throws {
        let signature = try #require(Signature.of(message, key: key))
        #expect(signature.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == digits)
    }

    @Test("Signatures made on many threads at once are right")
    func onManyThreads() async {
        await withTaskGroup(of: [UInt8]?.self) { tasks in
            for _ in 0..<8 {
                tasks.addTask {
                    var last: [UInt8]?
                    for _ in 0..<200 { last = Signature.of(Array("a".utf8), key: Array("k".utf8)) }
                    return last
                }
            }
            let expected = Signature.of(Array("a".utf8), key: Array("k".utf8))
            #expect(expected != nil)
            for await one in tasks { #expect(one == expected) }
        }
    }

    @Test("The hash that places keys and servers is the same everywhere, for ever")
    func stableHash() {
        var hash = StableHash()
        #expect(hash.value == StableHash.fmix64(0xCBF2_9CE4_8422_2325))
        hash.combine("foobar".utf8)
        // FNV-1a's published value for "foobar".
        #expect(hash.value == StableHash.fmix64(0x8594_4171_F739_67E8))
        #expect(HashSource.key("foobar".utf8) == hash.value)
        #expect(HashSource.key(Array("xfoobarx".utf8), 1..<7) == hash.value)
    }

    private let cookie = StickyCookie(name: "stuck", group: "pool", secret: "s")

    private func fields(_ lines: String...) -> FieldSection {
        var section = FieldSection()
        for line in lines { section.append(name: Array("Cookie".utf8).span, value: Array(line.utf8).span) }
        return section
    }

    private func text(_ server: UInt64) -> String { String(decoding: cookie.value(of: server) ?? [], as: UTF8.self) }

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

    @Test("A cookie is a server's identity and its signature in hexadecimal digits, the same on every gateway with the secret")
    func value() throws {
        // Python 3.11: hmac.digest(b"s", (77).to_bytes(8) + b"pool", "sha256").hex()[:32].
        #expect(text(77) == "000000000000004d" + "413cd58e445a7887fe2f1b9a86988195")
        #expect(text(.max).count == 48)
        #expect(StickyCookie.name("stuck", pool: "app") != StickyCookie.name("stuck", pool: "api"))
        #expect(StickyCookie.name("stuck", pool: "app").count == "stuck_".count + 8)
        // One signed by an older version, with SipHash, names nobody.
        #expect(cookie.server(in: fields("stuck=000000000000004d0123456789abcdef0123456789abcdef")) == nil)
    }

    @Test("The cookie's attributes keep it from scripts, from other sites, and from plain text")
    func attributes() {
        let plain = String(decoding: cookie.field(for: 1, isSecure: false) ?? [], as: UTF8.self)
        #expect(plain == "stuck=\(text(1)); Path=/; HttpOnly; SameSite=Lax")
        #expect(String(decoding: cookie.field(for: 1, isSecure: true) ?? [], as: UTF8.self) == plain + "; Secure")
    }

    /// RFC 6265bis §5.7: browsers refuse `SameSite=None` without `Secure`.
    @Test(
        "The cookie goes with requests of other sites' pages as far as it is said, and then over TLS alone",
        arguments: [(.lax, "Lax"), (.strict, "Strict"), (.unrestricted, "None; Secure")] as [(StickyCookie.SameSite, String)])
    func sameSite(word: StickyCookie.SameSite, said: String) {
        let cookie = StickyCookie(name: "stuck", group: "pool", secret: "s", sameSite: word)
        let plain = String(decoding: cookie.field(for: 1, isSecure: false) ?? [], as: UTF8.self)
        #expect(plain == "stuck=\(text(1)); Path=/; HttpOnly; SameSite=\(said)")
        let secure = String(decoding: cookie.field(for: 1, isSecure: true) ?? [], as: UTF8.self)
        #expect(secure == (word == .unrestricted ? plain : plain + "; Secure"))
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
