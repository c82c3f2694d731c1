import Foundation
import Glibc
import TestSupport
import Testing

/// Other ACME clients beside the gateway, at one authority: the same names, and what they have got is taken over.
@Suite("Another ACME client's certificate", .enabled("pebble is not installed") { Managed.isThere })
struct ForeignClientTests {
    private let managed: Managed
    private let names = ["a.test", "b.test"]

    init() throws { managed = try Managed() }

    private static func isThere(_ program: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: "/usr/bin/\(program)")
    }

    /// certbot 2.1 and lego 4.9 give up when nonces are refused.
    private func pebble() async throws -> Pebble {
        try await Pebble(
            http: managed.http, tls: managed.tls, names: names, environment: ["PEBBLE_WFE_NONCEREJECT": "0"],
            in: managed.directory)
    }

    /// The names that a certificate is for, as openssl tells them.
    private func subject(of file: String) async throws -> String {
        let outcome = try await Command.run("openssl", ["x509", "-in", file, "-noout", "-ext", "subjectAltName"])
        #expect(outcome.code == 0, "\(outcome)")
        return outcome.text
    }

    /// What another client has in `file` of `folder` is taken over and served, and nothing is ordered; and without it Gatehouse
    /// gets one for the same names from the same authority.
    private func takeOver(_ folder: String, _ file: String, from pebble: Pebble) async throws {
        let toml = managed.toml(pebble.ssl, names: names)
        let configuration = try managed.directory.write("import.toml", toml)
        let taken = try await Command.run(Place.gatehouse, ["certs", "-c", configuration, "--import", folder])
        #expect(taken.code == 0 && taken.text.contains("a.test: taken from \(file)"), "\(taken)")
        let root = try await pebble.root(in: managed.directory)
        let orders = pebble.count("/order-plz")
        try await Gatehouse.serving(toml) { _ in
            for name in names {
                let served = try await managed.get(name, trusting: root)
                #expect(served.text == "here\n", "\(served)")
            }
        }
        #expect(pebble.count("/order-plz") == orders)
        try FileManager.default.removeItem(atPath: managed.state)
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
        }
        #expect(pebble.count("/order-plz") == orders + 1)
        let own = try await subject(of: managed.state + "/acme/certificates/a.test/certificate.pem")
        #expect(try await subject(of: file) == own && own.contains("DNS:a.test, DNS:b.test"), "\(own)")
    }

    @Test(
        "lego's, by http-01 and by tls-alpn-01", .enabled("lego is not installed") { isThere("lego") },
        arguments: ["http", "tls"])
    func lego(way: String) async throws {
        let pebble = try await pebble()
        let certificates = try await Certificates.ready()
        let folder = managed.directory.path + "/lego"
        let port = way == "http" ? managed.http : managed.tls
        let got = try await Command.run(
            "lego",
            ["--server", pebble.directoryURL, "--email", "ops@example.com", "--accept-tos", "--path", folder]
                + names.flatMap { ["--domains", $0] } + ["--\(way)", "--\(way).port", "127.0.0.1:\(port)", "run"],
            environment: ["LEGO_CA_CERTIFICATES": certificates.authority])
        #expect(got.code == 0, "\(got)")
        try await takeOver(folder, "\(folder)/certificates/a.test.crt", from: pebble)
    }

    @Test("certbot's", .enabled("certbot is not installed") { isThere("certbot") })
    func certbot() async throws {
        let pebble = try await pebble()
        let certificates = try await Certificates.ready()
        let folder = managed.directory.path + "/letsencrypt"
        let got = try await Command.run(
            "certbot",
            [
                "certonly", "--standalone", "--http-01-address", "127.0.0.1", "--http-01-port", "\(managed.http)", "--server",
                pebble.directoryURL, "--config-dir", folder, "--work-dir", folder + "-work", "--logs-dir", folder + "-logs",
                "--non-interactive", "--agree-tos", "--register-unsafely-without-email",
            ] + names.flatMap { ["-d", $0] }, environment: ["REQUESTS_CA_BUNDLE": certificates.authority])
        #expect(got.code == 0, "\(got)")
        try await takeOver(folder, "\(folder)/live/a.test/fullchain.pem", from: pebble)
    }

    @Test("Caddy's", .enabled("Caddy is not installed") { isThere("caddy") })
    func caddy() async throws {
        let pebble = try await pebble()
        let certificates = try await Certificates.ready()
        let folder = managed.directory.path + "/caddy"
        // Caddy gets a certificate for each name: here it has the one name.
        let file = try managed.directory.write(
            "Caddyfile",
            """
            {
                admin off
                http_port \(managed.http)
                https_port \(managed.tls)
                default_bind 127.0.0.1
                acme_ca \(pebble.directoryURL)
                acme_ca_root \(certificates.authority)
                storage file_system \(folder)
            }
            a.test {
                respond "caddy"
            }
            """)
        let caddy = try ChildProcess("caddy", ["run", "--config", file, "--adapter", "caddyfile"])
        _ = try await caddy.errors.first("a certificate") { $0.contains("certificate obtained successfully") }
        caddy.signal(SIGTERM)
        try await caddy.exit()
        let toml = managed.toml(pebble.ssl)
        let configuration = try managed.directory.write("import.toml", toml)
        let taken = try await Command.run(Place.gatehouse, ["certs", "-c", configuration, "--import", folder])
        #expect(taken.code == 0 && taken.text.contains("a.test: taken from \(folder)/certificates/"), "\(taken)")
        let root = try await pebble.root(in: managed.directory)
        let orders = pebble.count("/order-plz")
        try await Gatehouse.serving(toml) { _ in
            let served = try await managed.get("a.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
        }
        #expect(pebble.count("/order-plz") == orders)
    }
}
