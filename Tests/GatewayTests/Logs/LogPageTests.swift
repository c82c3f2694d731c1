import Foundation
import TestSupport
import Testing

/// docs/logging.md against what the program writes.
@Suite("The page about logging")
struct LogPageTests {
    private static var diagnostics: Regex<Substring> {
        /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z gatehouse: (?:debug|info|notice|warning|error): .+/
    }

    /// Names in backticks of a table's column, of the tables whose first heading is `heading`.
    private func names(_ column: Int, under heading: String) throws -> Set<String> {
        let page = try String(contentsOfFile: Place.root + "docs/logging.md", encoding: .utf8)
        var isInTable = false
        var names: Set<String> = []
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("| \(heading) |") { isInTable = true }
            guard line.hasPrefix("|") else {
                isInTable = false
                continue
            }
            guard isInTable else { continue }
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
            for match in cells[column].matches(of: /`([a-z_]+)=?[A-Z_\/]*`/) { names.insert(String(match.output.1)) }
        }
        return names
    }

    /// One site that has all that a line can tell of; and requests that make it be told.
    private func lines(_ format: String) async throws -> [String] {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let upstream = try Upstream { _, wire in
            while let request = try wire.readRequest() {
                if request.target.hasPrefix("/tunnel") {
                    try wire.write(Tunnelled.accept("app"))
                    // A frame with a reserved bit breaks the rules; then a Close.
                    try wire.write([0xC1, 0x01, 0x61, 0x88, 0x02, 0x03, 0xE8])
                    return
                }
                // It takes a request and leaves: that one may not be sent again.
                if request.target.hasPrefix("/cut") { return }
                try wire.write(Upstream.ok("ok"))
            }
        }
        let directory = try TemporaryDirectory()
        // ann: secret
        let users = try directory.write("users", "ann:$2y$04$HzlC9Set.LufqIQNgVmcZu2mwVM58iRrRVMQWpKo0gbmSgHGv6kIm\n")
        let toml =
            "[logging]\nformat = \"\(format)\"\n"
                + """
                [[sites]]
                name = "main"
                hostname = "localhost"
                port = \(port)
                \(certificates.ssl())
                [sites.response_headers.set]
                X-Request-ID = "{request_id}"
                [sites.proxy]
                enabled = true
                [[sites.proxy.upstreams]]
                name = "app"
                url = "http://127.0.0.1:\(upstream)"
                [[sites.proxy.upstreams]]
                name = "dead"
                url = "http://127.0.0.1:1"
                [[sites.proxy.upstreams]]
                name = "dead"
                url = "http://127.0.0.2:1"
                [[sites.proxy.routes]]
                path = "/"
                upstream = "app"
                websocket = true
                [[sites.proxy.routes]]
                path = "/dead/"
                upstream = "dead"
                access = { require_auth = true, auth_file = "\(users)" }
                """
        return try await Gatehouse.serving(toml) { gatehouse in
            let ask = ["--cacert", certificates.authority, "-A", "agent", "-e", "http://from.example/"]
            let root = "https://localhost:\(port)"
            _ = try await Command.curl(ask + ["--http2", "-d", "body", "\(root)/one"])
            _ = try await Command.curl(ask + ["-u", "ann:secret", "\(root)/dead/two"])
            _ = try await Command.curl(ask + ["-d", "body", "\(root)/cut"])
            _ = try await Command.curl(ask + ["-H", "Cookie: \(String(repeating: "c", count: 9000))", "\(root)/three"])
            _ = try await Command.run(
                "curl",
                ask + [
                    "-sS", "--http1.1", "--max-time", "30", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H",
                    "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "\(root)/tunnel",
                ])
            _ = try await gatehouse.process.output.first { $0.contains("/tunnel") }
            for line in gatehouse.log.all { #expect(line.wholeMatch(of: Self.diagnostics) != nil, "\(line)") }
            return gatehouse.process.output.all
        }
    }

    @Test("names every field of a JSON line, and no other")
    func json() async throws {
        var written: Set<String> = []
        for line in try await lines("json") {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            written.formUnion(object.keys)
        }
        let listed = try names(1, under: "JSON")
        #expect(listed.subtracting(written).isEmpty, "listed, not written")
        #expect(written.subtracting(listed).isEmpty, "written, not listed")
    }

    @Test("names every key=value of the other formats, and no other", arguments: ["combined", "compact"])
    func pairs(format: String) async throws {
        var written: Set<String> = []
        for line in try await lines(format) {
            let bare = line.replacing(/"(?:[^"\\]|\\.)*"/, with: "")
            for match in bare.matches(of: /\ ([a-z_]+)=/) { written.insert(String(match.output.1)) }
            #expect(line.contains("\"POST /one HTTP/2.0\"") || !line.contains("/one"))
        }
        var listed = try names(2, under: "JSON")
        listed.remove(format == "compact" ? "site" : "user")
        #expect(listed.subtracting(written).isEmpty, "listed, not written")
        #expect(written.subtracting(listed).isEmpty, "written, not listed")
    }

    /// As fail2ban uses it: the time is taken out before, and an address stands for `<HOST>`.
    private func filter() throws -> Regex<AnyRegexOutput> {
        let page = try String(contentsOfFile: Place.root + "docs/logging.md", encoding: .utf8)
        let line = try #require(page.split(separator: "\n").first { $0.hasPrefix("failregex = ") })
        return try Regex(String(line.dropFirst("failregex = ".count)).replacing("<HOST>", with: #"[\d.]+"#))
    }

    @Test("has a filter for fail2ban that takes wrong passwords, and nothing that a client or an upstream writes")
    func banning() async throws {
        let (directory, port, passed) = try (TemporaryDirectory(), FreePort(), FreePort())
        let users = try directory.write("users", "ann:$2y$04$HzlC9Set.LufqIQNgVmcZu2mwVM58iRrRVMQWpKo0gbmSgHGv6kIm\n")
        let log = "\(directory.path)/access.log"
        // What it says when it leaves is in the detail of the line.
        let leaves = Array("reason=auth_failed ".utf8)
        let upstream = try Upstream { _, wire in
            try wire.write([0, 0, 0, 4, 0, 0, 0, 0, 0])
            try wire.write([0, 0, UInt8(8 + leaves.count), 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2] + leaves)
        }
        let toml = """
            [logging]
            access_log = "\(log)"
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            static_dir = "\(directory.path)"
            [sites.access]
            require_auth = true
            auth_file = "\(users)"
            [sites.proxy]
            enabled = true
            [[sites.proxy.upstreams]]
            name = "leaves"
            url = "h2c://127.0.0.1:\(upstream)"
            [[sites.proxy.routes]]
            path = "/leaves"
            upstream = "leaves"
            access = { require_auth = false }
            [[tcp]]
            name = "mail"
            listen = "127.0.0.1"
            port = \(passed)
            [[tcp.sni]]
            hostnames = ["mail.test"]
            upstream = "mail"
            [[tcp.upstreams]]
            name = "mail"
            address = "127.0.0.1:1"
            """
        try await Gatehouse.serving(toml) { _ in
            let page = "http://127.0.0.1:\(port)"
            let agent = ["-A", "a\" reason=auth_failed "]
            for more in [["-u", "ann:wrong", "\(page)/"], ["\(page)/?reason=auth_failed"], ["\(page)/leaves"]] {
                _ = try await Command.run("curl", ["-sS"] + agent + more)
            }
            _ = try await Command.sClient(passed, ["-servername", "reason=auth_failed"])
        }
        let filter = try filter()
        var banned: [Bool] = []
        for line in try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n") {
            #expect(line.contains("reason=auth_failed"), "\(line)")
            banned.append(line.replacing(/\[[^\]]+\]/, with: "[]").contains(filter))
        }
        #expect(banned == [true, false, false, false])
    }
}
