import Glibc
import TestSupport
import Testing

/// Files that a reload reads and that never end.
@Suite("Reloads that would wait for good")
struct HangingReloadTests {
    private func site(_ port: FreePort, _ body: String, _ ssl: String = "") -> String {
        """
        [[sites]]
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        \(ssl)
        [[sites.routes]]
        path = "/"
        respond = { body = "\(body)" }
        """
    }

    private func makePipe(_ path: String) {
        // The call reads the path alone.
        #expect(unsafe mkfifo(path, 0o600) == 0)
    }

    @Test("a pipe in the configuration's place is refused, and the next reload is one again")
    func pipe() async throws {
        let port = try FreePort()
        let gateway = try await ReloadingGatehouse(site(port, "one"))
        makePipe(gateway.directory.path + "/next")
        // The call reads the paths alone.
        #expect(unsafe rename(gateway.directory.path + "/next", gateway.directory.path + "/gatehouse.toml") == 0)
        let count = gateway.outcomeCount
        gateway.process.signal(SIGHUP)
        #expect(try await gateway.outcome(after: count).contains("the reload is refused"))
        #expect(try await gateway.reload(site(port, "two")).contains("generation=2"))
        #expect(try await Command.curl(["http://127.0.0.1:\(port)/"]).text == "two")
        try await gateway.end()
    }

    @Test(
        "a pipe in the place of a certificate, a key, or another file of a site is refused by its key",
        arguments: [
            ("cert_file", ""), ("key_file", ""), ("client_ca_file", ", client_auth = \"optional\""), ("key_passphrase_file", ""),
        ])
    func pipeOfSite(key: String, more: String) async throws {
        let (port, other) = try (FreePort(), FreePort())
        let certificates = try await Certificates.ready()
        let gateway = try await ReloadingGatehouse(site(port, "one"))
        let pipe = gateway.directory.path + "/pipe"
        makePipe(pipe)
        var files = ["cert_file": certificates.local.certificate, "key_file": certificates.local.key]
        files[key] = pipe
        let keys = files.sorted { $0.key < $1.key }.map { "\($0.key) = \"\($0.value)\"" }.joined(separator: ", ")
        let text = site(port, "one") + "\n" + site(other, "two", "ssl = { enabled = true, \(keys)\(more) }")
        #expect(try await gateway.reload(text).contains("the reload is refused"))
        let said = gateway.process.errors.all.first { $0.contains("the configuration has a problem") } ?? ""
        #expect(said.contains("key=sites[1].ssl.\(key) ") && said.contains("\(pipe): it is not a regular file"), "\(said)")
        let check = try await Command.run(Place.gatehouse, ["check", gateway.directory.path + "/gatehouse.toml"])
        #expect(check.code == 1 && check.errors.contains("it is not a regular file"), "\(check)")
        try await gateway.end()
    }

    @Test("a file that is too large to be a certificate, or a key, is not read", arguments: ["cert_file", "key_file"])
    func large(key: String) async throws {
        let (port, other) = try (FreePort(), FreePort())
        let certificates = try await Certificates.ready()
        let gateway = try await ReloadingGatehouse(site(port, "one"))
        let large = gateway.directory.path + "/large"
        _ = try await Command.run("truncate", ["-s", "65M", large])
        var files = ["cert_file": certificates.local.certificate, "key_file": certificates.local.key]
        files[key] = large
        let keys = files.sorted { $0.key < $1.key }.map { "\($0.key) = \"\($0.value)\"" }.joined(separator: ", ")
        let text = site(port, "one") + "\n" + site(other, "two", "ssl = { enabled = true, \(keys) }")
        #expect(try await gateway.reload(text).contains("the reload is refused"))
        let said = gateway.process.errors.all.first { $0.contains("the configuration has a problem") } ?? ""
        #expect(said.contains("key=sites[1].ssl.\(key) ") && said.contains("\(large): it is larger than 64 MiB"), "\(said)")
        try await gateway.end()
    }

    @Test("a reload that hangs does not keep the process from stopping")
    func stopping() async throws {
        let (port, other) = try (FreePort(), FreePort())
        let certificates = try await Certificates.ready()
        let gateway = try await ReloadingGatehouse(site(port, "one"))
        let file = gateway.directory.path + "/held"
        // Whoever opens it waits for the end of its lease (fcntl(2), F_SETLEASE), as for a file server that is stuck. Nobody
        // wants the signal that tells the holder.
        signal(SIGIO, SIG_IGN)
        // Made here, and closed for the programs that other tests start meanwhile: there is no lease on what they have open.
        // The call reads the path alone.
        let holder = unsafe open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        #expect(holder >= 0 && fcntl(holder, 1024, F_WRLCK) == 0)
        let files = "cert_file = \"\(file)\", key_file = \"\(certificates.local.key)\""
        try gateway.write(site(port, "one") + "\n" + site(other, "two", "ssl = { enabled = true, \(files) }"))
        gateway.process.signal(SIGHUP)
        // It is to become a lease of readers when somebody opens it (F_GETLEASE).
        try await eventually("somebody opens it") { fcntl(holder, 1025) != F_WRLCK }
        try await gateway.end()
        close(holder)
    }
}
