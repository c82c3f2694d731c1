import TestSupport
import Testing

@Suite("The page for those who come from BWS")
struct ComingFromBWSTests {
    private static let requests = [
        "http://app.test/a?b=c", "http://www.app.test/a",
        // Files
        "https://app.test/", "https://www.app.test/index.html", "https://app.test/style.css", "https://app.test/none",
        "https://app.test/.git/config", "https://app.test/dir", "https://app.test/dir/", "-I https://app.test/",
        "-X DELETE https://app.test/", "-r 0-3 https://app.test/style.css",
        // Upstreams
        "https://app.test/api/x?y=z", "-d body https://app.test/api/x", "https://app.test/api/moved", "https://app.test/api",
        "-X PATCH -d body https://app.test/api/x", "https://app.test/legacy/x?y", "https://app.test/legacy/moved",
        "https://app.test/old/x?y", "https://app.test/ws", "https://app.test/dead/x",
        "-H X-Forwarded-For:192.0.2.1 https://app.test/api/x", "-H X-Remote-User:root https://app.test/api/x",
        // What the program answers itself
        "https://app.test/api/health/live", "https://app.test/api/health/ready", "https://app.test/api/sites",
        // CORS
        "-H Origin:https://shop.test https://app.test/api/x", "-H Origin:https://other.test https://app.test/api/x",
        "-X OPTIONS -H Origin:https://shop.test -H Access-Control-Request-Method:POST https://app.test/api/x",
    ]

    @Test("the file as it stands and the moved one have the same answers, but for what the page lists")
    func sameAnswers() async throws {
        let migration = try Migration("coming-from-bws.md", language: "toml bws")
        try await migration.compare(Self.requests, upstreams: ["app", "app", "legacy"]) { files, directory, compare in
            let said = try await check(files.theirs, in: directory)
            #expect(said == migration.said)
            let saidOfOurs = try await check(files.ours, in: directory)
            #expect(saidOfOurs == "")
            // With a table of its own no test's is put before the first line.
            let text = "compat = \"bws\"\n\(files.theirs)\n[limits]\nhead_timeout = 600\n"
            try await Gatehouse.serving(text) { _ in try await compare() }
        }
    }

    /// What `gatehouse check` warns about, without the places in the file.
    private func check(_ text: String, in directory: TemporaryDirectory) async throws -> String {
        let file = try directory.write("bws.toml", text)
        let outcome = try await Command.run(Place.gatehouse, ["check", file])
        #expect(outcome.exit == .code(0), "\(outcome)")
        var warnings: [String] = []
        var isWarning = false
        for line in outcome.errors.split(separator: "\n") {
            if let said = line.firstMatch(of: #/^\S+:[0-9]+:[0-9]+: (\w+: .*)$/#) {
                // The names of the tests' certificates are others.
                isWarning = said.output.1.hasPrefix("warning: ") && !said.output.1.contains(".cert_file: ")
                if isWarning { warnings.append(String(said.output.1)) }
            } else if isWarning, line.hasPrefix("  help: ") {
                warnings.append(String(line))
            }
        }
        return warnings.joined(separator: "\n")
    }
}
