import Foundation
import TestSupport
import Testing

/// `[tls] keylog_file`.
@Suite("The key log")
struct KeyLogTests {
    @Test(
        "has the secrets of each session, and only its owner may read it", arguments: ["own", "openssl"], ["-tls1_2", "-tls1_3"])
    func secrets(records: String, version: String) async throws {
        let certificates = try await Certificates.ready()
        let directory = try TemporaryDirectory()
        let (ours, theirs) = (directory.path + "/ours", directory.path + "/theirs")
        // It was there, for everybody to read.
        try directory.write("ours", "")
        let port = try FreePort()
        let toml = """
            [tls]
            records = "\(records)"
            keylog_file = "\(ours)"
            [[sites]]
            hostname = "localhost"
            port = \(port)
            respond = { body = "hello" }
            \(certificates.ssl())
            """
        try await Gatehouse.serving(toml) { gatehouse in
            let outcome = try await Command.sClient(port, [version, "-keylogfile", theirs])
            #expect(outcome.code == 0, "\(outcome)")
            let mode = try FileManager.default.attributesOfItem(atPath: ours)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let written = try String(contentsOfFile: ours, encoding: .utf8).split(separator: "\n")
            // The client may leave before the server has made all of its own; what both have is the same.
            let known = try String(contentsOfFile: theirs, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
            let label = version == "-tls1_2" ? "CLIENT_RANDOM " : "SERVER_TRAFFIC_SECRET_0 "
            let secret = try #require(known.first { $0.hasPrefix(label) })
            #expect(written.contains(secret), "\(written) and \(known)")
            #expect(gatehouse.log.all.contains { $0.contains("keylog_file") && $0.contains("secrets") })
        }
    }

    @Test("a file that cannot be written is an error with its place")
    func unwritable() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "g.toml",
            "[tls]\nkeylog_file = \"\(directory.path)/none/keys\"\n"
                + "[[sites]]\nhostname = \"a.test\"\nport = 80\nredirect = \"/b\"\n"
        )
        let outcome = try await Command.run(Place.gatehouse, ["check", file])
        #expect(
            outcome.code == 1 && outcome.errors.contains("g.toml:2") && outcome.errors.contains("tls.keylog_file"), "\(outcome)")
    }
}
