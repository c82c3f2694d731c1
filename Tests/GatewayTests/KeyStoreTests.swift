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
    }
}
