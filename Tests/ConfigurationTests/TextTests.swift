import Testing

@testable import Configuration

@Suite struct TextTests {
    @Test(
        "Sizes count by 1024",
        arguments: [
            ("0", 0), ("12", 12), ("12B", 12), ("32KB", 32_768), ("32 kb", 32_768), ("1MiB", 1 << 20), ("2g", 2 << 30), ("", nil),
            ("KB", nil), ("1.5KB", nil), ("-1", nil), ("1TB", nil), ("9999999999999GB", nil), ("0x10", nil), ("1 K B", nil),
        ] as [(String, Int?)])
    func sizes(text: String, bytes: Int?) {
        #expect(Units.bytes(text) == bytes)
    }

    @Test(
        "Durations are seconds unless a unit says otherwise",
        arguments: [
            ("10", 10), ("1.5", 1.5), ("500ms", 0.5), ("2s", 2), ("3m", 180), ("1h", 3600), ("1d", 86_400), ("", nil), ("s", nil),
            (".5s", nil), ("5.s", nil), ("1.2.3", nil), ("inf", nil), ("1e3", nil), ("-1s", nil), ("1S", nil), ("10 weeks", nil),
        ] as [(String, Double?)])
    func durations(text: String, seconds: Double?) {
        #expect(Units.seconds(text) == seconds)
    }

    @Test(
        "IPv6 is read in every form of RFC 4291 and no other",
        arguments: [
            ("::", true), ("::1", true), ("1::", true), ("1:2:3:4:5:6:7:8", true), ("1:2:3:4:5:6:7::", true),
            ("::ffff:192.0.2.1", true), ("1:2:3:4:5:6:192.0.2.1", true), ("2001:DB8::a", true), ("", false), (":", false),
            (":::", false), ("1:2:3:4:5:6:7", false), ("1:2:3:4:5:6:7:8:9", false), ("1::2::3", false), ("12345::", false),
            ("1:2:3:4:5:6:7:8::", false), (":1::2", false), ("1:", false), ("fe80::1%eth0", false), ("::g", false),
            ("192.0.2.1::", false), ("::192.0.2", false), ("+1::", false), ("1:2:3:4:5:6:7:192.0.2.1", false),
        ])
    func ipv6(text: String, isAddress: Bool) {
        #expect((IPAddressText.ipv6(text) != nil) == isAddress)
    }

    @Test(
        "An IPv6 address has one form as a site's name, that of RFC 5952",
        arguments: [
            ("2001:DB8:0:0::0001", "[2001:db8::1]"), ("[2001:db8::0:1]", "[2001:db8::1]"), ("::", "[::]"), ("0::0:1", "[::1]"),
            ("1::", "[1::]"), ("1:0:0:2:0:0:0:3", "[1:0:0:2::3]"), ("1:0:0:2:3:0:0:4", "[1::2:3:0:0:4]"),
            ("1:0:2:3:4:5:6:7", "[1:0:2:3:4:5:6:7]"), ("1:2:3:4:5:6:7::", "[1:2:3:4:5:6:7:0]"), ("::ffff:C000:201", "192.0.2.1"),
        ])
    func siteAddress(text: String, name: String) {
        #expect(HostName.checkSiteName(text) == .success(name))
    }

    @Test func addressesAreInNetworkOrder() {
        #expect(IPAddressText.ipv4("192.0.2.10") == [192, 0, 2, 10])
        #expect(IPAddressText.ipv6("1:2::ffff:192.0.2.1") == [0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, 1])
    }

    @Test(
        "IPv4 is four plain decimal numbers",
        arguments: ["1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.", "1.2.3.+4", "a.b.c.d"])
    func notIPv4(text: String) {
        #expect(IPAddressText.ipv4(text) == nil)
    }

    @Test(
        "A block holds the addresses of its prefix, mapped ones too",
        arguments: [
            ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.1.0.0/15", "10.0.0.1", true),
            ("0.0.0.0/0", "203.0.113.9", true), ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true), ("10.0.0.0/8", "::10.1.1.1", false),
            ("2001:db8::/33", "2001:db8:7fff::1", true),
            ("2001:db8::/33", "2001:db8:8000::1", false), ("::/0", "2001:db8::1", true), ("::/0", "10.0.0.1", false),
        ])
    func blocks(block: String, address: String, isIn: Bool) throws {
        let bytes = try #require(IPAddressText.ipv4(address) ?? IPAddressText.ipv6(address))
        #expect(try #require(AddressBlock(block)).contains(bytes) == isIn)
    }

    @Test(
        "A text that is no block is none",
        arguments: [
            "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/+8", "::/129", "10.0.0.0/8/8", "[::1]", "10.0.0.0/ 8",
        ])
    func noBlocks(text: String) {
        #expect(AddressBlock(text) == nil)
    }

    @Test(
        "Upstream addresses",
        arguments: [
            ("http://127.0.0.1:3000", "http", "127.0.0.1", 3000, "", "127.0.0.1:3000"),
            ("HTTPS://Api.Example.com", "https", "api.example.com", 443, "", "api.example.com"),
            ("ws://[::1]:80/a/b/", "ws", "::1", 80, "/a/b", "[::1]"),
            ("wss://chat_1:8443/", "wss", "chat_1", 8443, "", "chat_1:8443"),
        ])
    func upstreams(text: String, scheme: String, host: String, port: Int, path: String, authority: String) throws {
        let url = try UpstreamURL(parsing: text)
        #expect(url.scheme.rawValue == scheme)
        #expect(url.hostText == host)
        #expect(url.port == port)
        #expect(url.basePath == path)
        #expect(url.authority == authority)
        #expect(url.scheme.isTLS == ["https", "wss"].contains(scheme))
    }

    @Test(
        "Texts that are no upstream's address",
        arguments: [
            "http:/a", "http://a:b", "http://a:99999", "http://1.2.3", "http://a b", "http://[::1]x", "http://[::1",
            "http://a\u{e9}", "http://a#b", "http://:80", "//a",
        ])
    func badUpstreams(text: String) {
        #expect(throws: UpstreamURL.Fault.self) { try UpstreamURL(parsing: text) }
    }

    @Test(
        "What is sent to this machine stays there; a name that looks so does not",
        arguments: [
            ("localhost", true), ("127.0.0.1", true), ("127.255.0.9", true), ("::1", true), ("0:0:0:0:0:0:0:1", true),
            ("127.example.com", false), ("127.1", false), ("128.0.0.1", false), ("::2", false), ("::", false), ("0.0.0.0", false),
        ])
    func loopback(host: String, isLoopback: Bool) {
        #expect(IPAddressText.isLoopback(host) == isLoopback)
    }

    @Test(
        "The nearest word is found, a far one is not",
        arguments: [
            ("app-servers", ["app-server-1", "app-server-2"], "app-server-1"), ("naem", ["name", "port"], "name"),
            ("PORT", ["name", "port"], "port"), ("xyz", ["name", "port"], nil), ("", ["name"], nil), ("a", [], nil),
        ] as [(String, [String], String?)])
    func didYouMean(word: String, words: [String], nearest: String?) {
        #expect(DidYouMean.nearest(to: word, among: words) == nearest)
    }
}
