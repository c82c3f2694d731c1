import TestSupport
import Testing

@Suite("The page for those who come from HAProxy")
struct ComingFromHAProxyTests {
    private static let requests = [
        "http://app.test/a?b=c", "http://www.app.test/a",
        // By host, and by path
        "https://app.test/", "https://app.test/x?y=z", "https://www.app.test/x?y", "https://app.test/api/x",
        "https://app.test/api",
        "https://app.test/apis", "https://app.test/v1/x?y", "https://app.test/v1", "https://app.test/v1x",
        "https://app.test/v1/logo.png",
        "https://app.test/logo.png", "https://app.test/api/logo.png", "https://app.test/LOGO.PNG",
        "https://www.app.test/logo.png",
        "https://app.test/a//b/../c", "https://app.test/%61pi/x", "-I https://app.test/x", "-d body https://app.test/api/x",
        // Who may
        "https://app.test/admin", "https://app.test/admin/x", "https://app.test/administrators", "https://www.app.test/admin/x",
        // What upstreams are told
        "-H X-Forwarded-For:192.0.2.1 https://app.test/x", "-H X-Forwarded-Proto:http https://app.test/x",
        "https://app.test/moved", "https://app.test/dead/x",
    ]

    @Test("the same requests have the same answers, but for what the page lists")
    func sameAnswers() async throws {
        try await Migration("coming-from-haproxy.md", language: "haproxy").compare(Self.requests) { text, directory in
            try await HAProxy(text, in: directory)
        }
    }
}

/// HAProxy with a file of a test's own.
private final class HAProxy: Sendable {
    private let process: ChildProcess

    /// Returns when it listens.
    init(_ text: String, in directory: TemporaryDirectory) async throws {
        let file = try directory.write("haproxy.cfg", text)
        process = try ChildProcess("haproxy", ["-db", "-f", file])
        let ports = text.matches(of: /bind 127\.0\.0\.1:([0-9]+)/).compactMap { UInt16($0.output.1) }
        try await onThread { for port in ports { while (try? Wire(to: port)) == nil {} } }
    }

    deinit {
        process.terminate()
    }
}
