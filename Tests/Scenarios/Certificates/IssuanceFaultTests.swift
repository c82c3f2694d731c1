import Foundation
import Glibc
import TestSupport
import Testing

@Suite("An authority or a state that is not as it should be", .enabled("pebble is not installed") { Managed.isThere })
struct IssuanceFaultTests {
    /// What a site of a certificate by this authority says.
    private func ssl(_ directory: String, _ certificates: Certificates) -> String {
        """
        [sites.ssl]
        auto_cert = true
        [sites.ssl.acme]
        directory = "\(directory)"
        ca_file = "\(certificates.authority)"
        """
    }

    @Test("is told in its own words when it cannot find us, and the old certificate is served on")
    func unproven() async throws {
        let managed = try Managed()
        var names = ["a.test"]
        let pebble = try await Pebble(http: managed.http, tls: managed.tls, names: names, in: managed.directory)
        let root = try await pebble.root(in: managed.directory)
        try await Gatehouse.serving(managed.toml(pebble.ssl, names: names)) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
        }
        // Another name is wanted, which leads nowhere.
        names.append("nowhere.test")
        try await Gatehouse.serving(managed.toml(pebble.ssl, names: names)) { gatehouse in
            let line = try await gatehouse.log.line("no certificate ")
            #expect(line.contains("nowhere.test") && line.contains("help="), "\(line)")
            let served = try await managed.get("a.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
        }
        let status = try managed.status(of: "a.test")
        #expect((status["lastError"] as? String)?.contains("nowhere.test") == true && status["failures"] as? Int == 1)
        // And back: what is there is enough, and nobody is asked.
        try await Gatehouse.serving(managed.toml(pebble.ssl)) { _ in
            let served = try await managed.get("a.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
        }
    }

    @Test("that answers with a page of HTML is no authority")
    func html() async throws {
        let managed = try Managed()
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let server = try ChildProcess(
            "openssl",
            [
                "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificates.local.certificate, "-key",
                certificates.local.key, "-www",
            ])
        _ = try await server.output.line("ACCEPT")
        try await Gatehouse.serving(managed.toml(ssl("https://localhost:\(port)/dir", certificates))) { gatehouse in
            let line = try await gatehouse.log.line("no certificate ")
            #expect(line.contains("not ACME"), "\(line)")
        }
        server.kill()
    }

    @Test("that has failed twice is not asked again before another one was")
    func fallback() async throws {
        let managed = try Managed()
        let pebble = try await Pebble(
            http: managed.http, tls: managed.tls, names: ["a.test"], isStrict: true, in: managed.directory)
        let root = try await pebble.root(in: managed.directory)
        let nowhere = try FreePort()
        let ssl = pebble.ssl.replacing(
            "directory = \"\(pebble.directoryURL)\"",
            with: "directory = \"https://localhost:\(nowhere)/dir\"\nfallback = [\"\(pebble.directoryURL)\"]")
        try await Gatehouse.serving(managed.toml(ssl)) { gatehouse in
            let line = try await gatehouse.log.line("no certificate ")
            #expect(line.contains("authority=https://localhost:\(nowhere)/dir"), "\(line)")
        }
        // As if the second try had failed too, and its time had come.
        let file = "\(managed.state)/acme/certificates/a.test/status.json"
        var status = try managed.status(of: "a.test")
        (status["failures"], status["nextTry"]) = (2, 0)
        try JSONSerialization.data(withJSONObject: status).write(to: URL(filePath: file))
        try await Gatehouse.serving(managed.toml(ssl)) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
            let served = try await managed.get("a.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
        }
        // It stays, though it is not the first authority's.
        #expect(try managed.status(of: "a.test")["issuedBy"] as? String == pebble.directoryURL)
        try await Gatehouse.serving(managed.toml(ssl)) { _ in }
        #expect(pebble.process.output.all.count { $0.contains("Added order") } == 1)
    }

    @Test("that cannot be reached keeps no certificate of another one waiting behind all of its own")
    func others() async throws {
        let managed = try Managed()
        // Nobody listens there: the free port is only kept.
        let nowhere = try FreePort()
        let acme = "acme.directory = \"https://localhost:\(nowhere)/dir\""
        let sites = [("a.example", acme), ("b.example", acme), ("c.internal", "")].map { name, acme in
            """
            [[sites]]
            hostname = "\(name)"
            listen = "127.0.0.1"
            port = \(managed.tls)
            respond = { body = "here" }
            [sites.ssl]
            auto_cert = true
            \(acme)
            """
        }
        let toml = "[server]\nstate_dir = \"\(managed.state)\"\n" + sites.joined(separator: "\n")
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await gatehouse.log.first("both failures") { [log = gatehouse.log] _ in
                log.all.count { $0.contains("no certificate ") } == 2
            }
            let lines = gatehouse.log.all.filter { $0.contains("no certificate ") || $0.contains("a new certificate is in use") }
            let all = ["a.example", "b.example", "c.internal"]
            let told = lines.compactMap { line in all.first { line.contains("names=\($0)") } }
            #expect(told == ["a.example", "c.internal", "b.example"], "\(lines)")
        }
    }

    @Test("whose own certificate nobody vouches for is not asked")
    func untrusted() async throws {
        let managed = try Managed()
        let pebble = try await Pebble(http: managed.http, tls: managed.tls, names: ["a.test"], in: managed.directory)
        let toml = managed.toml("[sites.ssl]\nauto_cert = true\nacme.directory = \"\(pebble.directoryURL)\"")
        try await Gatehouse.serving(toml) { gatehouse in
            let line = try await gatehouse.log.line("no certificate ")
            #expect(line.contains("cannot be reached") && line.contains("certificate"), "\(line)")
        }
        #expect(pebble.count("/sign-me-up") == 0)
    }

    @Test("kill -9 while an order is under way: the next process goes on with it, and no second one is begun")
    func killed() async throws {
        let managed = try Managed()
        let pebble = try await Pebble(
            http: managed.http, tls: managed.tls, names: ["a.test"],
            environment: ["PEBBLE_VA_NOSLEEP": "", "PEBBLE_VA_SLEEPTIME": "3"], in: managed.directory)
        let root = try await pebble.root(in: managed.directory)
        let toml = managed.toml(pebble.ssl)
        let first = try managed.start(toml)
        _ = try await first.errors.line("a name can be proved")
        first.kill()
        try await first.exit()
        #expect(try managed.status(of: "a.test")["order"] as? String != nil)
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
            let served = try await managed.get("a.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
        }
        #expect(try managed.status(of: "a.test")["order"] == nil)
        #expect(pebble.process.output.all.count { $0.contains("There are now 1 accounts") } == 1)
        #expect(pebble.process.output.all.contains { $0.contains("There are now 2 accounts") } == false)
    }

    @Test("a state that is half written is set aside, and the certificate beside it is used")
    func halfWritten() async throws {
        let managed = try Managed()
        let pebble = try await Pebble(http: managed.http, tls: managed.tls, names: ["a.test"], in: managed.directory)
        let root = try await pebble.root(in: managed.directory)
        let toml = managed.toml(pebble.ssl)
        try await Gatehouse.serving(toml) { gatehouse in _ = try await gatehouse.log.line("a new certificate is in use") }
        let file = "\(managed.state)/acme/certificates/a.test/status.json"
        let whole = try String(contentsOfFile: file, encoding: .utf8)
        try String(whole.prefix(whole.count / 2)).write(toFile: file, atomically: false, encoding: .utf8)
        try await Gatehouse.serving(toml) { gatehouse in
            let line = try await gatehouse.log.line("is set aside")
            #expect(line.contains("status.json.aside-"), "\(line)")
            let served = try await managed.get("a.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
        }
        #expect(pebble.process.output.all.count { $0.contains("Added order") } == 1)
    }

    @Test("a state directory that nobody can write is an error of the configuration")
    func unwritable() async throws {
        let managed = try Managed()
        try managed.directory.write("state", "a file in its place")
        let file = try managed.directory.write("gatehouse.toml", managed.toml("[sites.ssl]\nauto_cert = true"))
        let outcome = try await Command.run(Place.gatehouse, ["check", file])
        #expect(outcome.code == 1 && outcome.errors.contains("server.state_dir: certificates cannot be kept"), "\(outcome)")
    }

    @Test("whether an authority can look is judged by the sites' ports, whatever else is wrong with them")
    func ports() async throws {
        let directory = try TemporaryDirectory()
        let toml = """
            [server]
            state_dir = "\(directory.path)/state"
            [[sites]]
            hostname = "www.example.com"
            port = 443
            respond = { body = "hello" }
            [sites.ssl]
            auto_cert = true
            client_auth = "require"
            client_ca_file = "\(directory.path)/gone.pem"
            """
        let file = try directory.write("check.toml", toml)
        let right = try await Command.run(Place.gatehouse, ["check", file])
        #expect(right.code == 1 && right.errors.contains("gone.pem: No such file"), "\(right)")
        #expect(!right.errors.contains("authorities look"), "\(right)")
        let other = try directory.write("other.toml", toml.replacing("port = 443", with: "port = 8443"))
        let elsewhere = try await Command.run(Place.gatehouse, ["check", other])
        #expect(elsewhere.code == 1 && elsewhere.errors.contains("no TLS site on 443"), "\(elsewhere)")
    }
}
