import Foundation
import TestSupport
import Testing

/// Lines of the access log that are not written, and parts of them that are not.
@Suite("What the access log leaves out")
struct LoggedPartTests {
    private func lines(_ logging: String, last: String, _ requests: [String]) async throws -> [String] {
        let port = try FreePort()
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "gatehouse.toml",
            """
            [logging]
            \(logging)
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            [sites.respond]
            body = "ok"
            [[sites.routes]]
            path = "/missing/"
            respond = { status = 404 }
            """)
        let process = try ChildProcess(Place.gatehouse, ["run", "-c", file, "--workers", "1"], directory: directory.path)
        _ = try await process.errors.first { $0.contains(": serving addresses=") }
        let wire = try Wire(to: port.number)
        try await onThread {
            for request in requests + ["GET \(last) HTTP/1.1\r\n"] {
                try wire.write("\(request)Host: localhost\r\n\r\n")
                _ = try wire.readAnswer()
            }
        }
        _ = try await process.output.first { $0.contains(last) }
        process.terminate()
        _ = try await process.exit()
        return process.output.all
    }

    @Test(
        "values of redacted parameters are in no line, of the target and of the referer",
        arguments: ["json", "combined", "compact"])
    func redaction(_ format: String) async throws {
        let lines = try await lines(
            "format = \"\(format)\"\nredact_query = [\"token\", \"Sig\"]", last: "/missing/last",
            [
                "GET /a?token=secret1&x=kept1 HTTP/1.1\r\nReferer: http://b/?sig=secret2&x=kept2\r\n",
                "GET /a?%74oken=secret3 HTTP/1.1\r\nReferer: /p?x\r\n",
            ])
        let text = lines.joined(separator: "\n")
        #expect(!text.contains("secret") && text.contains("token=-&x=kept1") && text.contains("%74oken=-"), "\(text)")
        #expect(format == "compact" || text.contains("sig=-&x=kept2"), "\(text)")
    }

    @Test("a password in the referer is in no line", arguments: ["json", "combined", "{time} {path} {host} {referer}"])
    func password(_ format: String) async throws {
        let lines = try await lines(
            "format = \"\(format)\"", last: "/missing/last",
            ["GET /a HTTP/1.1\r\nReferer: http://me:secret@b/c\r\n", "GET /d HTTP/1.1\r\nReferer: http://b/e@f\r\n"])
        let text = lines.joined(separator: "\n")
        #expect(!text.contains("secret") && text.contains("http://-@b/c") && text.contains("http://b/e@f"), "\(text)")
    }

    @Test("of a sample one in so many is written, and every failure")
    func sampling() async throws {
        let requests = (0..<40).map { "GET /ok/\($0) HTTP/1.1\r\n" } + (0..<5).map { "GET /missing/\($0) HTTP/1.1\r\n" }
        let lines = try await lines("sample_one_in = 10\nsample_slow = 600", last: "/missing/last", requests)
        #expect(lines.count { $0.contains("/ok/") } == 4, "\(lines)")
        #expect(lines.count { $0.contains("/missing/") } == 6, "\(lines)")
        let slow = try await self.lines("sample_one_in = 10\nsample_slow = 0", last: "/missing/last", requests)
        #expect(slow.count { $0.contains("/ok/") } == 40, "\(slow)")
    }
}
