import Foundation
import TestSupport
import Testing

/// Revocation lists in files of authorities, where no key names lists: OpenSSL would load them, and ask none.
@Suite("Revocation lists among the authorities of a service")
struct StrayRevocationTests {
    /// The key, what stands before the site and in it; AUTHORITIES and SECRET are files.
    static let places: [(String, String, String)] = [
        (
            "logging.syslog_ca_file",
            "[logging]\naccess_log = \"syslog+tls://127.0.0.1:1\"\nsyslog_ca_file = \"AUTHORITIES\"", ""
        ),
        ("tracing.ca_file", "[tracing]\nendpoint = \"https://127.0.0.1:1\"\nca_file = \"AUTHORITIES\"", ""),
        (
            "fleet.ca_file",
            "[fleet]\nname = \"edge\"\nendpoints = [\"https://127.0.0.1:1\"]\nsecret_file = \"SECRET\"\n"
                + "ca_file = \"AUTHORITIES\"", ""
        ),
        (
            "fleet.redis.ca_file",
            "[fleet]\nname = \"edge\"\nendpoints = [\"https://127.0.0.1:1\"]\nsecret_file = \"SECRET\"\n"
                + "[fleet.redis]\nendpoints = [\"rediss://127.0.0.1:1\"]\nca_file = \"AUTHORITIES\"", ""
        ),
        (
            "sites[0].jwt.jwks_ca_file", "",
            "[sites.jwt]\njwks_url = \"https://127.0.0.1:1/\"\njwks_ca_file = \"AUTHORITIES\"\nissuer = \"i\"\naudience = \"a\""
        ),
        ("sites[0].forward_auth.ca_file", "", "[sites.forward_auth]\nurl = \"https://127.0.0.1:1/\"\nca_file = \"AUTHORITIES\""),
        (
            "sites[0].ssl.acme.ca_file", "",
            "[sites.ssl]\nauto_cert = true\nacme = { directory = \"https://127.0.0.1:1/\", ca_file = \"AUTHORITIES\" }"
        ),
        (
            "sites[0].ssl.acme.ca_file", "",
            "[sites.ssl]\nauto_cert = true\non_demand = { names = [\"*.a.test\"] }\n"
                + "acme = { directory = \"https://127.0.0.1:1/\", ca_file = \"AUTHORITIES\" }"
        ),
        (
            "sites[0].proxy.upstreams[0].ca_file", "",
            "[sites.proxy]\nenabled = true\n[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"https://127.0.0.1:1\"\n"
                + "ca_file = \"AUTHORITIES\"\n[[sites.proxy.routes]]\npath = \"/\"\nupstream = \"app\""
        ),
    ]

    /// Makes an authority, and beside it `both.pem`: its certificate with a list of what it has revoked.
    static func makeAuthority(in directory: TemporaryDirectory) async throws -> MadeCertificate {
        let root = try await MadeCertificate.make(
            "root", in: directory,
            extensions: ["basicConstraints = critical,CA:TRUE", "keyUsage = critical,keyCertSign,cRLSign"])
        let script = """
            cd "$0" && : >gone
            printf '[ca]\\ndefault_ca = x\\n[x]\\ndatabase = gone\\ndefault_md = sha256\\n' >gone.cnf
            openssl ca -config gone.cnf -cert root.crt -keyfile root.key -gencrl -crldays 30 -out root.crl
            cat root.crt root.crl >both.pem
            """
        let made = try await Command.run("sh", ["-ec", script, directory.path])
        try #require(made.code == 0, "\(made)")
        return root
    }

    /// What `gatehouse check` says of one of these places with a file of authorities.
    static func check(
        _ authorities: String, top: String, site: String, in directory: TemporaryDirectory
    ) async throws -> Command.Outcome {
        let secret = try directory.write("secret", String(repeating: "0f", count: 32) + "\n")
        let toml = """
            \(top)
            [server]
            state_dir = "\(directory.path)/state"
            [[sites]]
            hostname = "a.test"
            port = \(try FreePort())
            respond = { body = "hello" }
            \(site)
            """
        let text = toml.replacing("AUTHORITIES", with: authorities).replacing("SECRET", with: secret)
        return try await Command.run(Place.gatehouse, ["check", try directory.write("check.toml", text)])
    }

    @Test("are an error at the key that names the file, and the same file without them is none", arguments: places)
    func refused(key: String, top: String, site: String) async throws {
        let directory = try TemporaryDirectory()
        let root = try await Self.makeAuthority(in: directory)
        func check(_ authorities: String) async throws -> Command.Outcome {
            try await Self.check(authorities, top: top, site: site, in: directory)
        }
        let outcome = try await check("\(directory.path)/both.pem")
        #expect(outcome.code == 1, "\(outcome)")
        #expect(outcome.errors.contains("error: \(key): \(directory.path)/both.pem holds revocation lists, too"), "\(outcome)")
        #expect(outcome.errors.contains("out of it"), "\(outcome)")
        let right = try await check(root.file)
        #expect(right.code == 0, "\(right)")
    }
}
