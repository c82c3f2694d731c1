import Testing

@testable import HTTP

@Suite struct AddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"), ("::1", "::1"),
        ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"), ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("::ffff:192.0.2.1", "192.0.2.1"),
    ])
    func `An address is read and written in the form of RFC 5952`(_ source: String, _ canonical: String) throws {
        let address = try #require(IPAddress(source))
        #expect(address.text == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "1..3.4", "a.b.c.d", ":", ":::", "1:2",
        "1:2:3:4:5:6:7:8:9",
        "1::2::3", "12345::", "g::", "::1%eth0", "[::1]", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "::1.2.3", "::1.2.3.4:5",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1:2:3:4:5:6:7:8::", "0x7f.0.0.1", "1.2.3.4\0",
    ])
    func `What is no address is none`(_ source: String) {
        #expect(IPAddress(source) == nil)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false), ("0.0.0.0/0", "1.2.3.4", true),
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1/32", "192.0.2.2", false), ("192.0.2.128/25", "192.0.2.127", false),
        ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::", false), ("::/0", "2001::", true),
        ("2001:db8::/65", "2001:db8::7fff:0:0:1", true), ("2001:db8::/65", "2001:db8::8000:0:0:1", false),
        ("::1/128", "::1", true), ("fe80::/64", "fe80:0:0:1::", false), ("::/0", "1.2.3.4", false),
        ("10.0.0.0/8", "::ffff:10.1.1.1", true),
    ])
    func `A block contains its addresses`(_ block: String, _ address: String, _ contains: Bool) throws {
        #expect(try #require(CIDR(block)).contains(try #require(IPAddress(address))) == contains)
    }

    @Test(
        arguments: [
            ([10, 1, 2, 3], 8, "10.0.0.0/8"), ([10, 1, 2, 3], 32, "10.1.2.3"), ([10, 1, 2, 3], 0, "0.0.0.0/0"),
            ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 9], 120, "192.0.2.0/24"),
            ([0x20, 1, 13, 184, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1], 65, "2001:db8::/65"),
            ([UInt8](repeating: 0, count: 16), 0, "::/0"),
        ] as [([UInt8], Int, String)])
    func `A block from bytes is the block of its text, and bits behind its length do not count`(
        _ bytes: [UInt8], _ length: Int, _ text: String
    ) {
        #expect(CIDR(bytes: bytes, prefixLength: length) == CIDR(text))
    }

    @Test func `Bytes that are no block are none`() {
        #expect(CIDR(bytes: [1, 2, 3], prefixLength: 8) == nil)
        #expect(CIDR(bytes: [1, 2, 3, 4], prefixLength: 33) == nil)
        #expect(CIDR(bytes: [UInt8](repeating: 0, count: 16), prefixLength: -1) == nil)
    }

    /// Few bits, so that blocks nest, touch and repeat.
    @Test(arguments: 0..<40)
    func `A set has the addresses that one of its blocks has, and no others`(_ seed: Int) throws {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        func draw(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let blocks = try (0..<draw(30)).map { _ in
            draw(2) == 0
                ? try #require(CIDR(bytes: [10, 0, 0, UInt8(draw(256))], prefixLength: 20 + draw(13)))
                : try #require(CIDR(bytes: [UInt8](repeating: 0, count: 15) + [UInt8(draw(256))], prefixLength: 118 + draw(11)))
        }
        let set = AddressSet(blocks)
        #expect(set.isEmpty == blocks.isEmpty)
        for low in 0..<300 {
            for address in [IPAddress(v4: 0x0A00_0000 | UInt32(low)), IPAddress(v6: 0, UInt64(low))] {
                #expect(set.contains(address) == blocks.contains { $0.contains(address) }, "\(address.text)")
            }
        }
        for text in ["0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"] {
            let address = try #require(IPAddress(text))
            #expect(set.contains(address) == blocks.contains { $0.contains(address) })
        }
    }

    @Test func `All addresses are a set`() throws {
        let all = AddressSet([try #require(CIDR("0.0.0.0/0")), try #require(CIDR("::/0"))])
        for text in ["0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "1.2.3.4"] {
            #expect(all.contains(try #require(IPAddress(text))))
        }
    }

    @Test func `A list in a file is a set of its lines`() throws {
        let text = "# of a country\r\n10.0.0.0/8\r\n\n \t192.0.2.7 ; why\n2001:db8::/32#\n;"
        let set = try AddressListText.set(of: bytes(text))
        for (text, isIn) in [
            ("10.9.9.9", true), ("192.0.2.7", true), ("192.0.2.8", false), ("2001:db8::1", true), ("2001:db9::1", false),
        ] {
            #expect(set.contains(try #require(IPAddress(text))) == isIn, "\(text)")
        }
        #expect(try AddressListText.set(of: bytes("\u{FEFF}# a list\n")).isEmpty)
        #expect(try AddressListText.set(of: []).isEmpty)
        let many = (0..<5000).map { "10.\($0 / 256).\($0 % 256).0/24" }.joined(separator: "\n")
        #expect(try AddressListText.set(of: bytes(many)).contains(try #require(IPAddress("10.19.135.1"))))
    }

    @Test(arguments: [("10.0.0.0/8\nexample.com\n", 2), ("10.0.0.1/8", 1), ("\n\ndeny 10.0.0.0/8;", 3), ("10.0.0.0/8 x", 1)])
    func `A line of a list that is no block is a fault with its number`(_ text: String, _ line: Int) {
        do throws(AddressListText.Fault) {
            _ = try AddressListText.set(of: bytes(text))
            Issue.record("\(text) is taken")
        } catch {
            #expect(error.line == line && error.reason.hasPrefix("is not an address or a block"), "\(error)")
        }
    }

    @Test(arguments: [
        "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/-1", "::/129", "2001:db8::1/64", "a/8", "/8",
        "10.0.0.0/8/8",
    ])
    func `What is no block is none`(_ source: String) {
        #expect(CIDR(source) == nil)
    }

    @Test(
        arguments: [
            ("Example.ORG", "Example.ORG", nil, false), ("a:1", "a", 1, false), ("a_b-c.d:65535", "a_b-c.d", 65535, false),
            ("[2001:DB8::1]:443", "2001:DB8::1", 443, true), ("[::1]", "::1", nil, true),
            ("192.0.2.1:80", "192.0.2.1", 80, false), ("[::ffff:192.0.2.1]:1", "::ffff:192.0.2.1", 1, true),
            ("[::ffff:c000:201]", "::ffff:c000:201", nil, true),
        ] as [(String, String, UInt16?, Bool)])
    func `An authority is host and port`(_ source: String, _ host: String, _ port: UInt16?, _ isIPv6: Bool) throws {
        let input = bytes("@" + source + "@")
        let parts = AuthorityParts(input.span, 1..<input.count - 1)
        let authority = try #require(parts)
        #expect(text(Array(input[authority.host])) == host && authority.port == port && authority.isIPv6 == isIPv6)
    }

    @Test(arguments: [
        ("", "10.0.0.1"), ("X-Forwarded-For: 1.1.1.1", "1.1.1.1"), ("X-Forwarded-For: 6.6.6.6, 1.1.1.1", "1.1.1.1"),
        ("X-Forwarded-For: 6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"),
        ("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 1.1.1.1, 10.0.0.2", "1.1.1.1"),
        ("X-Forwarded-For: 10.0.0.3, 10.0.0.2", "10.0.0.3"), ("X-Forwarded-For: 6.6.6.6, junk, 10.0.0.2", "10.0.0.2"),
        ("X-Forwarded-For: 1.1.1.1:4711", "1.1.1.1"), ("X-Forwarded-For: [2001:db8::1]:4711", "2001:db8::1"),
        ("X-Forwarded-For: 2001:db8::1", "2001:db8::1"),
        ("X-Forwarded-For: ", "10.0.0.1"),
        ("Forwarded: for=6.6.6.6, for=\"[2001:db8::1]:80\";proto=https, by=x;For=10.0.0.2", "2001:db8::1"),
        ("Forwarded: for=1.1.1.1, for=unknown", "10.0.0.1"), ("Forwarded: for=1.1.1.1, for=_hidden, for=10.0.0.2", "10.0.0.2"),
        ("Forwarded: for=\"1.1.1.1:_p-1.a\"", "1.1.1.1"), ("Forwarded: for=\"[2001:db8::1]:_p\"", "2001:db8::1"),
        ("Forwarded: for=\"1.1.1.1:_\"", "10.0.0.1"), ("Forwarded: for=\"[2001:db8::1]:_p:1\"", "10.0.0.1"),
        ("Forwarded: for=\"_hidden:_p\"", "10.0.0.1"), ("Forwarded: proto=https", "10.0.0.1"),
        ("Forwarded: for=6.6.6.6;x=\"a, for=2.2.2.2\"", "6.6.6.6"),
        ("Forwarded: for=\"", "10.0.0.1"),
        // What a client has begun may not hide what the proxy has appended.
        ("X-Forwarded-For: \", 1.1.1.1", "1.1.1.1"), ("X-Forwarded-For: \"a\\, 1.1.1.1, 10.0.0.2", "1.1.1.1"),
        ("Forwarded: for=\"x, for=1.1.1.1", "1.1.1.1"), ("Forwarded: for=\"x, for=\"[2001:db8::1]\"", "2001:db8::1"),
        ("Forwarded: for=\"[::ffff:1.1.1.1]:1\"", "1.1.1.1"), ("Forwarded: for=\"[::ffff:1.1.1.1]\"", "1.1.1.1"),
        ("X-Forwarded-For: [::ffff:1.1.1.1]:80", "1.1.1.1"), ("X-Forwarded-For: [1.1.1.1]", "10.0.0.1"),
        ("X-Forwarded-For: [2001:db8::1]x", "10.0.0.1"), ("X-Forwarded-For: [", "10.0.0.1"),
        ("X-Forwarded-For: 1.1.1.1\r\nForwarded: for=2.2.2.2", "1.1.1.1"),
    ])
    func `The client is the right-most address that is not trusted`(_ field: String, _ client: String) throws {
        let head = try request("GET / HTTP/1.1\r\nHost: a\r\n" + (field.isEmpty ? "" : field + "\r\n") + "\r\n")
        let trusted = [try #require(CIDR("10.0.0.0/8"))]
        let peer = try #require(IPAddress("10.0.0.1"))
        #expect(ForwardedChain.clientAddress(head.fields, peer: peer, trusted: trusted).text == client)
        let stranger = try #require(IPAddress("9.9.9.9"))
        #expect(ForwardedChain.clientAddress(head.fields, peer: stranger, trusted: trusted) == stranger)
    }
}
