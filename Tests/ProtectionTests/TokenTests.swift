import Foundation
import Testing

@testable import Protection

/// Tokens and keys made by openssl(1): valid from second 1000 to 2000, for "api" and "other".
@Suite("A token")
struct WebTokenTests {
    private let tokens: [String: String]
    private let keys: String
    private let weak: String
    /// An Ed25519 key, and a token by each name of the algorithm.
    private let curve: [String: String]

    init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/tokens.json")
        let json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        tokens = try #require(json["tokens"] as? [String: String])
        weak = try #require(json["weak"] as? String)
        curve = try #require(json["curve"] as? [String: String])
        let set = try JSONSerialization.data(withJSONObject: ["keys": try #require(json["keys"])])
        keys = String(decoding: set, as: UTF8.self)
    }

    private static let rules = WebToken.Rules(issuer: "https://issuer.test", audiences: ["api"], leeway: 0)

    private func fault(
        _ text: String, keys: String? = nil, rules: WebToken.Rules = rules, now: Double = 1500
    ) throws -> WebToken.Fault? {
        let set = try WebKeys(Array((keys ?? self.keys).utf8))
        do throws(WebToken.Fault) {
            let token = try WebToken(Array(text.utf8), keys: set, rules: rules, now: now)
            #expect(token.text("iss") == "https://issuer.test")
            return nil
        } catch {
            return error
        }
    }

    @Test("is taken if one of the keys has signed it", arguments: ["rs", "es", "ed", "noKid"])
    func good(name: String) throws {
        let text = try #require(tokens[name])
        #expect(try fault(text) == nil)
        // A byte more, less, or other anywhere, and it is none.
        for index in stride(from: 0, to: text.utf8.count, by: 3) {
            var bytes = Array(text.utf8)
            bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(try fault(String(decoding: bytes, as: UTF8.self)) != nil, "\(index)")
        }
        for end in stride(from: 0, to: text.utf8.count, by: 7) { #expect(try fault(String(text.prefix(end))) != nil) }
        #expect(try fault(text + "A") != nil)
        #expect(try fault(text + ".") != nil)
    }

    @Test("has its issuer and its audience byte for byte")
    func texts() throws {
        func fault(_ claims: String, _ issuer: String?, _ audiences: [String]) throws -> WebToken.Fault? {
            let rules = WebToken.Rules(issuer: issuer, audiences: audiences, leeway: 0)
            let claims = try #require(JSONText(Array(claims.utf8)))
            do throws(WebToken.Fault) {
                try WebToken.check(claims, rules, 1500)
                return nil
            } catch {
                return error
            }
        }
        // A Kelvin sign, and an e with its accent in one character and in two: Swift takes each pair for the same.
        for (written, other) in [("K", "\u{212A}"), ("\u{E9}", "e\u{301}")] {
            #expect(try fault("{\"exp\":2000,\"iss\":\"\(written)\"}", written, []) == nil)
            #expect(try fault("{\"exp\":2000,\"iss\":\"\(other)\"}", written, []) == .issuer)
            #expect(try fault("{\"exp\":2000,\"aud\":[\"x\",\"\(written)\"]}", nil, [written]) == nil)
            #expect(try fault("{\"exp\":2000,\"aud\":[\"x\",\"\(other)\"]}", nil, [written]) == .audience)
            #expect(try fault("{\"exp\":2000,\"aud\":\"\(other)\"}", nil, [written]) == .audience)
        }
    }

    @Test(
        "does not choose what it is held against",
        arguments: [
            ("none", WebToken.Fault.algorithm), ("hmac", .algorithm), ("wrongKid", .unknownKey), ("unknownKid", .unknownKey),
            ("crit", .extensions), ("noExp", .noExpiry), ("textExp", .malformed), ("list", .malformed),
        ])
    func bad(name: String, fault expected: WebToken.Fault) throws {
        #expect(try fault(try #require(tokens[name])) == expected)
    }

    @Test("names its key in text, or names none", arguments: ["7", "null", "true", "[\"a\"]", "{}"])
    func keyName(json: String) throws {
        let head = Data("{\"alg\":\"ES256\",\"kid\":\(json)}".utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        let rest = try #require(tokens["es"]).split(separator: ".").dropFirst().joined(separator: ".")
        #expect(try fault(head + "." + rest) == .malformed)
    }

    @Test("holds from its beginning to its end, give or take what clocks may differ")
    func times() throws {
        let text = try #require(tokens["es"])
        var patient = Self.rules
        patient.leeway = 60
        for (now, strict, lenient) in [
            (939.0, WebToken.Fault.notYetValid, WebToken.Fault.notYetValid), (940, .notYetValid, nil), (999, .notYetValid, nil),
            (1000, nil, nil), (1999, nil, nil), (2000, .expired, nil), (2059, .expired, nil), (2060, .expired, .expired),
        ] as [(Double, WebToken.Fault?, WebToken.Fault?)] {
            #expect(try fault(text, now: now) == strict, "\(now)")
            #expect(try fault(text, rules: patient, now: now) == lenient, "\(now)")
        }
    }

    @Test("is of its issuer and for its audience")
    func claims() throws {
        let text = try #require(tokens["es"])
        for (issuer, audiences, expected) in [
            (nil, [], nil), ("https://issuer.test", ["x", "other"], nil), ("https://issuer.test/", [], .issuer),
            (nil, ["ap"], .audience),
        ] as [(String?, [String], WebToken.Fault?)] {
            let rules = WebToken.Rules(issuer: issuer, audiences: audiences, leeway: 0)
            #expect(try fault(text, rules: rules) == expected)
        }
    }

    @Test("is held against keys before which an editor has put a byte-order mark")
    func markedKeys() throws {
        #expect(try WebKeys(Array("\u{FEFF}\(keys)".utf8)).count == WebKeys(Array(keys.utf8)).count)
        #expect(throws: WebKeys.Fault.self) { try WebKeys(Array("\u{FEFF}\u{FEFF}\(keys)".utf8)) }
    }

    @Test("is held against keys that are keys")
    func keySets() throws {
        let point = "\"x\":\"\(String(repeating: "A", count: 43))\",\"y\":\"\(String(repeating: "A", count: 43))\""
        for (text, reason) in [
            ("", "no JSON"), ("{}", "no list"), ("{\"keys\":[]}", "no key for"), ("{\"keys\":[{}]}", "keys[0] has no kty"),
            ("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"}]}", "no key for"),
            ("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"\(weak)\",\"e\":\"AQAB\"}]}", "too weak"),
            ("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"?\",\"e\":\"AQAB\"}]}", "base64url"),
            ("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\(point)}]}", "is no key"),
            ("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}]}", "is no key"),
            ("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\",\"d\":\"AA\"}]}", "private key"),
            (keys + "x", "no JSON"), (String(repeating: " ", count: 1 << 18) + keys, "larger"),
        ] {
            let fault = #expect(throws: WebKeys.Fault.self) { try WebKeys(Array(text.utf8)) }
            #expect(fault?.reason.contains(reason) == true, "\(reason): \(String(describing: fault))")
        }
    }

    @Test(
        "is not held against a key that is for something else (RFC 7517)",
        arguments: [
            (#""use":"sig""#, 1), (#""use":"enc""#, 0), (#""key_ops":["verify"]"#, 1), (#""key_ops":["encrypt","verify"]"#, 1),
            (#""key_ops":["deriveKey"]"#, 0), (#""key_ops":[]"#, 0), (#""use":"sig","key_ops":["sign"]"#, 0),
        ])
    func otherUses(stated: String, count: Int) throws {
        let x = try #require(curve["x"])
        let other = #"{"kty":"OKP","crv":"Ed25519","kid":"other","x":"\#(x)"}"#
        let set = #"{"keys":[\#(other),{"kty":"OKP","crv":"Ed25519","kid":"d","x":"\#(x)",\#(stated)}]}"#
        #expect(try WebKeys(Array(set.utf8)).keys(.eddsa, named: "d").count == count)
    }

    @Test("is held against a few keys, however many there are: whoever forges one pays for none of them")
    func manyKeys() throws {
        // RFC 7515 §A.3.1.
        let point = "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
        func set(_ name: (Int) -> String) throws -> WebKeys {
            let keys = (1...20).map { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"\(name($0))\",\(point)}" }
            return try WebKeys(Array("{\"keys\":[\(keys.joined(separator: ","))]}".utf8))
        }
        let keys = try set { "\($0)" }
        #expect(keys.count == 20)
        #expect(keys.keys(.es256, named: nil).count == WebKeys.maxTriedKeys)
        #expect(keys.keys(.es256, named: "20").count == 1)
        #expect(try set { _ in "same" }.keys(.es256, named: "same").count == WebKeys.maxTriedKeys)
    }

    @Test("may call EdDSA by the name of its curve, and so may the key (RFC 9864)", arguments: ["", ",\"alg\":\"Ed25519\""])
    func curve(stated: String) throws {
        let x = try #require(curve["x"])
        let set = "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"d\",\"x\":\"\(x)\"\(stated)}]}"
        for name in ["EdDSA", "Ed25519"] {
            let token = try #require(curve[name])
            #expect(try fault(token, keys: set) == nil, "\(name)")
            #expect(try fault(token) == .signature, "of another key with this name")
        }
    }

    @Test(
        "is held against an issuer's other keys, where one of them is no key, or does not protect",
        arguments: [
            "{}", "{\"kty\":\"RSA\",\"e\":\"AQAB\"}", "{\"kty\":\"RSA\",\"n\":\"WEAK\",\"e\":\"AQAB\"}",
            "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\",\"d\":\"AA\"}", "{\"kty\":7}", "1",
        ])
    func issuersKeys(odd: String) throws {
        let entry = odd.replacing("WEAK", with: weak)
        let text = keys.replacing("{\"keys\":[", with: "{\"keys\":[\(entry),")
        let set = try WebKeys(Array(text.utf8), isIssuers: true)
        #expect(set.count == 3 && set.faults.count == 1 && set.faults[0].hasPrefix("keys[0] "), "\(set.faults)")
        #expect(throws: WebKeys.Fault.self) { try WebKeys(Array(text.utf8)) }
        #expect(throws: WebKeys.Fault.self) { try WebKeys(Array("{\"keys\":[\(entry)]}".utf8), isIssuers: true) }
    }

    @Test("is held against the keys of a set of 128 entries at most: more than an issuer has are none", arguments: [true, false])
    func longSet(isIssuers: Bool) throws {
        let x = try #require(curve["x"])
        func set(_ count: Int) throws -> WebKeys {
            let key = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"\(x)\"}"
            let all = Array(repeating: key, count: count).joined(separator: ",")
            return try WebKeys(Array("{\"keys\":[\(all)]}".utf8), isIssuers: isIssuers)
        }
        #expect(try set(128).count == 128)
        let fault = #expect(throws: WebKeys.Fault.self) { try set(129) }
        #expect(fault?.reason == "has 129 keys, more than 128")
    }
}

@Suite("JSON")
struct JSONTextTests {
    @Test("is read as RFC 8259 says")
    func values() throws {
        let text = " { \"a\" : [ 1 , -0.5e1 , true , false , null , \"\\u00e9\\n\\ud83d\\ude00\" ] , \"b\" : { } } "
        let value = try #require(JSONText(Array(text.utf8)))
        let list: [JSONText] = [.number(1), .number(-5), .boolean(true), .boolean(false), .null, .string("\u{e9}\n\u{1F600}")]
        #expect(value["a"]?.array == list)
        #expect(value["b"] == .object([:]) && value["c"] == nil && JSONText.null["a"] == nil)
    }

    @Test(
        "that is none, or could be read in two ways, is refused",
        arguments: [
            "", " ", "{", "}", "[1,]", "[1 2]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{a:1}", "{'a':1}", "01", "1.", ".5", "+1",
            "1e",
            "-", "1e999", "NaN", "tru", "nulll", "\"", "\"\u{1}\"", "\"\\x\"", "\"\\u12\"", "\"\\u+123\"", "\"\\ud800\"",
            "\"\\udc00\"",
            "\"\\ud800\\u0041\"", "1 1", "[1]]", "\u{FEFF}1", "// c\n1",
        ])
    func refused(text: String) {
        #expect(JSONText(Array(text.utf8)) == nil)
    }

    @Test("that is no UTF-8, or deep, is refused")
    func bounds() {
        #expect(JSONText([0x22, 0xFF, 0x22]) == nil)
        #expect(JSONText(Array((String(repeating: "[", count: 16) + String(repeating: "]", count: 16)).utf8)) != nil)
        #expect(JSONText(Array((String(repeating: "[", count: 17) + String(repeating: "]", count: 17)).utf8)) == nil)
        #expect(JSONText([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)) == nil)
    }
}
