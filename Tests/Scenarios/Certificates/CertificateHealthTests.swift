import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Certificates in trouble", .enabled("pebble is not installed") { Managed.isThere })
struct CertificateHealthTests {
    private let managed: Managed

    init() throws { managed = try Managed() }

    private struct Status: Decodable {
        struct Certificate: Decodable {
            var site: String
            var health: String
            var expires: String?
        }
        var certificates: [Certificate]
    }

    private func gateway(_ toml: String) async throws -> ReloadingGatehouse {
        try await ReloadingGatehouse(toml, in: managed.directory)
    }

    private static let key = "0123456789abcdef0123456789abcdef"

    /// What the management listener says of the gateway's health.
    private func health(_ management: FreePort) async throws -> String {
        try await Command.curl(["-H", "X-API-Key: \(Self.key)", "http://127.0.0.1:\(management)/health/detailed"]).text
    }

    private func status(_ running: ReloadingGatehouse, _ more: String...) async throws -> Command.Outcome {
        try await running.command(["status"] + more)
    }

    /// Asks until the status says so: the log's line may come before what it tells of is in the status.
    private func status(_ running: ReloadingGatehouse, _ more: String..., saying words: String) async throws -> Command.Outcome {
        var told = try await running.command(["status"] + more)
        try await eventually("\"\(words)\" in the status") {
            if told.text.contains(words) { return true }
            told = try await running.command(["status"] + more)
            return false
        }
        return told
    }

    @Test("are told by the status, its exit code and the metrics: missing, failing, expiring soon, and good again")
    func told() async throws {
        let pebble = try await Pebble(http: managed.http, tls: managed.tls, names: ["a.test"], in: managed.directory)
        let nowhere = try FreePort()
        let gone = pebble.ssl.replacing(pebble.directoryURL, with: "https://localhost:\(nowhere)/dir")
        let management = try FreePort()
        let metrics = "[management]\nenabled = true\nport = \(management)\napi_key = \"\(Self.key)\"\n[metrics]\nenabled = true\n"
        let running = try await gateway(metrics + managed.toml(gone))
        _ = try await running.process.errors.line("no certificate ")
        let missing = try await status(running, "--health", saying: "is not there: handshakes are refused")
        #expect(missing.code == 1 && missing.text.contains("is not there: handshakes are refused"), "\(missing)")
        #expect(try await Scrape(running).text().contains("gatehouse_certificates_in_trouble{reason=\"missing\"} 1"))
        let sick = try await health(management)
        #expect(sick.contains("\"degraded\"") && sick.contains("\"missing\""), "\(sick)")
        // It comes, and is good.
        _ = try await running.reload(metrics + managed.toml(pebble.ssl))
        _ = try await running.process.errors.line("a new certificate is in use")
        let good = try await status(running, "--health", "--json", saying: "\"good\"")
        let found = try JSONDecoder().decode(Status.self, from: Data(good.output)).certificates
        #expect(good.code == 0 && found.map(\.health) == ["good"] && found[0].expires != nil, "\(good)")
        let well = try await health(management)
        #expect(well.contains("\"ok\"") && !well.contains("expires"), "\(well)")
        // The threshold is longer than its life of a day: a quarter of that counts.
        #expect(try await Scrape(running).text().contains("gatehouse_certificates_in_trouble{reason=\"expires_soon\"} 0"))
        // The next one cannot be had: the certificate that is there stays, and the trouble is told.
        _ = try await running.reload(metrics + managed.toml(gone, names: ["a.test", "b.test"]))
        _ = try await running.process.errors.first("a failed renewal") { $0.contains("no certificate ") && $0.contains("b.test") }
        let failing = try await status(running, "--health", saying: "is not renewed, the last try has failed")
        #expect(failing.code == 1 && failing.text.contains("is not renewed, the last try has failed"), "\(failing)")
        // A reload forgets nothing of it.
        _ = try await running.reload(metrics + managed.toml(gone, names: ["a.test", "b.test"]))
        let again = try await status(running, "--health")
        #expect(again.code == 1, "\(again)")
    }

    @Test("of files are told by the threshold: more than a quarter of their life is never soon")
    func files() async throws {
        let soon = try await MadeCertificate.make("soon", in: managed.directory, days: -86...4, names: ["DNS:a.test"])
        let toml = managed.toml("ssl = { enabled = true, cert_file = \"\(soon.file)\", key_file = \"\(soon.keyFile)\" }")
        let running = try await gateway(toml)
        let told = try await status(running, "--health")
        #expect(told.code == 1 && told.text.contains("expires soon"), "\(told)")
        _ = try await running.reload("[tls]\nexpiry_threshold = \"2d\"\n" + toml)
        let untold = try await status(running, "--health")
        #expect(untold.code == 0 && !untold.text.contains("expires soon"), "\(untold)")
    }

    @Test(
        "would be all of a public authority's if they were kept in memory alone: an error, unless it is meant"
    )
    func volatile() async throws {
        // Debian mounts a tmpfs there.
        guard try await Command.run("stat", ["-f", "-c", "%T", "/dev/shm"]).text.contains("tmpfs") else { return }
        func check(_ top: String, _ ssl: String) async throws -> Command.Outcome {
            let toml = """
                [server]
                state_dir = "/dev/shm/gatehouse-tests-none/state"
                \(top)
                [[sites]]
                hostname = "www.example.com"
                port = 443
                static_dir = "\(managed.directory.path)/www"
                [sites.ssl]
                auto_cert = true
                \(ssl)
                """
            return try await Command.run(Place.gatehouse, ["check", try managed.directory.write("volatile.toml", toml)])
        }
        let refused = try await check("", "")
        #expect(refused.code == 1 && refused.errors.contains("volatile.toml:2"), "\(refused)")
        #expect(refused.errors.contains("server.state_dir") && refused.errors.contains("is on a tmpfs"), "\(refused)")
        #expect(try await check("volatile_state = true", "").code == 0)
        #expect(try await check("", "acme.staging = true").code == 0)
        #expect(try await check("", "acme.directory = \"https://localhost:14000/dir\"").code == 0)
    }
}
