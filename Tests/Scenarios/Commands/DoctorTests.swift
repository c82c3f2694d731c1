import Foundation
import TestSupport
import Testing

/// What is wrong with a machine or a configuration, and whether `gatehouse doctor` finds it.
@Suite("gatehouse doctor")
struct DoctorTests {
    private struct Finding: Decodable, Sendable {
        var area: String
        var verdict: String
        var subject: String
        var message: String
        var remedy: String?
        var place: String?
    }

    private struct Report: Decodable {
        var errors: Int
        var warnings: Int
        var findings: [Finding]
    }

    /// Runs it, and holds the exit code against what it says.
    private func examine(
        _ toml: String, in directory: TemporaryDirectory, mode: Int = 0o644, arguments: [String] = [],
        variables: [String: String] = [:]
    ) async throws -> [Finding] {
        let file = try directory.write("doctor.toml", toml)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return try findings(
            await Command.run(
                Place.gatehouse, ["doctor", "-c", file, "--json"] + arguments,
                environment: variables.merging(["RUNTIME_DIRECTORY": directory.path]) { $1 }))
    }

    private func findings(_ outcome: Command.Outcome) throws -> [Finding] {
        let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output))
        #expect(report.errors == report.findings.count { $0.verdict == "error" })
        #expect(outcome.code == (report.errors > 0 ? 1 : 0), "\(outcome)")
        for finding in report.findings where finding.verdict == "error" {
            #expect(finding.remedy != nil, "an error without a remedy: \(finding)")
        }
        return report.findings
    }

    private func site(_ port: FreePort, _ more: String = "") -> String {
        "[[sites]]\nhostname = \"localhost\"\nlisten = \"127.0.0.1\"\nport = \(port)\nrespond = { body = \"hello\" }\n\(more)"
    }

    private func own(_ findings: [Finding], _ area: String) -> [Finding] { findings.filter { $0.area == area } }

    @Test("a configuration that is right on a machine that is fit has no error, and each area is looked at")
    func wellAll() async throws {
        let directory = try TemporaryDirectory()
        let certificates = try await Certificates.ready()
        let upstream = try Upstream { _, wire in _ = try wire.readToEnd() }
        let found = try await examine(
            Sites.proxy(try FreePort(), to: "http://localhost:\(upstream.port)", ssl: certificates.ssl()), in: directory)
        #expect(!found.contains { $0.verdict == "error" }, "\(found)")
        #expect(
            Set(found.map(\.area)) == [
                "configuration", "descriptors", "ports", "clock", "names", "certificates", "files", "upstreams", "kernel",
            ])
    }

    @Test("what keeps one of several sites from being served is an error, as it is of check")
    func oneOfSeveral() async throws {
        let (port, other) = (try FreePort(), try FreePort())
        let broken = "[[sites]]\nhostname = \"b.test\"\nlisten = \"127.0.0.1\"\nport = \(other)\nstatic_dir = \"/nonexistent\"\n"
        let found = try await examine(site(port) + broken, in: try TemporaryDirectory())
        let errors = found.filter { $0.verdict == "error" }
        #expect(errors.map(\.subject) == ["sites[1].static_dir"], "\(found)")
        #expect(!found.contains { $0.message == "it is right" }, "\(found)")
    }

    @Test("text has a line for each finding, its remedy below it, and a count; --faults leaves out what is well")
    func text() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("doctor.toml", site(try FreePort(), "colour = 1\n"))
        let all = try await Command.run(Place.gatehouse, ["doctor", "-c", file])
        #expect(all.code == 1 && all.text.contains("\nok "), "\(all)")
        let faults = try await Command.run(Place.gatehouse, ["doctor", "--faults", "-c", file])
        #expect(faults.text.hasPrefix("error    configuration  sites[0].colour: "), "\(faults)")
        #expect(faults.text.contains("(\(file):6)"), "\(faults)")
        #expect(!faults.text.contains("\nok "), "\(faults)")
        #expect(faults.text.contains(/\n1 error, [0-9]+ warnings?\n$/), "\(faults)")
        let missing = try await Command.run(Place.gatehouse, ["doctor", "-c", directory.path + "/none.toml"])
        #expect(missing.code == 1 && missing.text.contains("none.toml"), "\(missing)")
        let usage = try await Command.run(Place.gatehouse, ["doctor", "--timeout", "0"])
        #expect(usage.code == 2, "\(usage)")
        let help = try await Command.run(Place.gatehouse, ["doctor", "--help"])
        #expect(help.code == 0 && help.text.contains("--faults"), "\(help)")
    }

    @Test("a limit on open files below what performance.max_connections needs is an error")
    func descriptors() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "doctor.toml", "[performance]\nmax_connections = 1000\n" + site(try FreePort()))
        let outcome = try await Command.run(
            "bash", ["-c", "ulimit -n 2255; exec \"$0\" doctor --json -c \"$1\"", Place.gatehouse, file])
        let found = own(try findings(outcome), "descriptors")
        #expect(found.map(\.verdict) == ["error"] && found[0].remedy?.contains("LimitNOFILE=2256") == true, "\(found)")
    }

    @Test("a port that another program has is an error, one that a running gateway has is none")
    func ports() async throws {
        let directory = try TemporaryDirectory()
        let other = try Upstream { _, wire in _ = try wire.readToEnd() }
        let toml =
            "[[sites]]\nhostname = \"localhost\"\nlisten = \"127.0.0.1\"\nport = \(other.port)\nrespond = { body = \"a\" }\n"
        let taken = own(try await examine(toml, in: directory), "ports")
        #expect(taken.map(\.verdict) == ["error"] && taken[0].remedy?.contains("ss -ltnp") == true, "\(taken)")
        #expect(taken[0].place?.hasSuffix("doctor.toml:4") == true, "\(taken)")

        let port = try FreePort()
        let gateway = try await ReloadingGatehouse(site(port), in: directory)
        let file = try directory.write("doctor.toml", site(port))
        let held = own(try findings(try await gateway.command(["doctor", "--json", "-c", file])), "ports")
        #expect(held.map(\.verdict) == ["ok"] && held[0].message.contains("process \(gateway.process.pid)"), "\(held)")
        try await gateway.end()
    }

    @Test("the ports of [management] and metrics.listen are looked at, too, and whether the gateway at admin.socket has them")
    func controlPorts() async throws {
        let directory = try TemporaryDirectory()
        let (port, management, metrics) = (try FreePort(), try FreePort(), try FreePort())
        func control(_ management: String, _ metrics: String) -> String {
            """
            [management]
            enabled = true
            port = \(management)
            api_key = "0123456789abcdef"
            [metrics]
            listen = "127.0.0.1:\(metrics)"

            """ + site(port)
        }
        let toml = "[admin]\nsocket = \"\(directory.path)/own.sock\"\n" + control("\(management)", "\(metrics)")
        let free = own(try await examine(toml, in: directory), "ports")
        #expect(free.map(\.message) == ["free", "free", "free"], "\(free)")

        let arguments = ["run", "-c", directory.path + "/doctor.toml"]
        let gateway = try ChildProcess(Place.gatehouse, arguments, directory: directory.path)
        _ = try await gateway.errors.first { $0.contains(": serving addresses=") }
        let held = own(try await examine(toml, in: directory), "ports")
        #expect(held.count == 3 && held.allSatisfy { $0.message.contains("process \(gateway.pid)") }, "\(held)")
        gateway.terminate()
        _ = try await gateway.exit()

        let other = try Upstream { _, wire in _ = try wire.readToEnd() }
        for (toml, line) in [(control("\(other.port)", "\(metrics)"), 3), (control("\(management)", "\(other.port)"), 6)] {
            let taken = own(try await examine(toml, in: directory), "ports").filter { $0.verdict == "error" }
            #expect(taken.count == 1 && taken[0].place?.hasSuffix("doctor.toml:\(line)") == true, "\(taken)")
        }
    }

    @Test("an address that this machine does not have is an error")
    func foreignAddress() async throws {
        // Of RFC 5737: nobody's.
        let toml = "[[sites]]\nhostname = \"localhost\"\nlisten = \"192.0.2.1\"\nport = 8080\nrespond = { body = \"a\" }\n"
        let found = own(try await examine(toml, in: try TemporaryDirectory()), "ports")
        #expect(found.map(\.verdict) == ["error"] && found[0].remedy?.contains("ip address") == true, "\(found)")
    }

    @Test("a name without an address is an error; a server where nobody listens is one")
    func upstreams() async throws {
        let directory = try TemporaryDirectory()
        // RFC 6761: a name that nobody has.
        let unknown = try await examine(Sites.proxy(try FreePort(), to: "http://nobody.invalid:1"), in: directory)
        #expect(own(unknown, "names").map(\.verdict) == ["error"], "\(unknown)")
        let closed = try FreePort()
        let unreached = own(
            try await examine(Sites.proxy(try FreePort(), to: "http://127.0.0.1:\(closed)"), in: directory), "upstreams")
        #expect(unreached.map(\.verdict) == ["error"] && unreached[0].message.contains("refused"), "\(unreached)")
        let noSocket = own(
            try await examine(Sites.proxy(try FreePort(), to: "unix:\(directory.path)/none.sock"), in: directory), "upstreams")
        #expect(noSocket.map(\.verdict) == ["error"], "\(noSocket)")
    }

    @Test("an upstream's certificate is judged as the gateway would: an error, a warning with verify = false, or well")
    func upstreamTLS() async throws {
        let directory = try TemporaryDirectory()
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let server = try ChildProcess(
            "openssl",
            [
                "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificates.local.certificate, "-key",
                certificates.local.key,
            ])
        _ = try await server.output.first("ACCEPT") { $0.hasPrefix("ACCEPT") }
        let url = "https://127.0.0.1:\(port)"
        for (keys, verdict, remedy) in [
            ("ca_file = \"\(certificates.authority)\"", "ok", ""), ("", "error", "ca_file"),
            ("verify = false", "warning", "ca_file"),
            ("ca_file = \"\(certificates.authority)\"\ntls_server_name = \"other.test\"", "error", "tls_server_name"),
        ] {
            let found = own(try await examine(Sites.proxy(try FreePort(), to: url, upstream: keys), in: directory), "upstreams")
            #expect(found.map(\.verdict) == [verdict], "\(keys): \(found)")
            #expect(remedy.isEmpty || found.first?.remedy?.contains(remedy) == true, "\(keys): \(found)")
        }
        server.kill()
        _ = try await server.exit()
        let plain = try Upstream { _, wire in try wire.write("HTTP/1.1 400 Bad Request\r\n\r\n") }
        let found = own(
            try await examine(Sites.proxy(try FreePort(), to: "https://127.0.0.1:\(plain.port)"), in: directory), "upstreams")
        #expect(found.map(\.verdict) == ["error"] && found[0].message.contains("no handshake"), "\(found)")
    }

    @Test("a certificate that has expired is told, one that is well is, too; a key of another is an error")
    func certificates() async throws {
        let directory = try TemporaryDirectory()
        let expired = try await MadeCertificate.make("old", in: directory, days: -20 ... -10, names: ["DNS:localhost"])
        let old = own(try await examine(site(try FreePort(), expired.ssl), in: directory), "certificates")
        #expect(old.contains { $0.verdict == "warning" && $0.message.contains("expired") }, "\(old)")
        let well = try await MadeCertificate.make("well", in: directory, names: ["DNS:localhost"])
        let good = own(try await examine(site(try FreePort(), well.ssl), in: directory), "certificates")
        #expect(good.contains { $0.verdict == "ok" && $0.subject == well.file && $0.message.contains("good until") }, "\(good)")
        let mixed = well.ssl.replacing(well.keyFile, with: expired.keyFile)
        let wrong = own(try await examine(site(try FreePort(), mixed), in: directory), "certificates")
        #expect(wrong.contains { $0.verdict == "error" }, "\(wrong)")
    }

    @Test("a key that everybody may read is an error, and so is a configuration that everybody may change")
    func modes() async throws {
        let directory = try TemporaryDirectory()
        let made = try await MadeCertificate.make("key", in: directory, names: ["DNS:localhost"])
        for (mode, verdict) in [(0o600, "ok"), (0o640, "ok"), (0o644, "error"), (0o602, "error")] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: made.keyFile)
            let found = own(try await examine(site(try FreePort(), made.ssl), in: directory), "files")
            let key = try #require(found.first { $0.subject == made.keyFile })
            #expect(key.verdict == verdict, "\(key)")
            #expect(verdict == "ok" || key.remedy?.contains("chmod") == true, "\(key)")
        }
        let open = own(try await examine(site(try FreePort()), in: directory, mode: 0o666), "files")
        #expect(open.map(\.verdict) == ["error"] && open[0].remedy?.contains("chmod o-w") == true, "\(open)")
    }

    @Test("a configuration with a secret that everybody may read is a warning; one that names a variable has none")
    func secrets() async throws {
        let directory = try TemporaryDirectory()
        let scrapers = try FreePort()
        let metrics = "[metrics]\nlisten = \"127.0.0.1:\(scrapers)\"\ntoken = "
        let word = "0123456789abcdef"
        for (token, mode, verdict) in [(word, 0o644, "warning"), (word, 0o640, "ok"), ("${SCRAPERS}", 0o644, "ok")] {
            let toml = try metrics + "\"\(token)\"\n" + site(FreePort())
            let found = own(try await examine(toml, in: directory, mode: mode, variables: ["SCRAPERS": word]), "files")
            #expect(found.map(\.verdict) == [verdict], "\(found)")
            #expect(verdict == "ok" || found.first?.remedy?.contains("chmod 640") == true, "\(found)")
        }
        for (fields, verdict) in [
            ("[sites.request_headers]\nset = { Authorization = \"Bearer \(word)\" }\n", "warning"),
            ("[sites.headers]\nX-Api-Key = \"\(word)\"\n", "warning"),
            ("[sites.proxy.headers.add]\nX-Auth = \"\(word)\"\n", "warning"),
            ("[sites.request_headers]\nset = { Authorization = \"${SCRAPERS}\" }\n", "ok"),
            ("[sites.request_headers]\nset = { X-Auth-User = \"{client_ip}\", X-Env = \"prod\" }\n", "ok"),
        ] {
            let toml = try site(FreePort(), fields)
            let found = own(try await examine(toml, in: directory, mode: 0o644, variables: ["SCRAPERS": word]), "files")
            #expect(found.map(\.verdict) == [verdict], "\(fields) \(found)")
        }
        // Included, it is looked at by itself.
        let included = try directory.write("metrics.toml", metrics + "\"\(word)\"\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: included)
        let whole = try "include = [\"\(included)\"]\n" + site(FreePort())
        let found = own(try await examine(whole, in: directory), "files")
        #expect(found.map(\.verdict) == ["ok", "warning"] && found.last?.subject == included, "\(found)")
    }

    @Test("keys for tickets that everybody may read are an error, passwords' hashes a warning")
    func otherSecrets() async throws {
        let directory = try TemporaryDirectory()
        let keys = try directory.write("tickets", [UInt8](repeating: 7, count: 80))
        let passwords = try directory.write("passwords", "me:$5$rounds=1000$a$a\n")
        for file in [keys, passwords] {
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
        }
        let access = "[sites.access]\nrequire_auth = true\nauth_file = \"\(passwords)\"\n"
        let toml = try "[tls]\nticket_keys = \"\(keys)\"\n" + site(FreePort(), access)
        let found = own(try await examine(toml, in: directory), "files")
        #expect(found.first { $0.subject == keys }?.verdict == "error", "\(found)")
        #expect(found.first { $0.subject == passwords }?.verdict == "warning", "\(found)")
    }
}
