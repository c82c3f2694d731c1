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
            ("192.0.2.1:80", "192.0.2.1", 80, false),
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
        ("Forwarded: proto=https", "10.0.0.1"), ("Forwarded: for=6.6.6.6;x=\"a, for=2.2.2.2\"", "6.6.6.6"),
        ("Forwarded: for=\"", "10.0.0.1"),
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
