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

    @Test("a reload that hangs does not keep the process from stopping")
    func stopping() async throws {
        let (port, other) = try (FreePort(), FreePort())
        let certificates = try await Certificates.ready()
        let gateway = try await ReloadingGatehouse(site(port, "one"))
        let pipe = gateway.directory.path + "/pipe"
        makePipe(pipe)
        let files = "cert_file = \"\(pipe)\", key_file = \"\(certificates.local.key)\""
        try gateway.write(site(port, "one") + "\n" + site(other, "two", "ssl = { enabled = true, \(files) }"))
        gateway.process.signal(SIGHUP)
        // It is opened for writing when somebody reads it, who then waits for bytes. The call reads the path alone.
        let writer = try await onThread { unsafe open(pipe, O_WRONLY | O_CLOEXEC) }
        #expect(writer >= 0)
        try await gateway.end()
        close(writer)
    }
}
