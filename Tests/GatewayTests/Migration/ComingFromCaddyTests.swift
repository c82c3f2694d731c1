import TestSupport
import Testing

@Suite("The page for those who come from Caddy")
struct ComingFromCaddyTests {
    private static let requests = [
        "http://app.test/a?b=c", "http://www.app.test/a", "https://www.app.test/a?b=c",
        // Files
        "https://app.test/", "https://app.test/about/us", "https://app.test/index.html", "https://app.test/style.css",
        "https://app.test/.git/config", "https://app.test/dir", "https://app.test/dir/", "-I https://app.test/style.css",
        "-X DELETE https://app.test/style.css", "-r 0-3 https://app.test/style.css", "-r 99- https://app.test/style.css",
        "https://app.test/old/a/b?c=d",
        // Upstreams
        "https://app.test/api/x?y=z", "-d body https://app.test/api/x", "https://app.test/api/moved", "https://app.test/api",
        "https://app.test/api//x/../y", "https://app.test/%61pi/x", "-H X-Forwarded-For:192.0.2.1 https://app.test/api/x",
        "https://app.test/legacy/x?y", "https://app.test/legacy/moved", "https://app.test/legacy/", "https://app.test/dead/x",
        // Who may
        "https://app.test/admin/x", "https://app.test/reports/x", "-u ann:secret https://app.test/reports/x",
        "https://app.test/REPORTS/x", "-u ann:wrong https://app.test/reports/x",
        "-H X-Remote-User:root -u ann:secret https://app.test/reports/x",
        // Listings
        "https://files.test/", "https://files.test/sub", "https://files.test/sub/a%20b.txt", "https://files.test/none",
    ]

    @Test("the same requests have the same answers, but for what the page lists")
    func sameAnswers() async throws {
        try await Migration("coming-from-caddy.md", language: "caddyfile").compare(Self.requests) { text, directory in
            try await Caddy(text, in: directory)
        }
    }
}

/// Caddy with a file of a test's own.
private final class Caddy: Sendable {
    private let process: ChildProcess

    /// Returns when it listens.
    init(_ text: String, in directory: TemporaryDirectory) async throws {
        let file = try directory.write("Caddyfile", text)
        process = try ChildProcess(
            "caddy", ["run", "--config", file, "--adapter", "caddyfile"],
            environment: ["HOME": directory.path, "XDG_DATA_HOME": directory.path, "XDG_CONFIG_HOME": directory.path])
        let ports = text.matches(of: /(?:test|http:\/\/):([0-9]+)[ ,]/).compactMap { UInt16($0.output.1) }
        try await onThread { for port in Set(ports) { while (try? Wire(to: port)) == nil {} } }
    }

    deinit {
        process.terminate()
    }
}
