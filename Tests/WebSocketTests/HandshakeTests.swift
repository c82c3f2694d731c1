import Testing

@testable import WebSocket

struct HandshakeTests {
    /// RFC 6455 §1.3
    static let key = utf8("dGhlIHNhbXBsZSBub25jZQ==")
    static let good = Handshake.Request(
        isGet: true, isHTTP11OrLater: true, asksForUpgrade: true, version: utf8("13"), key: key)

    @Test func `the accept value is that of RFC 6455 section 1_3`() throws {
        let made = Handshake.acceptKey(for: Self.key.span)
        let accept = try #require(made)
        #expect(accept == utf8("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        #expect(isValid(accept: accept))
        #expect(!isValid(accept: utf8("s3pPLMBiTxaQ9kYGzzhZRbK+xOO=")))
        #expect(!isValid(accept: Array(accept.dropLast())))
        #expect(!isValid(accept: []))
    }

    @Test(arguments: [
        ("dGhlIHNhbXBsZSBub25jZQ==", true), ("AAAAAAAAAAAAAAAAAAAAAA==", true), ("+/+/+/+/+/+/+/+/+/+/+w==", true), ("", false),
        ("dGhlIHNhbXBsZSBub25jZQ", false), ("dGhlIHNhbXBsZSBub25jZQ=", false), ("dGhlIHNhbXBsZSBub25jZQAA", false),
        ("dGhlIHNhbXBsZSBub25jZQA=", false), ("dGhlIHNhbXBsZSBub25j", false), ("dGhlIHNhbXBsZSBub25jZQ==AAAA", false),
        ("dGhlIHNhbXBsZSBub25-ZQ==", false), ("dGhlIHNhbXBsZSBub25 ZQ==", false), ("dGhlIHNhbXBsZSBub2=jZQ==", false),
    ])
    func `a key is 16 bytes in Base64`(_ key: String, _ isValid: Bool) {
        let verdict = Handshake.isValidKey(utf8(key).span)
        #expect(verdict == isValid)
    }

    @Test func `a request is refused with the status of its fault, the first fault first`() {
        #expect(Handshake.refusal(of: Self.good) == nil)
        let faults: [(HandshakeRefusal, Int, (inout Handshake.Request) -> Void)] = [
            (.keyInvalid, 400, { $0.key = utf8("short") }), (.keyInvalid, 400, { $0.key = Self.key + utf8(",") + Self.key }),
            (.keyMissing, 400, { $0.key = nil }), (.versionUnsupported, 426, { $0.version = utf8("8") }),
            (.versionUnsupported, 426, { $0.version = utf8("013") }), (.versionUnsupported, 426, { $0.version = [] }),
            (.versionRepeated, 400, { $0.version = utf8("13, 13") }), (.versionMissing, 426, { $0.version = nil }),
            (.upgradeNotAsked, 400, { $0.asksForUpgrade = false }), (.httpVersionTooOld, 400, { $0.isHTTP11OrLater = false }),
            (.methodNotGet, 400, { $0.isGet = false }),
        ]
        var piledUp = Self.good
        for (refusal, status, spoil) in faults {
            var request = Self.good
            spoil(&request)
            spoil(&piledUp)
            #expect(Handshake.refusal(of: request) == refusal)
            #expect(Handshake.refusal(of: piledUp) == refusal)
            #expect(refusal.status == status)
            #expect(refusal.namesVersion == (status == 426))
        }
        #expect(Set(HandshakeRefusal.allCases.map(\.reason)).count == HandshakeRefusal.allCases.count)
    }

    // RFC 3174 §7.3, FIPS 180-4 examples, and the edges of the padding.
    @Test(arguments: [
        ("abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
        ("0123456701234567012345670123456701234567012345670123456701234567", 10, "dea356a2cddd90c7a7ecedc5ebb563934f460452"),
        ("a", 0, "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("a", 55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
        ("a", 56, "c2db330f6083854c99d4b5bfb6e8f29f201be699"), ("a", 63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5"),
        ("a", 64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"), ("a", 119, "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56"),
        ("a", 120, "f34c1488385346a55709ba056ddd08280dd4c6d6"), ("a", 1_000_000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
    ])
    func `SHA-1 digests are the published ones`(_ text: String, _ times: Int, _ digest: String) throws {
        let bytes = try #require(SHA1.digest(of: utf8(String(repeating: text, count: times))))
        #expect(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == digest)
    }

    // RFC 4648 §10, and every digit.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `Base64 is that of RFC 4648`(_ text: String, _ encoded: String) {
        #expect(encode(utf8(text)) == encoded)
        #expect(decodedCount(encoded) == text.utf8.count)
    }

    @Test func `Base64 has its 64 digits and no others`() {
        let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        let all = (0..<16).flatMap { group -> [UInt8] in
            let bits = (0..<4).reduce(UInt32(0)) { $0 << 6 | UInt32(group * 4 + $1) }
            return [UInt8(bits >> 16), UInt8(bits >> 8 & 0xFF), UInt8(bits & 0xFF)]
        }
        #expect(encode(all) == digits)
        for byte in UInt8.min...UInt8.max {
            let isDigit = digits.utf8.contains(byte)
            let text = [0x41, byte, 0x41, 0x41]
            let count = Base64.decodedCount(of: text.span)
            #expect(count == (isDigit ? 3 : nil))
        }
        for bad in ["A", "AA", "AAA", "====", "A===", "=AAA", "AA=A"] { #expect(decodedCount(bad) == nil, "\(bad)") }
    }

    private func isValid(accept: [UInt8]) -> Bool { Handshake.isValidAccept(accept.span, for: Self.key.span) }

    private func encode(_ bytes: [UInt8]) -> String { String(decoding: Base64.encode(bytes.span), as: UTF8.self) }

    private func decodedCount(_ text: String) -> Int? { Base64.decodedCount(of: utf8(text).span) }
}
