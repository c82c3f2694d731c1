import Foundation
import TestSupport
import Testing

/// `combined` is for tools that were written for Apache.
@Suite("The combined format")
struct CombinedLogTests {
    private static var line: Regex<Substring> {
        #/
        \S+ \s - \s - \s \[ \d\d / [A-Z][a-z][a-z] / \d{4} : \d\d : \d\d : \d\d \s \+0000 \]
        \s "(?:[^"\\]|\\.)*" \s \d{3} \s \d+ \s "(?:[^"\\]|\\.)*" \s "(?:[^"\\]|\\.)*" \s .*
        /#
    }

    @Test("is read by goaccess and awstats, every line of it")
    func tools() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        try directory.write("public/page.html", "<p>page</p>")
        let log = "\(directory.path)/access.log"
        let toml = """
            [logging]
            access_log = "\(log)"
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            static_dir = "\(directory.path)/public"
            """
        try await Gatehouse.serving(toml) { _ in
            for agent in ["Mozilla/5.0 (X11; Linux x86_64)", "a \"b\"/1 \\ c", "caf\u{e9}"] {
                let page = "http://127.0.0.1:\(port)/page.html?q=%22"
                _ = try await Command.curl(["-A", agent, "-e", "http://from.example/?q=\"x\"", page])
            }
        }
        let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 3)
        for line in lines { #expect(line.wholeMatch(of: Self.line) != nil, "\(line)") }
        try await goaccess(log, directory)
        try await awstats(log, directory)
    }

    private func goaccess(_ log: String, _ directory: TemporaryDirectory) async throws {
        let report = "\(directory.path)/report.json"
        let outcome = try await Command.run(
            "goaccess", [log, "--log-format=COMBINED", "--no-global-config", "--no-progress", "-o", report])
        #expect(outcome.exit == .code(0), "\(outcome)")
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: report))) as? [String: Any]
        let general = try #require(json?["general"] as? [String: Any])
        #expect(general["valid_requests"] as? Int == 3)
        #expect(general["failed_requests"] as? Int == 0)
    }

    private func awstats(_ log: String, _ directory: TemporaryDirectory) async throws {
        try directory.write(
            "awstats.site.conf",
            "LogFile=\"\(log)\"\nLogFormat=1\nSiteDomain=\"localhost\"\nDirData=\"\(directory.path)\"\nDNSLookup=0\n")
        let outcome = try await Command.run(
            "perl", ["/usr/lib/cgi-bin/awstats.pl", "-config=site", "-configdir=\(directory.path)", "-update"])
        #expect(outcome.exit == .code(0), "\(outcome)")
        for words in ["Found 0 corrupted records", "Found 3 new qualified records"] {
            #expect(outcome.text.contains(words), "\(words): \(outcome)")
        }
    }
}
