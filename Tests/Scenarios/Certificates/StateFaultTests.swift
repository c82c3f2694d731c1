import Foundation
import Glibc
import TestSupport
import Testing

@Suite("A state directory that is not as it should be", .enabled("pebble is not installed") { Managed.isThere })
struct StateFaultTests {
    private let managed: Managed

    init() throws { managed = try Managed() }

    private func pebble() async throws -> (pebble: Pebble, root: String) {
        let pebble = try await Pebble(http: managed.http, tls: managed.tls, names: ["a.test"], in: managed.directory)
        return (pebble, try await pebble.root(in: managed.directory))
    }

    @Test("a state of a newer version is left alone and told, and its certificate is used")
    func newer() async throws {
        let (pebble, root) = try await pebble()
        let toml = managed.toml(pebble.ssl)
        try await Gatehouse.serving(toml) { gatehouse in _ = try await gatehouse.log.line("a new certificate is in use") }
        let file = URL(filePath: "\(managed.state)/acme/certificates/a.test/status.json")
        let newer = Data(#"{"version": 99, "something": {"else": []}}"#.utf8)
        try newer.write(to: file)
        try await Gatehouse.serving(toml) { gatehouse in
            let line = try await gatehouse.log.line("of a newer version of this program")
            #expect(line.contains("version=99"), "\(line)")
            let served = try await managed.get("a.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
        }
        #expect(try Data(contentsOf: file) == newer)
        #expect(pebble.process.output.all.count { $0.contains("Added order") } == 1)
    }

    @Test("a state that cannot be read or used is told once, and seen in gatehouse certs")
    func told() async throws {
        let pebble = try await Pebble(http: managed.http, tls: managed.tls, names: ["a.test", "b.test"], in: managed.directory)
        let other = "[[sites]]\nhostname = \"b.test\"\nport = \(managed.tls)\nlisten = \"127.0.0.1\"\n"
        let toml = managed.toml(pebble.ssl, more: other + "static_dir = \"\(managed.directory.path)/www\"\n" + pebble.ssl)
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await gatehouse.log.first("that of b.test") { $0.contains("is in use") && $0.contains("names=b.test") }
        }
        let file = "\(managed.state)/acme/certificates/a.test/status.json"
        try #"{"version": 99}"#.write(toFile: file, atomically: false, encoding: .utf8)
        let command = try managed.directory.write("command.toml", toml)
        let shown = try await Command.run(Place.gatehouse, ["certs", "-c", command])
        #expect(shown.code == 0 && shown.text.contains("a.test") && shown.text.contains("of a newer version"), "\(shown)")
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await gatehouse.log.line("of a newer version of this program")
            // What is due is looked at with everything before it, which this is.
            let wish = try await Command.run(Place.gatehouse, ["certs", "-c", command, "--renew", "b.test"])
            #expect(wish.code == 0, "\(wish)")
            _ = try await gatehouse.log.first("the renewal of b.test") { $0.contains("is in use") && $0.contains("names=b.test") }
            #expect(gatehouse.log.all.count { $0.contains("of a newer version of this program") } == 1)
        }
    }

    @Test(
        "what is no certificate, or a link or a folder in its place, is set aside, and another one is got",
        arguments: ["half", "link", "folder"])
    func noCertificate(what: String) async throws {
        let (pebble, root) = try await pebble()
        let toml = managed.toml(pebble.ssl)
        try await Gatehouse.serving(toml) { gatehouse in _ = try await gatehouse.log.line("a new certificate is in use") }
        let (folder, manager) = ("\(managed.state)/acme/certificates/a.test", FileManager.default)
        let file = folder + "/certificate.pem"
        let half = try Data(contentsOf: URL(filePath: file)).prefix(400)
        try manager.removeItem(atPath: file)
        switch what {
        case "link": try manager.createSymbolicLink(atPath: file, withDestinationPath: "status.json")
        case "folder": try manager.createDirectory(atPath: file, withIntermediateDirectories: false)
        default: try half.write(to: URL(filePath: file))
        }
        try await Gatehouse.serving(toml) { gatehouse in
            let line = try await gatehouse.log.line("a certificate could not be read, and is set aside")
            #expect(line.contains("certificate.pem.aside-") && line.contains("help="), "\(line)")
            _ = try await gatehouse.log.line("a new certificate is in use")
            let served = try await managed.get("a.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
        }
        let files = try manager.contentsOfDirectory(atPath: folder).sorted()
        #expect(files.count == 3 && files[1].hasPrefix("certificate.pem.aside-"), "\(files)")
        if what == "half" { #expect(try Data(contentsOf: URL(filePath: "\(folder)/\(files[1])")) == half) }
    }

    @Test("a state with numbers that nobody has written ends nothing", arguments: [-5, Int.max, Int.min])
    func numbers(failures: Int) async throws {
        let (pebble, root) = try await pebble()
        let toml = managed.toml(pebble.ssl)
        try await Gatehouse.serving(toml) { gatehouse in _ = try await gatehouse.log.line("a new certificate is in use") }
        var status = try managed.status(of: "a.test")
        (status["failures"], status["nextTry"], status["lastTry"]) = (failures, 0, Int.max)
        try JSONSerialization.data(withJSONObject: status)
            .write(to: URL(filePath: "\(managed.state)/acme/certificates/a.test/status.json"))
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
            let served = try await managed.get("a.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
        }
    }

    @Test(
        "on a disk that is full: the renewal fails and is told, what is there is served, and with room it goes on",
        .enabled(if: getuid() == 0))
    func full() async throws {
        // Some containers allow no mounts.
        guard try await Command.run("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).code == 0 else { return }
        let (pebble, root) = try await pebble()
        try FileManager.default.createDirectory(atPath: managed.state, withIntermediateDirectories: true)
        let file = try managed.directory.write("gatehouse.toml", managed.toml(pebble.ssl))
        let mount = "mount -t tmpfs -o size=128k none '\(managed.state)'"
        let gatehouse = try ChildProcess(
            "unshare", ["--mount", "sh", "-c", "\(mount) && exec '\(Place.gatehouse)' run -c '\(file)'"])
        let inside = ["-t", "\(gatehouse.pid)", "-m"]
        _ = try await gatehouse.errors.line("a new certificate is in use")
        let filled = try await Command.run("nsenter", inside + ["sh", "-c", "head -c 1M /dev/zero >'\(managed.state)/fill'"])
        #expect(filled.code != 0, "\(filled)")
        func renew() async throws -> Command.Outcome {
            try await Command.run("nsenter", inside + [Place.gatehouse, "certs", "-c", file, "--renew", "a.test"])
        }
        let wish = try await renew()
        #expect(wish.code == 0, "\(wish)")
        let line = try await gatehouse.errors.line("no certificate ")
        #expect(line.contains("No space left on device") && line.contains("a disk with room"), "\(line)")
        _ = try await gatehouse.errors.line("a certificate's state cannot be written")
        let served = try await managed.get("a.test", trusting: root)
        #expect(served.text == "here\n", "\(served)")
        _ = try await Command.run("nsenter", inside + ["rm", "\(managed.state)/fill"])
        let again = try await renew()
        #expect(again.code == 0, "\(again)")
        _ = try await gatehouse.errors.first("the next one") { [errors = gatehouse.errors] _ in
            errors.all.count { $0.contains("is in use") } == 2
        }
        let after = try await managed.get("a.test", trusting: root)
        #expect(after.text == "here\n", "\(after)")
        let left = try await Command.run("nsenter", inside + ["ls", "\(managed.state)/acme/certificates/a.test"])
        #expect(left.text == "certificate.pem\nstatus.json\n", "\(left)")
        gatehouse.terminate()
        try await gatehouse.exit()
    }

    @Test("a hook that hangs is killed when its time is over, and what is there is served")
    func hangingHook() async throws {
        let (pebble, root) = try await pebble()
        try await Gatehouse.serving(managed.toml(pebble.ssl)) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
        }
        let hook = try managed.directory.write("hook", "#!/bin/sh\nexec tail -f /dev/null\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
        let ssl = pebble.ssl + "\ndns_hook = \"\(hook)\"\ndns_hook_timeout = \"500ms\""
        try await Gatehouse.serving(managed.toml(ssl, names: ["a.test", "b.test"])) { gatehouse in
            let line = try await gatehouse.log.line("no certificate ")
            #expect(line.contains("acme.dns_hook_timeout"), "\(line)")
            let served = try await managed.get("a.test", trusting: root)
            #expect(served.text == "here\n", "\(served)")
        }
    }
}
