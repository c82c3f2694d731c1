import Foundation
import TestSupport
import Testing

/// Keys that never leave their token: a PKCS#11 token of SoftHSM, through OpenSSL's `pkcs11` provider.
@Suite("Keys in a token")
struct KeyStoreTests {
    /// Where the provider is: as OpenSSL's own modules, or where the environment says. Debian 12 has no package of it.
    private static let provider = [
        ProcessInfo.processInfo.environment["PKCS11_PROVIDER"], "/usr/lib/x86_64-linux-gnu/ossl-modules/pkcs11.so",
        "/usr/lib/aarch64-linux-gnu/ossl-modules/pkcs11.so",
    ].compactMap(\.self).first(where: FileManager.default.fileExists)
    private static let module = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"]
        .first(where: FileManager.default.fileExists)

    @Test("a URI that no provider opens is told, and an encrypted key without a passphrase, each with what to do")
    func notOpened() async throws {
        let certificates = try await Certificates.ready()
        let directory = try TemporaryDirectory()
        let encrypted = directory.path + "/encrypted.key"
        let made = try await Command.run(
            "openssl", ["pkcs8", "-topk8", "-in", certificates.local.key, "-out", encrypted, "-passout", "pass:secret"])
        try #require(made.code == 0, "\(made)")
        for (key, words) in [
            ("pkcs11:object=www", "no provider of OpenSSL opens such a URI; openssl.cnf has to load one"),
            (encrypted, "key_passphrase_file must name a file with its passphrase"),
        ] {
            let ssl = "enabled = true\ncert_file = \"\(certificates.local.certificate)\"\nkey_file = \"\(key)\""
            let toml = "[[sites]]\nhostname = \"localhost\"\nport = 8443\nrespond = { body = \"\" }\n[sites.ssl]\n\(ssl)\n"
            let outcome = try await Command.run(Place.gatehouse, ["check", try directory.write("check.toml", toml)])
            #expect(outcome.code == 1 && outcome.errors.contains(words), "\(outcome)")
        }
    }

    @Test(
        "a site serves with the key of a PKCS#11 token, and a wrong PIN is told",
        .enabled(if: provider != nil && module != nil, "needs softhsm2 and pkcs11-provider, which Debian 12 does not have"))
    func served() async throws {
        let (provider, module) = (try #require(Self.provider), try #require(Self.module))
        let certificates = try await Certificates.ready()
        let directory = try TemporaryDirectory()
        try directory.write("tokens/.keep", "")
        let environment = [
            "SOFTHSM2_CONF": try directory.write("softhsm2.conf", "directories.tokendir = \(directory.path)/tokens\n"),
            "OPENSSL_CONF": try directory.write(
                "openssl.cnf",
                """
                openssl_conf = start
                [start]
                providers = all
                [all]
                default = default_one
                pkcs11 = token_one
                [default_one]
                activate = 1
                [token_one]
                module = \(provider)
                pkcs11-module-path = \(module)
                activate = 1

                """),
        ]
        let script = """
            openssl pkcs8 -topk8 -nocrypt -in "$0" -out "$1/key.pk8"
            softhsm2-util --init-token --free --label gatehouse --pin 1234 --so-pin 5678
            softhsm2-util --import "$1/key.pk8" --token gatehouse --label www --id 01 --pin 1234
            rm "$1/key.pk8"
            """
        let made = try await Command.run(
            "sh", ["-ec", script, certificates.local.key, directory.path],
            environment: ["SOFTHSM2_CONF": environment["SOFTHSM2_CONF"] ?? ""])
        try #require(made.code == 0, "\(made)")
        let port = try FreePort()
        func toml(_ pin: String) throws -> String {
            """
            [[sites]]
            hostname = "localhost"
            port = \(port)
            respond = { body = "from a token" }
            [sites.ssl]
            enabled = true
            cert_file = "\(certificates.local.certificate)"
            key_file = "pkcs11:token=gatehouse;object=www;type=private"
            key_passphrase_file = "\(try directory.write("pin-\(pin)", pin + "\n"))"
            """
        }
        try await Gatehouse.serving(toml("1234"), environment: environment) { _ async throws in
            for version in ["1.2", "1.3"] {
                let answer = try await Command.curl([
                    "--cacert", certificates.authority, "--tlsv\(version)", "--tls-max", version, "https://localhost:\(port)/",
                ])
                #expect(answer.text == "from a token", "\(answer)")
            }
        }
        let wrong = try await Command.run(
            Place.gatehouse, ["check", try directory.write("wrong.toml", toml("9999"))], environment: environment)
        #expect(wrong.code == 1 && wrong.errors.contains("sites[0].ssl.key_file: cannot read the key pkcs11:"), "\(wrong)")
        #expect(wrong.errors.contains("or the PIN of key_passphrase_file is not the token's"), "\(wrong)")
    }

    /// A TPM in software, whose key never leaves it, and what openssl.cnf must say of it.
    private struct TPM {
        let process: ChildProcess
        let directory: TemporaryDirectory
        let certificate: String

        static let isThere = ["swtpm", "tpm2_createprimary"].allSatisfy {
            FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
        }
        static let preference = "default_properties = ?provider=tpm2,tpm2.digest!=yes,tpm2.cipher!=yes,tpm2.rand!=yes"
        private var address: String { "swtpm:path=\(directory.path)/socket" }

        init() async throws {
            directory = try TemporaryDirectory()
            certificate = directory.path + "/tpm.crt"
            try directory.write("state/.keep", "")
            let path = directory.path
            process = try ChildProcess(
                "swtpm",
                [
                    "socket", "--tpm2", "--tpmstate", "dir=\(path)/state", "--server", "type=unixio,path=\(path)/socket",
                    "--ctrl", "type=unixio,path=\(path)/socket.ctrl", "--flags", "not-need-init,startup-clear",
                ])
            // A persistent object: swtpm has no resource manager, which others that are loaded need.
            let script = """
                timeout 60 sh -c 'until [ -S socket ] && [ -S socket.ctrl ]; do :; done'
                tpm2_createprimary -Q -C o -c primary
                tpm2_flushcontext -t
                tpm2_create -Q -C primary -G ecc256:ecdsa -u public -r private \\
                    -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign'
                tpm2_flushcontext -t
                tpm2_load -Q -C primary -u public -r private -c key
                tpm2_evictcontrol -Q -C o -c key 0x81000001
                tpm2_flushcontext -t
                openssl req -provider tpm2 -provider default -propquery '?provider=tpm2' -new -x509 -key handle:0x81000001 \
                    -subj /CN=localhost -addext subjectAltName=DNS:localhost -days 3 -out tpm.crt
                """
            let made = try await Command.run("env", ["-C", path, "sh", "-ec", script], environment: environment(nil))
            try #require(made.code == 0, "\(made)")
        }

        func site(_ port: FreePort, workers: Int = 1) -> String {
            """
            [performance]
            worker_threads = \(workers)
            [[sites]]
            hostname = "localhost"
            port = \(port)
            respond = { body = "from a TPM" }
            [sites.ssl]
            enabled = true
            cert_file = "\(certificate)"
            key_file = "handle:0x81000001"
            min_version = "1.3"
            groups = ["X25519"]
            """
        }

        /// - Parameter preferred: a line for OpenSSL's preferences; nil: openssl.cnf knows of no TPM.
        func environment(_ preferred: String?) throws -> [String: String] {
            var variables = ["TPM2TOOLS_TCTI": address, "TPM2OPENSSL_TCTI": address]
            guard let preferred else { return variables }
            variables["OPENSSL_CONF"] = try directory.write(
                "openssl-\(preferred.isEmpty ? "plain" : "preferring").cnf",
                """
                openssl_conf = start
                [start]
                providers = all
                alg_section = preferences
                [all]
                default = one
                tpm2 = one
                [one]
                activate = 1
                [preferences]
                \(preferred)

                """)
            return variables
        }
    }

    @Test(
        "a site serves with the key of a TPM, and one that cannot sign is told before anybody comes",
        .enabled(if: TPM.isThere, "needs swtpm, tpm2-tools and tpm2-openssl"))
    func tpm() async throws {
        let tpm = try await TPM()
        let port = try FreePort()
        let toml = tpm.site(port)
        let preferring = try tpm.environment(TPM.preference)
        try await Gatehouse.serving(toml, environment: preferring) { _ async throws in
            let answer = try await Command.curl(["--cacert", tpm.certificate, "--tlsv1.3", "https://localhost:\(port)/"])
            #expect(answer.text == "from a TPM", "\(answer)")
        }
        let file = try tpm.directory.write("gatehouse.toml", toml)
        let plain = try await Command.run(Place.gatehouse, ["check", file], environment: tpm.environment(""))
        #expect(plain.code == 1 && plain.errors.contains("the key handle:0x81000001 does not sign"), "\(plain)")
    }

    @Test(
        "of a TPM serve several workers at once: each waits for its turn", .enabled(if: TPM.isThere, "needs swtpm and others"))
    func severalWorkers() async throws {
        let tpm = try await TPM()
        let port = try FreePort()
        try await Gatehouse.serving(tpm.site(port, workers: 4), environment: tpm.environment(TPM.preference)) { _ async throws in
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask {
                        // A connection each: no session is resumed.
                        for _ in 0..<12 {
                            let answer = try await Command.curl(["--cacert", tpm.certificate, "https://localhost:\(port)/"])
                            #expect(answer.text == "from a TPM", "\(answer)")
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
