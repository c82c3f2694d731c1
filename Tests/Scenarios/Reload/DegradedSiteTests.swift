import Foundation
import Glibc
import TestSupport
import Testing

/// One bad site never stops the others.
@Suite("A site that cannot be served")
struct DegradedSiteTests {
    /// A configuration of several sites, of which parts can be missing.
    private struct Stage {
        let directory: TemporaryDirectory
        let certificates: Certificates
        let port: FreePort
        let plain: FreePort
        let upstream: Upstream

        init() async throws {
            directory = try TemporaryDirectory()
            certificates = try await Certificates.ready()
            (port, plain) = try (FreePort(), FreePort())
            upstream = try Upstream.saying("app")
            try directory.write("public/f.txt", "file")
        }

        /// Two sites of a TLS port; the first is the default.
        func secure(certificate: String = "b.crt") -> String {
            """
            [[sites]]
            hostname = "b.test"
            listen = "127.0.0.1"
            port = \(port)
            static_dir = "public"
            \(ssl(certificate, "b.key"))
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            static_dir = "public"
            \(certificates.ssl())

            """
        }

        private func ssl(_ certificate: String, _ key: String) -> String {
            "[sites.ssl]\nenabled = true\ncert_file = \"\(certificate)\"\nkey_file = \"\(key)\""
        }

        /// A site of a plain port with files, a route that works and one whose upstream needs a file.
        func mixed(directory: String = "public", authorities: String = "ca.crt") -> String {
            """
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(plain)
            static_dir = "\(directory)"
            health_path = "/healthz"
            [sites.proxy]
            enabled = true
            [[sites.proxy.upstreams]]
            name = "app"
            url = "http://127.0.0.1:\(upstream)"
            [[sites.proxy.upstreams]]
            name = "secure"
            url = "https://127.0.0.1:1"
            ca_file = "\(authorities)"
            [sites.proxy.health_check]
            enabled = true
            type = "tcp"
            [[sites.proxy.routes]]
            path = "/app/"
            upstream = "app"
            [[sites.proxy.routes]]
            path = "/secure/"
            upstream = "secure"
            [[sites.routes]]
            path = "/app/files/"
            files = true

            """
        }

        func write(_ toml: String) throws -> String { try directory.write("gatehouse.toml", toml) }

        func start(_ toml: String, _ options: [String] = []) async throws -> ChildProcess {
            let process = try ChildProcess(
                Place.gatehouse, ["run", "-c", try write(toml)] + options, directory: directory.path)
            _ = try await process.errors.first { $0.contains(": serving addresses=") }
            return process
        }

        func get(_ target: String) async throws -> Message {
            try await onThread {
                let wire = try Wire(to: plain.number)
                try wire.write("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return try wire.readAnswer()
            }
        }

        /// Copies what the TLS site lacks.
        func mend() throws {
            for (name, source) in [("b.crt", certificates.local.certificate), ("b.key", certificates.local.key)] {
                try FileManager.default.copyItem(atPath: source, toPath: directory.path + "/" + name)
            }
        }
    }

    private func end(_ process: ChildProcess) async throws {
        process.terminate()
        #expect(try await process.exit() == .code(0))
    }

    @Test("without its certificate gets its clients an alert and no other's certificate; a reload makes it whole")
    func certificate() async throws {
        let stage = try await Stage()
        let process = try await stage.start(stage.secure())
        let lines = process.errors.all.filter { $0.contains("a site is degraded, and the others are served") }
        #expect(lines.count == 2 && lines.allSatisfy { $0.contains("site=b.test") && $0.contains(": error: ") }, "\(lines)")
        #expect(lines[0].contains("key=sites[0].ssl.cert_file") && lines[0].contains("b.crt: No such file"), "\(lines)")
        let good = try await Command.curl(
            ["--cacert", stage.certificates.authority, "https://localhost:\(stage.port)/f.txt"])
        #expect(good.text == "file", "\(good)")
        for name in [["-servername", "b.test"], ["-servername", "unknown.test"], ["-noservername"]] {
            for version in ["-tls1_2", "-tls1_3"] {
                let outcome = try await Command.sClient(stage.port, name + [version])
                #expect(outcome.errors.contains("SSL alert number 112"), "\(name): \(outcome)")
                #expect(!outcome.text.contains("BEGIN CERTIFICATE"), "\(name): \(outcome)")
            }
        }
        _ = try await process.errors.first {
            $0.contains("TLS handshake failed") && $0.contains("there is none yet for ")
                && $0.contains("server_name=b.test")
        }
        try stage.mend()
        process.signal(SIGHUP)
        _ = try await process.errors.first { $0.contains(": reloaded ") }
        let mended = try await Command.curl([
            "-k", "--resolve", "b.test:\(stage.port):127.0.0.1", "https://b.test:\(stage.port)/f.txt",
        ])
        #expect(mended.text == "file", "\(mended)")
        try await end(process)
    }

    @Test("lacks just what cannot be used: its files, or the routes to one pool")
    func parts() async throws {
        let stage = try await Stage()
        let process = try await stage.start(stage.mixed(directory: "none") + stage.secure())
        #expect(try await stage.get("/app/").text == "app")
        for target in ["/f.txt", "/app/files/x", "/secure/x"] {
            let answer = try await stage.get(target)
            #expect(
                answer.status == 503 && answer.value("Proxy-Status")?.contains("details=\"site_degraded\"") == true, "\(target)")
            // What is wrong inside is the log's affair.
            #expect(!answer.text.contains("none") && !answer.text.contains("ca.crt"), "\(answer.text)")
        }
        let health = try await stage.get("/healthz")
        #expect(health.status == 503 && health.value("Proxy-Status")?.contains("details=\"not_ready\"") == true)
        for key in ["key=sites[0].static_dir", "key=sites[0].proxy.upstreams[1].ca_file", "key=sites[1].ssl.cert_file"] {
            #expect(process.errors.all.contains { $0.contains("a site is degraded") && $0.contains(key) }, "\(key)")
        }
        try await end(process)
    }

    @Test("is named by gatehouse status, and by the reload that finds it whole again")
    func told() async throws {
        let stage = try await Stage()
        let place = stage.directory.path
        let toml = stage.secure().replacing("\"public\"", with: "\"\(place)/public\"").replacing("\"b.", with: "\"\(place)/b.")
        let running = try await ReloadingGatehouse(toml.replacing("\"\(place)/b.test\"", with: "\"b.test\""))
        let status = try await running.command(["status", "--health"])
        #expect(status.code == 1, "\(status)")
        #expect(status.text.contains("\ndegraded       b.test is not served whole: \(place)/b.crt: No such"), "\(status)")
        try stage.mend()
        let reload = try await running.command(["reload"])
        #expect(reload.text.hasPrefix("b.test is served whole again\nreloaded: generation 2"), "\(reload)")
        let healthy = try await running.command(["status"])
        #expect(!healthy.text.contains("\ndegraded"), "\(healthy)")
        let again = try await running.command(["reload"])
        #expect(again.text.hasPrefix("nothing has changed\n"), "\(again)")
        try await running.end()
    }

    @Test("is an error to check, to --strict, and where no site would be left whole")
    func errors() async throws {
        let stage = try await Stage()
        let file = try stage.write(stage.secure())
        for arguments in [["check", file], ["run", "--strict", "-c", file], ["run", "--dry-run", "-c", file]] {
            let outcome = try await Command.run(
                Place.gatehouse, arguments, directory: stage.directory.path, environment: ["NO_COLOR": "1"])
            #expect(outcome.exit == .code(1), "\(outcome)")
            #expect(outcome.errors.contains("error: sites[0].ssl.cert_file: b.crt: No such file"), "\(outcome)")
        }
        let alone = try stage.write(stage.mixed(directory: "none"))
        let outcome = try await Command.run(Place.gatehouse, ["run", "-c", alone], directory: stage.directory.path)
        #expect(outcome.exit == .code(1) && outcome.errors.contains("sites[0].static_dir"), "\(outcome)")
    }

    @Test("at a reload: what is served now must not get worse, what is degraded already does not stand in the way")
    func reload() async throws {
        let stage = try await Stage()
        try stage.directory.write("ca.crt", try String(contentsOfFile: stage.certificates.authority, encoding: .utf8))
        let process = try await stage.start(stage.mixed() + stage.secure())
        func reload(_ toml: String) async throws -> String {
            let count = process.errors.all.count
            _ = try stage.write(toml)
            process.signal(SIGHUP)
            while true {
                let lines = process.errors.all
                let isOutcome: (String) -> Bool = { $0.contains(": reloaded ") || $0.contains("the reload is refused") }
                if let line = lines.dropFirst(count).first(where: isOutcome) { return line }
                _ = try await process.errors.first(lines.count + 1)
            }
        }
        let refused = try await reload(stage.mixed(directory: "none") + stage.secure())
        #expect(refused.contains("the reload is refused"), "\(refused)")
        #expect(
            process.errors.all.contains { $0.contains("the configuration has a problem") && $0.contains("sites[0].static_dir") })
        #expect(try await stage.get("/f.txt").text == "file")
        let done = try await reload("[limits]\nmax_fields = 99\n" + stage.mixed() + stage.secure())
        #expect(done.contains("changes=\"~limits max_fields\""), "\(done)")
        // A site that is new may not be degraded either.
        let more = stage.secure().replacing("b.test", with: "c.test").replacing("\"localhost\"", with: "\"d.test\"")
        let new = try await reload(stage.mixed() + stage.secure() + more)
        #expect(new.contains("the reload is refused"), "\(new)")
        try await end(process)
    }
}
