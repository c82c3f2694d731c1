import Foundation
import TestSupport
import Testing

/// What sites' certificates and keys may be kept in, and which of several a client gets.
@Suite("Certificates of every kind")
struct SiteCertificateTests {
    private static let kinds: [(name: String, key: [String])] = [
        ("ecdsa", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        ("rsa", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]), ("ed25519", ["-algorithm", "ED25519"]),
    ]

    private func toml(_ port: FreePort, _ ssl: String) -> String {
        Sites.proxy(port, to: "http://127.0.0.1:1", ssl: "[sites.ssl]\nenabled = true\n\(ssl)")
    }

    @Test("of several certificates a client gets the one that it can verify")
    func several() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        var made: [MadeCertificate] = []
        for (name, key) in Self.kinds {
            made.append(try await .make(name, in: directory, names: ["DNS:localhost"], key: key))
        }
        let ssl =
            "cert_file = \"\(made[0].file)\"\nkey_file = \"\(made[0].keyFile)\"\n"
            + made.dropFirst().map {
                "[[sites.ssl.certificates]]\ncert_file = \"\($0.file)\"\nkey_file = \"\($0.keyFile)\"\n"
            }.joined()
        try await Gatehouse.serving(toml(port, ssl)) { _ async throws in
            for (options, subject) in [
                (["-tls1_3", "-sigalgs", "ECDSA+SHA256"], "CN = ecdsa"), (["-tls1_3", "-sigalgs", "RSA-PSS+SHA256"], "CN = rsa"),
                (["-tls1_3", "-sigalgs", "ed25519"], "CN = ed25519"),
                (["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"], "CN = rsa"),
                (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256", "-sigalgs", "ECDSA+SHA256"], "CN = ecdsa"),
            ] {
                let outcome = try await Command.sClient(port, options)
                #expect(outcome.text.contains(subject), "\(options): \(outcome)")
            }
        }
    }

    @Test("two certificates of one kind of key are an error, at their place")
    func sameKind() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let one = try await MadeCertificate.make("one", in: directory, names: ["DNS:localhost"])
        let two = try await MadeCertificate.make("two", in: directory, names: ["DNS:localhost"])
        let text = toml(
            port,
            "cert_file = \"\(one.file)\"\nkey_file = \"\(one.keyFile)\"\n"
                + "[[sites.ssl.certificates]]\ncert_file = \"\(two.file)\"\nkey_file = \"\(two.keyFile)\"")
        let outcome = try await check(text, in: directory)
        #expect(
            outcome.errors.contains("sites[0].ssl.certificates[0].cert_file: \(two.file) is of the same kind as"), "\(outcome)")
    }

    private func check(_ toml: String, in directory: TemporaryDirectory) async throws -> Command.Outcome {
        let outcome = try await Command.run(Place.gatehouse, ["check", directory.write("gatehouse.toml", toml)])
        #expect(outcome.code == 1)
        return outcome
    }

    @Test("encrypted keys come out by the passphrase in a file, and by no other")
    func passphrase() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let made = try await MadeCertificate.make("site", in: directory, names: ["DNS:localhost"])
        let right = try directory.write("right", "open sesame\nand more\n")
        let encrypted = directory.path + "/encrypted.key"
        let outcome = try await Command.run(
            "openssl", ["pkcs8", "-topk8", "-in", made.keyFile, "-out", encrypted, "-passout", "pass:open sesame"])
        try #require(outcome.code == 0, "\(outcome)")
        func keys(_ file: String) -> String {
            "cert_file = \"\(made.file)\"\nkey_file = \"\(encrypted)\"\nkey_passphrase_file = \"\(file)\""
        }
        // As some editors write it.
        let marked = try directory.write("marked", "\u{FEFF}open sesame\r\n")
        for file in [right, marked] {
            try await Gatehouse.serving(toml(port, keys(file))) { _ async throws in
                #expect(try await Command.sClient(port, []).text.contains("CN = site"), "\(file)")
            }
        }
        let wrong = try await check(toml(port, keys(directory.write("wrong", "close\n"))), in: directory)
        #expect(
            wrong.errors.contains(
                "sites[0].ssl.key_file: cannot read the key \(encrypted): the passphrase of key_passphrase_file is not"),
            "\(wrong)")
        let empty = try await check(toml(port, keys(directory.write("empty", "\nx"))), in: directory)
        #expect(empty.errors.contains("sites[0].ssl.key_passphrase_file: the passphrase file"), "\(empty)")
    }

    @Test("a wrong passphrase is called so, too, where what it makes of the key looks right at its end")
    func rightPadding() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let made = try await MadeCertificate.make("site", in: directory, names: ["DNS:localhost"])
        // Of 337 passphrases before this one none was taken for right until its bytes were looked at.
        let (encrypted, wrong) = try (
            directory.write("odd.key", Self.oddKey), directory.write("odd", "wrong338\n")
        )
        let ssl = "cert_file = \"\(made.file)\"\nkey_file = \"\(encrypted)\"\nkey_passphrase_file = \"\(wrong)\""
        let outcome = try await check(toml(port, ssl), in: directory)
        #expect(outcome.errors.contains("the passphrase of key_passphrase_file is not the key's"), "\(outcome)")
    }

    private static let oddKey = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHrMFYGCSqGSIb3DQEFDTBJMCgGCSqGSIb3DQEFDDAbBAgTZ9N4Bb6O2wIBATAM
        BggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQ0EAVcSAoY8zzCBav4urCAASBkPSM
        J0h12guhwbykpukwOJPaM2nL5sMwqC5oFpVfg6HI5xDg0A1zJAp6+F4Tk4vZSYDs
        AskNgtkIEMLDxEqvYBwqWLEA0dW3fiL9BIntESt1uegivumDZWrokWu+CAZ7ChLD
        loa/m6+GyFQOREjyObtPJxRP+X8IDgZV9wYc1j8GeNq3SFsLhK7b6uJ8qqRwyg==
        -----END ENCRYPTED PRIVATE KEY-----
        """ + "\n"

    @Test("PKCS#12 has all in one file: certificate, chain and key", arguments: ["", "open sesame"])
    func archive(passphrase: String) async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let root = try await MadeCertificate.make("root", in: directory, extensions: ["basicConstraints = critical,CA:TRUE"])
        let middle = try await MadeCertificate.make(
            "middle", in: directory, issuer: root, extensions: ["basicConstraints = critical,CA:TRUE"])
        let made = try await MadeCertificate.make("site", in: directory, names: ["DNS:localhost"], issuer: middle)
        let others = try String(contentsOfFile: root.file, encoding: .utf8) + String(contentsOfFile: middle.file, encoding: .utf8)
        let file = directory.path + "/site.p12"
        let outcome = try await Command.run(
            "openssl",
            [
                "pkcs12", "-export", "-in", made.file, "-inkey", made.keyFile, "-certfile",
                directory.write("others.crt", others), "-out", file, "-passout", "pass:\(passphrase)",
            ])
        try #require(outcome.code == 0, "\(outcome)")
        let key = passphrase.isEmpty ? "" : "key_passphrase_file = \"\(try directory.write("pass", passphrase))\""
        try await Gatehouse.serving(toml(port, "cert_file = \"\(file)\"\n\(key)")) { _ async throws in
            let outcome = try await Command.sClient(
                port, ["-CAfile", root.file, "-verify_return_error", "-verify_hostname", "localhost", "-showcerts"])
            #expect(outcome.text.contains("Verify return code: 0 (ok)"), "\(outcome)")
        }
        guard !passphrase.isEmpty else { return }
        let wrong = try await check(toml(port, "cert_file = \"\(file)\""), in: directory)
        #expect(wrong.errors.contains("its passphrase is not that of key_passphrase_file"), "\(wrong)")
    }

    @Test("a key may be named by the URI of a provider's store")
    func store() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let made = try await MadeCertificate.make("site", in: directory, names: ["DNS:localhost"])
        // OpenSSL's own store, which every system has; of a token the scheme is pkcs11.
        let ssl = "cert_file = \"\(made.file)\"\nkey_file = \"file:\(made.keyFile)\""
        try await Gatehouse.serving(toml(port, ssl)) { _ async throws in
            #expect(try await Command.sClient(port, []).text.contains("CN = site"))
        }
        let wrong = try await check(toml(port, "cert_file = \"\(made.file)\"\nkey_file = \"pkcs11:object=none\""), in: directory)
        #expect(wrong.errors.contains("sites[0].ssl.key_file: cannot read the key pkcs11:object=none:"), "\(wrong)")
    }
}
