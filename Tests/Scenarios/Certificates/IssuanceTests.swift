import Foundation
import Glibc
import TestSupport
import Testing

@Suite("A certificate by ACME", .enabled("pebble is not installed") { Managed.isThere })
struct IssuanceTests {
    @Test("comes while other sites serve, through refused nonces and late validations, and is used again at the next start")
    func issued() async throws {
        let managed = try Managed()
        let certificates = try await Certificates.ready()
        let pebble = try await Pebble(
            http: managed.http, tls: managed.tls, names: ["a.test", "b.test"],
            environment: ["PEBBLE_WFE_NONCEREJECT": "50", "PEBBLE_VA_NOSLEEP": "", "PEBBLE_VA_SLEEPTIME": "2"],
            in: managed.directory)
        let root = try await pebble.root(in: managed.directory)
        let local = """
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(managed.tls)
            default = true
            static_dir = "\(managed.directory.path)/www"
            \(certificates.ssl())
            """
        let toml = managed.toml(pebble.ssl, names: ["a.test", "b.test"], more: local)
        try await Gatehouse.serving(toml, workers: 2) { gatehouse in
            // The certificate takes validations of up to two seconds each: these come before it.
            let other = try await managed.get("localhost", trusting: certificates.authority)
            #expect(other.text == "here\n", "\(other)")
            if try await managed.get("a.test", trusting: root).code == 0 { _ = try await gatehouse.log.line("is in use") }
            let line = try await gatehouse.log.line("a new certificate is in use")
            #expect(line.contains("names=\"a.test b.test\"") && line.contains("Pebble Intermediate"), "\(line)")
            for name in ["a.test", "b.test"] {
                let answer = try await managed.get(name, trusting: root)
                #expect(answer.text == "here\n", "\(answer)")
            }
            let served = try await managed.get("localhost", trusting: certificates.authority)
            #expect(served.text == "here\n", "\(served)")
            let looks = gatehouse.accessEntries.filter { $0["target"]?.hasPrefix("/.well-known/acme-challenge/") == true }
            #expect(!looks.isEmpty && looks.allSatisfy { $0["status"] == "200" })
        }
        let folder = managed.state + "/acme/certificates/a.test/"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names.sorted() == ["certificate.pem", "status.json"])
        for name in names {
            let mode = try FileManager.default.attributesOfItem(atPath: folder + name)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
        let status = try managed.status(of: "a.test")
        #expect(status["failures"] as? Int == 0 && status["names"] as? [String] == ["a.test", "b.test"])
        let shown = try await Command.run(Place.gatehouse, ["certs", "--state-dir", managed.state])
        #expect(shown.code == 0 && shown.text.contains("a.test b.test  Pebble Intermediate"), "\(shown)")
        let file = try managed.directory.write("shown.toml", toml)
        let json = try await Command.run(Place.gatehouse, ["certs", "--json", "--config", file])
        let list = try JSONSerialization.jsonObject(with: Data(json.output)) as? [[String: Any]]
        #expect(list?.count == 1 && list?[0]["notAfter"] as? Int == status["notAfter"] as? Int, "\(json)")
        let checked = try await Command.run(Place.gatehouse, ["check", file])
        #expect(checked.text.contains("certificate of a.test, b.test: by ACME from \(pebble.directoryURL), there until"))
        let orders = pebble.process.output.all.count { $0.contains("Added order") }
        try await Gatehouse.serving(toml, workers: 1) { _ in
            let served = try await managed.get("b.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
        }
        #expect(pebble.process.output.all.count { $0.contains("Added order") } == orders && orders == 1)
    }

    @Test("is not there at the first start: its clients get an alert that says so, and the log a line")
    func missing() async throws {
        let managed = try Managed()
        let certificates = try await Certificates.ready()
        // Nobody listens there: the free port is only kept.
        let nowhere = try FreePort()
        let ssl = """
            [sites.ssl]
            auto_cert = true
            [sites.ssl.acme]
            directory = "https://localhost:\(nowhere)/dir"
            """
        try await Gatehouse.serving(managed.toml(ssl)) { gatehouse in
            let line = try await gatehouse.log.line("no certificate ")
            #expect(line.contains("the authority cannot be reached") && line.contains("failures=1"), "\(line)")
            let refused = try await managed.get("a.test", trusting: certificates.authority)
            #expect(refused.code == 35 && refused.errors.contains("unrecognized name"), "\(refused)")
            let said = try await gatehouse.log.line("there is none yet for a.test")
            #expect(said.contains("handshake") && said.contains(" cause=no_certificate "), "\(said)")
            // The plain site serves: here, its redirect.
            let redirect = try await Command.curl([
                "-o", "/dev/null", "-w", "%{http_code}", "-H", "Host: a.test", "http://127.0.0.1:\(managed.http)/",
            ])
            #expect(redirect.text == "301")
        }
        // The time of the next try outlives the process: it is not asked at once at the next start.
        let before = try managed.status(of: "a.test")
        let shown = try await Command.run(Place.gatehouse, ["certs", "--state-dir", managed.state])
        #expect(shown.code == 1 && shown.text.contains("none yet") && shown.text.contains("cannot be reached"), "\(shown)")
        #expect(before["failures"] as? Int == 1)
        #expect(try #require(before["nextTry"] as? Int) >= Int(Date.now.timeIntervalSince1970) + 30)
        try await Gatehouse.serving(managed.toml(ssl)) { _ in }
        #expect(try managed.status(of: "a.test")["lastTry"] as? Int == before["lastTry"] as? Int)
    }

    @Test("is renewed again and again while clients shake hands, and none of them fails")
    func renewed() async throws {
        let managed = try Managed()
        let pebble = try await Pebble(
            http: managed.http, tls: managed.tls, names: ["a.test"], lifetime: 4, in: managed.directory)
        let root = try await pebble.root(in: managed.directory)
        try await Gatehouse.serving(managed.toml(pebble.ssl), workers: 2) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
            let wire = try Wire(to: managed.http.number)
            var serials: Set<String> = []
            var count = 0
            while gatehouse.log.all.count(where: { $0.contains("is in use") }) < 5 {
                // Lives of a few seconds: on a slow machine one may be over before the next one is there.
                let outcome = try await Command.sClient(
                    managed.tls, ["-servername", "a.test", "-CAfile", root, "-verify_return_error", "-no_check_time"])
                #expect(outcome.code == 0, "\(outcome)")
                let certificate = try #require(outcome.text.split(separator: "-----BEGIN CERTIFICATE-----").dropFirst().first)
                serials.insert(String(certificate.prefix(200)))
                count += 1
            }
            #expect(serials.count >= 3 && count > 4)
            // A connection of before the first certificate's end is still served.
            try await onThread {
                try wire.write("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
                #expect(try wire.readAnswer().status == 301)
            }
        }
    }

    @Test("is got by one of two processes on one state directory, and used by the other at its start")
    func twoProcesses() async throws {
        let managed = try Managed()
        let pebble = try await Pebble(http: managed.http, tls: managed.tls, names: ["a.test"], in: managed.directory)
        let other = try Managed()
        let root = try await pebble.root(in: managed.directory)
        try await Gatehouse.serving(managed.toml(pebble.ssl)) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
            let toml = other.toml(pebble.ssl).replacing(other.state, with: managed.state)
            try await Gatehouse.serving(toml) { second in
                _ = try await second.log.line("another process uses the state directory")
                let served = try await other.get("a.test", trusting: root)
                #expect(served.text == "here\n", "\(served)")
            }
        }
    }
}
