import Testing

@testable import Protection

@Suite("Names and passwords")
struct PasswordTests {
    /// Of "secret", as htpasswd(1) of Apache 2.4 and openssl-passwd(1) write it.
    static let hashes = [
        "$2y$04$HzlC9Set.LufqIQNgVmcZu2mwVM58iRrRVMQWpKo0gbmSgHGv6kIm", "$apr1$Ves600tL$n2XSfkrbT0cV5nRIangMG/",
        "$5$9CYQJ1kxNPlovx6f$RvwJppcaj/TbS.UMDJeG6PSqvC8UQzlPms.Zyr8piN3",
        "$6$7Fj1KxqdoT6aRsM8$q5/1oZu74t21n2oqnuucNystB8U6CmbycRaWVknI5nUEWV7SNi4mEG3oXcawuh.dedv6O4C1TvuA7o4yzIuIZ0",
    ]

    @Test("are taken in every form that htpasswd writes and that protects", arguments: hashes)
    func forms(hash: String) throws {
        let list = try PasswordList(Array("# users\n\nbob:\(hash):a comment\r\nann:\(Self.hashes[0])\n".utf8))
        #expect(try #require(list.hash(of: Array("bob".utf8), draw: 0)) == (hash, true))
        let marked = try PasswordList(Array("\u{FEFF}bob:\(hash)\n".utf8))
        #expect(try #require(marked.hash(of: Array("bob".utf8), draw: 0)) == (hash, true))
        #expect(Secrets.isPassword(Array("secret".utf8), of: hash))
        for wrong in ["", "secre", "secrett", "Secret", "secret\0", "secret\0x"] {
            #expect(!Secrets.isPassword(Array(wrong.utf8), of: hash), "\(wrong)")
        }
        #expect(!Secrets.isPassword([UInt8](repeating: 0x61, count: 513), of: hash))
    }

    /// Made by `openssl passwd -apr1 -salt 12345678`: every way that the length takes through the digest.
    @Test(
        "of any length have Apache's MD5",
        arguments: [
            ("", "sHuPAw7VA9xjRbJz7zKV7/"), ("a", "68ZQVfPkWX/wcXr/41VxQ."), ("0123456789abcdef", "vc38ZupyU1KkWqFuFfTA/."),
        ])
    func apr1(password: String, text: String) {
        let hash = "$apr1$12345678$\(text)"
        #expect(PasswordHash.fault(in: hash) == nil)
        #expect(Secrets.isPassword(Array(password.utf8), of: hash))
    }

    @Test(
        "of forms that do not protect, or not here, are no list, and it is said where and why",
        arguments: [
            ("a:secret", 1, "is no hash that protects"), ("a:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", 1, "is no hash that protects"),
            ("a:rOfNNGTXK5xgw", 1, "is no hash that protects"), ("a:$1$abc$xyz", 1, "form \"$1$\""),
            ("a:$y$j9T$abc$def", 1, "form \"$y$\""), ("#\n\na", 3, "is not name:hash"), (":\(hashes[0])", 1, "is not name:hash"),
            ("a:\(hashes[1])\na:\(hashes[0])", 2, "there twice"), (" a:\(hashes[0])", 1, "spaces around it"),
            ("a\u{1}:\(hashes[0])", 1, "control characters"),
            ("a:\(hashes[0].dropLast())", 1, "no whole bcrypt"), ("a:\(hashes[1])x", 1, "no whole apr1"),
            ("a:\(hashes[2].dropLast())", 1, "no whole SHA-crypt"),
            ("a:$2y$15$HzlC9Set.LufqIQNgVmcZu2mwVM58iRrRVMQWpKo0gbmSgHGv6kIm", 1, "cost of 15"),
            ("a:$2y$31$HzlC9Set.LufqIQNgVmcZu2mwVM58iRrRVMQWpKo0gbmSgHGv6kIm", 1, "cost of 31"),
            ("a:$6$rounds=999999999$7Fj1KxqdoT6aRsM8$\(hashes[3].suffix(86))", 1, "rounds"),
            // Such a text hashes no password at all.
            ("a:$6$rounds=+5000$7Fj1KxqdoT6aRsM8$\(hashes[3].suffix(86))", 1, "rounds"),
            ("a:$6$rounds=05000$7Fj1KxqdoT6aRsM8$\(hashes[3].suffix(86))", 1, "rounds"),
            ("a:$6$salt\u{E9}$\(hashes[3].suffix(86))", 1, "no whole SHA-crypt"),
            ("a:$6$sa lt$\(hashes[3].suffix(86))", 1, "no whole SHA-crypt"),
            ("a:$2y$+9$HzlC9Set.LufqIQNgVmcZu2mwVM58iRrRVMQWpKo0gbmSgHGv6kIm", 1, "no whole bcrypt"),
        ])
    func faults(text: String, line: Int, reason: String) {
        let fault = #expect(throws: PasswordList.Fault.self) { try PasswordList(Array(text.utf8)) }
        #expect(fault?.line == line && fault?.reason.contains(reason) == true, "\(String(describing: fault))")
    }

    @Test("in a file that is too large, or no text, are none")
    func sizes() {
        #expect(throws: PasswordList.Fault.self) { try PasswordList([UInt8](repeating: 0x0A, count: 1 << 20 + 1)) }
        #expect(throws: PasswordList.Fault.self) { try PasswordList([0x61, 0xFF, 0x3A] + Array(Self.hashes[0].utf8)) }
    }

    @Test("of nobody are held against somebody's hash, always the same for one name, so that they take as long")
    func strangers() throws {
        let text = Self.hashes.enumerated().map { "user\($0):\($1)" }.joined(separator: "\n")
        let list = try PasswordList(Array(text.utf8))
        var seen: Set<String> = []
        for draw in 0..<100 as Range<UInt64> {
            let (hash, isTheirs) = try #require(list.hash(of: Array("stranger".utf8), draw: draw))
            #expect(!isTheirs && list.hash(of: Array("stranger".utf8), draw: draw)?.hash == hash)
            seen.insert(hash)
        }
        #expect(seen == Set(Self.hashes))
        #expect(try PasswordList([]).hash(of: [], draw: 7) == nil)
    }

    @Test(
        "come in the field as RFC 7617 says",
        arguments: [
            ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"), ("basic  dGVzdDoxMjPCow==", "test", "123\u{A3}"),
            ("BASIC Og==", "", ""), ("Basic YTpiOmM=", "a", "b:c"),
        ])
    func credentials(value: String, user: String, password: String) throws {
        let parsed = BasicCredentials(Array(value.utf8).span)
        let credentials = try #require(parsed)
        #expect(credentials.user == Array(user.utf8) && credentials.password == Array(password.utf8))
    }

    @Test(
        "that are malformed are none",
        arguments: [
            "", "Basic", "Basic ", "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "BasicQWxhZGRpbjpvcGVu", "Basic YQ==",
            "Basic YTpi OmM=", "Basic YTpiOm", "Basic YTpiOmM", "Basic Y!pi", "Basic YTpiOmN=", "Basic YTpi=", "Basic =YTp",
            "Basic YTpi====",
        ])
    func malformed(value: String) {
        let credentials = BasicCredentials(Array(value.utf8).span)
        #expect(credentials == nil)
    }
}

@Suite("Base 64")
struct Base64TextTests {
    private func decode(_ text: String, _ alphabet: Base64Text.Alphabet) -> [UInt8]? {
        Base64Text.decode(Array(text.utf8).span, alphabet)
    }

    /// RFC 4648 §10.
    @Test(
        "Base64 is read as the RFC's examples have it",
        arguments: [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba")])
    func vectors(text: String, plain: String) {
        #expect(decode(text, .standard) == Array(plain.utf8))
        #expect(decode(text.filter { $0 != "=" }, .url) == Array(plain.utf8))
    }

    @Test("has two alphabets, which are not mixed, and no text but one for some bytes")
    func strictness() {
        #expect(decode("-_-_", .url) == [0xFB, 0xFF, 0xBF])
        #expect(decode("+/+/", .standard) == [0xFB, 0xFF, 0xBF])
        for text in ["+/+/", "Zg==", "Zh", "Z", "Zm9vY", "Zm9v "] {
            #expect(decode(text, .url) == nil, "\(text)")
        }
        for text in ["-_-_", "Zg", "Zh==", "Zg=", "Zg==Zg==", "====", "Zm9v\n"] {
            #expect(decode(text, .standard) == nil, "\(text)")
        }
    }
}
