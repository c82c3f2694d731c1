import Foundation
import TLS
import TestSupport
import Testing

@testable import ACME

@Suite("base64url")
struct Base64URLTests {
    @Test(
        "is RFC 4648 §10's without padding, and back",
        arguments: [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE")])
    func vectors(plain: String, text: String) {
        #expect(Base64URL.text(Array(plain.utf8)) == text)
        #expect(Base64URL.bytes(text) == Array(plain.utf8))
    }

    @Test("has letters of its own where base64 has + and /")
    func letters() { #expect(Base64URL.text([0xFB, 0xFF]) == "-_8") }

    @Test("refuses what is none", arguments: ["Zg==", "Z", "Zh", "Zm+v", "Zm/v", "Zm 8", "Zmé8"])
    func refused(text: String) { #expect(Base64URL.bytes(text) == nil) }
}

@Suite("A signed request")
struct SignedRequestTests {
    /// The key of RFC 7517 §A.1, and its thumbprint as `python -c` with hashlib makes it by RFC 7638 §3.
    @Test("names a key by its thumbprint (RFC 7638)")
    func thumbprint() throws {
        var key = try AccountKey(PrivateKey(.p256))
        key = AccountKey(
            key: key.key,
            jwk: AccountKey.Public(
                x: "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", y: "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"))
        #expect(key.thumbprint == "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s")
        #expect(key.authorization("tok") == "tok.cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s")
    }

    private func parts(_ json: [UInt8]) throws -> (header: [String: Any], payload: [UInt8], signed: String, signature: [UInt8]) {
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: String])
        #expect(Set(object.keys) == ["protected", "payload", "signature"])
        let (protected, payload) = try (#require(object["protected"]), #require(object["payload"]))
        let header = try JSONSerialization.jsonObject(with: Data(try #require(Base64URL.bytes(protected))))
        return (
            try #require(header as? [String: Any]), try #require(Base64URL.bytes(payload)), "\(protected).\(payload)",
            try #require(Base64URL.bytes(object["signature"] ?? ""))
        )
    }

    @Test("has algorithm, nonce, URL, and the key or the account (RFC 8555 §6.2)")
    func header() throws {
        let key = try AccountKey(PrivateKey(.p256))
        let url = try #require(ServiceURL("https://ca.example/new"))
        let first = try parts(SignedRequest.json(Array("{}".utf8), to: url, nonce: "n1", by: .key, key: key))
        #expect(Set(first.header.keys) == ["alg", "nonce", "url", "jwk"])
        #expect(first.header["alg"] as? String == "ES256" && first.header["nonce"] as? String == "n1")
        #expect(first.header["url"] as? String == "https://ca.example/new")
        #expect((first.header["jwk"] as? [String: String])?["x"] == key.jwk.x)
        #expect(first.payload == Array("{}".utf8))
        let account = SignedRequest.Signer.account("https://ca.example/me")
        let second = try parts(SignedRequest.json([], to: url, nonce: "n2", by: account, key: key))
        #expect(Set(second.header.keys) == ["alg", "nonce", "url", "kid"])
        #expect(second.header["kid"] as? String == "https://ca.example/me")
        // RFC 8555 §6.3: a POST-as-GET has an empty payload, not an empty object.
        #expect(second.payload.isEmpty)
    }

    @Test("is signed so that openssl agrees")
    func signature() async throws {
        let directory = try TemporaryDirectory()
        let key = try AccountKey(PrivateKey(.p256))
        let url = try #require(ServiceURL("https://ca.example/new"))
        let parts = try parts(SignedRequest.json(Array("{}".utf8), to: url, nonce: "n", by: .key, key: key))
        #expect(parts.signature.count == 64)
        // DER of r and s (RFC 3279 §2.2.3).
        let numbers = [parts.signature.prefix(32), parts.signature.suffix(32)].flatMap { half -> [UInt8] in
            let digits = Array(half.drop { $0 == 0 })
            let padded = (digits.first ?? 0x80) >= 0x80 ? [0] + digits : digits
            return [0x02, UInt8(padded.count)] + padded
        }
        let signature = try directory.write("signature", [0x30, UInt8(numbers.count)] + numbers)
        let signed = try directory.write("signed", parts.signed)
        let pem = try directory.write("key.pem", key.key.pem)
        let outcome = try await Command.run(
            "openssl", ["dgst", "-sha256", "-prverify", pem, "-signature", signature, signed])
        #expect(outcome.text == "Verified OK\n", "\(outcome)")
    }

    @Test("is made by the key that its PEM is of; other kinds are refused", arguments: PrivateKey.Kind.allCases)
    func kinds(kind: PrivateKey.Kind) throws {
        let key = try PrivateKey(kind)
        let again = try PrivateKey(pem: key.pem)
        #expect(again.pem == key.pem && key.pem.hasPrefix("-----BEGIN PRIVATE KEY-----"))
        if kind == .p256 {
            #expect(try AccountKey(again).jwk.x == AccountKey(key).jwk.x)
        } else {
            #expect(throws: ACMEError.self) { try AccountKey(again) }
        }
    }
}

@Suite("An authority's URL")
struct ServiceURLTests {
    @Test(
        "is taken apart",
        arguments: [
            ("https://ca.example/dir", "ca.example", 443, "ca.example", "/dir"),
            ("https://CA.example:14000", "ca.example", 14000, "CA.example:14000", "/"),
            ("https://ca.example?a=b", "ca.example", 443, "ca.example", "/?a=b"),
            ("HTTPS://[::1]:1/x", "::1", 1, "[::1]:1", "/x"), ("https://192.0.2.1/", "192.0.2.1", 443, "192.0.2.1", "/"),
        ])
    func right(text: String, host: String, port: UInt16, authority: String, target: String) throws {
        let url = try #require(ServiceURL(text))
        #expect(url.host == host && url.port == port && url.authority == authority && url.target == target)
        #expect(url.description == text)
    }

    @Test(
        "is refused where it is none",
        arguments: [
            "", "http://ca.example/", "https://", "https:///x", "https://u@ca.example/", "https://ca.example/#f",
            "https://ca.example:0/", "https://ca.example:x/", "https://ca.example:70000/", "https://ca.example/a b",
            "https://ca.example/\r\nX: y", "https://a:b:c/", "https://[::1/", "https://é.example/",
            "https://ca.example/" + String(repeating: "a", count: 2048),
        ])
    func wrong(text: String) { #expect(ServiceURL(text) == nil) }
}

@Suite("What is said beside an answer")
struct ReplyTests {
    @Test(
        "leads to alternates, or not",
        arguments: [
            ("<https://ca/c/1>;rel=\"alternate\"", ["https://ca/c/1"]),
            ("<https://ca/c/2> ; title=x ; rel=alternate", ["https://ca/c/2"]),
            ("<https://ca/d>;rel=\"index\"", []), ("https://ca/d;rel=alternate", []), ("<https://ca/d", []), ("", []),
            ("<https://ca/d>;rel=\"index\", <https://ca/c/1>;rel=\"alternate\"", ["https://ca/c/1"]),
            ("<https://ca/c/1>;rel=alternate,<https://ca/c/2>; rel=alternate", ["https://ca/c/1", "https://ca/c/2"]),
            ("<https://ca/c/1,2>;title=\"a, <b>;rel=x\";rel=alternate , x", ["https://ca/c/1,2"]),
            ("<https://ca/c/1>;rel=alternate,", ["https://ca/c/1"]), ("<https://ca/c/1>;title=\"rel=alternate,", []),
        ] as [(String, [String])])
    func alternates(link: String, urls: [String]) { #expect(AuthorityCalls.alternates(link) == urls) }
}

@Suite("An external account")
struct ExternalAccountTests {
    private struct Vector {
        static let key = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
    }

    @Test("signs the account's key by HS256 (RFC 8555 §7.3.4), as openssl does")
    func binding() async throws {
        let key = try AccountKey(PrivateKey(.p256))
        let url = try #require(ServiceURL("https://ca.example/new-account"))
        let account = Authority.ExternalAccount(identifier: "kid-1", key: Vector.key)
        let binding = try SignedRequest.binding(of: key, to: account, url: url)
        let header = String(decoding: try #require(Base64URL.bytes(binding.protected)), as: UTF8.self)
        #expect(header == #"{"alg":"HS256","kid":"kid-1","url":"https://ca.example/new-account"}"#)
        let directory = try TemporaryDirectory()
        let signed = try directory.write("signed", "\(binding.protected).\(binding.payload)")
        let bytes = try #require(Base64URL.bytes(Vector.key))
        let secret = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let outcome = try await Command.run(
            "openssl", ["dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(secret)", "-binary", signed])
        #expect(Base64URL.text(outcome.output) == binding.signature)
    }

    @Test("needs a key that is base64url", arguments: ["", "a b", "é"])
    func wrong(text: String) throws {
        let key = try AccountKey(PrivateKey(.p256))
        let url = try #require(ServiceURL("https://ca.example/new-account"))
        #expect(throws: ACMEError.self) {
            try SignedRequest.binding(of: key, to: Authority.ExternalAccount(identifier: "k", key: text), url: url)
        }
    }
}
