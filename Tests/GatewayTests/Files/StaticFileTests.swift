import Foundation
import TestSupport
import Testing

@Suite("Static files")
struct StaticFileTests {
    /// A site of `root/`, beside which lies a secret.
    private func serving(
        more: String = "", _ body: (FreePort, TemporaryDirectory, Gatehouse) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        try directory.write("secret.txt", "secret")
        try directory.write("root/index.html", "<p>home</p>")
        try directory.write("root/a.txt", "0123456789")
        try directory.write("root/sub/index.htm", "sub")
        try directory.write("root/sub/style.css", String(repeating: "p { color: red }\n", count: 400))
        try directory.write("root/photo.jpg", [UInt8](repeating: 7, count: 5000))
        try directory.write("root/with space+é.json", "{}")
        try FileManager.default.createDirectory(atPath: directory.path + "/root/empty", withIntermediateDirectories: true)
        try directory.link("root/inside.txt", to: "a.txt")
        try directory.link("root/outside.txt", to: "../secret.txt")
        try directory.link("root/absolute.txt", to: directory.path + "/secret.txt")
        try directory.link("root/up", to: "..")
        let port = try FreePort()
        let toml = """
            [[sites]]
            hostname = "localhost"
            port = \(port)
            static_dir = "\(directory.path)/root"
            \(more)
            """
        try await Gatehouse.serving(toml) { try await body(port, directory, $0) }
    }

    private func get(_ port: FreePort, _ target: String, method: String = "GET", fields: [String] = []) async throws -> Message {
        try await onThread {
            let wire = try Wire(to: port.number)
            let lines = ["\(method) \(target) HTTP/1.1", "Host: localhost", "Connection: close"] + fields
            try wire.write(lines.joined(separator: "\r\n") + "\r\n\r\n")
            return try wire.readAnswer(toHead: method == "HEAD")
        }
    }

    @Test("files, indexes and media types")
    func files() async throws {
        try await serving { port, _, gatehouse in
            let home = try await get(port, "/")
            #expect(home.status == 200 && home.text == "<p>home</p>")
            #expect(home.value("Content-Type")?.hasPrefix("text/html") == true)
            #expect(home.value("Content-Length") == "11")
            #expect(home.value("Last-Modified")?.hasSuffix(" GMT") == true && home.value("ETag") != nil)
            #expect(home.value("Date")?.hasSuffix(" GMT") == true)
            let index = try await get(port, "/sub/")
            #expect(index.text == "sub")
            let directory = try await get(port, "/sub?x=y")
            #expect(directory.status == 301 && directory.value("Location") == "/sub/?x=y")
            let escaped = try await get(port, "/with%20space+%c3%A9.json")
            #expect(escaped.text == "{}" && escaped.value("Content-Type")?.hasPrefix("application/json") == true)
            #expect(try await get(port, "/inside.txt").text == "0123456789")
            let head = try await get(port, "/a.txt", method: "HEAD")
            #expect(head.value("Content-Length") == "10" && head.value("Accept-Ranges") == "bytes")
            let entry = try await gatehouse.access("/a.txt")
            #expect(entry["status"] == "200" && entry["bytes_out"] == "0")
        }
    }

    @Test("a directory that is lost and comes back is told once, and served")
    func replaced() async throws {
        try await serving { port, directory, gatehouse in
            #expect(try await get(port, "/a.txt").text == "0123456789")
            try FileManager.default.moveItem(atPath: directory.path + "/root", toPath: directory.path + "/aside")
            let lost = try await gatehouse.log.first("the loss") { $0.contains("static_dir is lost") }
            #expect(lost.contains("/root") && lost.contains("No such file or directory"))
            try directory.write("root/a.txt", "new")
            _ = try await gatehouse.log.first("the return") { $0.contains("static_dir is back") }
            #expect(try await get(port, "/a.txt").text == "new")
            #expect(gatehouse.log.all.count { $0.contains("static_dir is") } == 2)
        }
    }

    @Test(
        "what is not there, not public or not to be written",
        arguments: [
            ("GET", "/none", 404), ("GET", "/empty/", 404), ("GET", "/a.txt/", 404), ("GET", "/a.txt/b", 404),
            ("POST", "/a.txt", 405), ("DELETE", "/a.txt", 405),
        ])
    func refused(method: String, target: String, status: Int) async throws {
        try await serving { port, _, _ in
            let answer = try await get(port, target, method: method)
            #expect(answer.status == status)
            #expect(answer.value("Proxy-Status")?.hasPrefix("gatehouse; error=") == true)
            if status == 405 { #expect(answer.value("Allow") == "GET, HEAD") }
        }
    }

    @Test(
        "no path leaves the directory",
        arguments: [
            "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/sub/../../secret.txt", "/sub/..%2f..%2fsecret.txt",
            "//../secret.txt", "/..;/secret.txt", "/..\\secret.txt", "/.%2e/secret.txt", "/outside.txt", "/absolute.txt",
            "/up/secret.txt", "/up/root/../secret.txt", "/%252e%252e/secret.txt", "/..%00/secret.txt", "/%c0%ae%c0%ae/secret.txt",
            "http://localhost/../secret.txt", "/sub/%2e%2e%2f%2e%2e%2fsecret.txt", "/./.././secret.txt", "/up%2fsecret.txt",
        ])
    func traversal(target: String) async throws {
        try await serving { port, _, _ in
            let answer = try await get(port, target)
            #expect([400, 403, 404].contains(answer.status), "\(answer.status)")
            #expect(!answer.text.contains("secret") || answer.value("Proxy-Status") != nil)
            #expect(answer.text != "secret")
        }
    }

    @Test(
        "compressible files are sent in gzip to those who take it, by their q-values",
        arguments: [
            ("gzip", true), ("gzip;q=0", false), ("identity", false), ("deflate, gzip;q=0.5", true), ("gzip, *;q=0.5", true),
            ("*;q=0", false),
            ("gzip;q=0.5, identity;q=0.9", false), ("GZIP", true), ("x-gzip", true), ("compress", false), ("", false),
        ])
    func compression(accepted: String, isCompressed: Bool) async throws {
        try await serving { port, directory, _ in
            let answer = try await get(port, "/sub/style.css", fields: ["Accept-Encoding: \(accepted)"])
            // "*;q=0" leaves nothing acceptable; the file as it is, or 406, would both be right.
            #expect(answer.status == 200)
            #expect(answer.value("Content-Encoding") == (isCompressed ? "gzip" : nil))
            #expect(answer.value("Vary")?.lowercased().contains("accept-encoding") == true)
            let plain = try Data(contentsOf: URL(filePath: directory.path + "/root/sub/style.css"))
            if isCompressed {
                let file = try directory.write("got.gz", answer.body)
                let unpacked = try await Command.run("gzip", ["-dc", file])
                #expect(unpacked.exit == .code(0) && unpacked.output == [UInt8](plain))
                #expect(answer.body.count < plain.count / 4)
            } else {
                #expect(answer.body == [UInt8](plain))
            }
        }
    }

    @Test("pictures and small files are not compressed")
    func incompressible() async throws {
        try await serving { port, _, _ in
            for target in ["/photo.jpg", "/a.txt"] {
                let answer = try await get(port, target, fields: ["Accept-Encoding: gzip"])
                #expect(answer.values("Content-Encoding").isEmpty, "\(target)")
            }
        }
    }

    @Test(
        "ranges",
        arguments: [
            ("bytes=0-3", 206, "0123", "bytes 0-3/10"), ("bytes=7-", 206, "789", "bytes 7-9/10"),
            ("bytes=-2", 206, "89", "bytes 8-9/10"),
            ("bytes=5-100", 206, "56789", "bytes 5-9/10"), ("bytes=10-", 416, "", "bytes */10"),
            ("bytes=4-2", 200, "0123456789", ""),
            ("lines=1-2", 200, "0123456789", ""), ("bytes=-0", 416, "", "bytes */10"),
        ])
    func ranges(range: String, status: Int, text: String, contentRange: String) async throws {
        try await serving { port, _, _ in
            let answer = try await get(port, "/a.txt", fields: ["Range: \(range)"])
            #expect(answer.status == status)
            if status != 416 { #expect(answer.text == text) }
            #expect(answer.value("Content-Range") ?? "" == contentRange)
        }
    }

    @Test("conditional requests")
    func conditions() async throws {
        try await serving { port, _, _ in
            let first = try await get(port, "/a.txt")
            let (tag, date) = (first.value("ETag")!, first.value("Last-Modified")!)
            let cases: [(String, Int)] = [
                ("If-None-Match: \(tag)", 304), ("If-None-Match: *", 304), ("If-None-Match: \"x\", W/\(tag)", 304),
                ("If-None-Match: \"x\"", 200), ("If-Modified-Since: \(date)", 304),
                ("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", 200), ("If-Match: \"x\"", 412), ("If-Match: *", 200),
                ("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT", 412), ("If-Modified-Since: nonsense", 200),
                ("If-Modified-Since: \(date)\r\nIf-None-Match: \"x\"", 200), ("Range: bytes=0-1\r\nIf-Range: \"x\"", 200),
                ("Range: bytes=0-1\r\nIf-Range: \(tag)", 206),
            ]
            for (fields, status) in cases {
                let answer = try await get(port, "/a.txt", fields: [fields])
                #expect(answer.status == status, "\(fields)")
                if status == 304 { #expect(answer.value("ETag") == tag && answer.body.isEmpty) }
            }
        }
    }

    @Test("headers of the site and security headers are on files and on refusals alike")
    func headers() async throws {
        try await serving(more: "[sites.headers]\nX-Site = \"yes\"") { port, _, _ in
            for target in ["/a.txt", "/none"] {
                let answer = try await get(port, target)
                #expect(answer.value("X-Site") == "yes" && answer.value("X-Content-Type-Options") == "nosniff", "\(answer)")
                #expect(answer.value("Server") == "gatehouse")
            }
        }
    }

    /// The files are the repository's own: one that was written a moment ago is not kept in memory.
    @Test("a file in memory follows a head of any length", arguments: [16_000, 16_384, 40_000])
    func longHead(length: Int) async throws {
        let port = try FreePort()
        let toml = """
            [[sites]]
            hostname = "localhost"
            port = \(port)
            static_dir = "\(Place.root)docs"
            [sites.headers]
            X-Site = "\(String(repeating: "x", count: length))"
            """
        let content = try Array(Data(contentsOf: URL(filePath: Place.root + "docs/paths.md")))
        try await Gatehouse.serving(toml) { _ in
            for _ in 0..<2 {
                let answer = try await get(port, "/paths.md")
                #expect(answer.status == 200 && answer.value("X-Site")?.count == length)
                #expect(answer.body == content)
            }
        }
    }

    @Test("a big file arrives whole, plain and over TLS", arguments: [false, true])
    func bigFile(isTLS: Bool) async throws {
        let certificates = try await Certificates.ready()
        try await serving(more: isTLS ? certificates.ssl() : "") { port, directory, _ in
            let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
            try directory.write("root/big.bin", content)
            let answer = try await Command.curl([
                "--cacert", certificates.authority, "http\(isTLS ? "s" : "")://localhost:\(port)/big.bin",
            ])
            #expect(answer.exit == .code(0) && answer.output == content)
        }
    }

    @Test("proxied paths and files share a site; files serve the rest")
    func mixed() async throws {
        let upstream = try Upstream.answering { Upstream.ok("api \($0.target)") }
        let proxy = """
            [sites.proxy]
            enabled = true
            [[sites.proxy.upstreams]]
            name = "api"
            url = "http://127.0.0.1:\(upstream)"
            [[sites.proxy.routes]]
            path = "/api/"
            upstream = "api"
            strip_prefix = true
            """
        try await serving(more: proxy) { port, _, _ in
            for (target, text) in [("/api/x", "api /x"), ("/a.txt", "0123456789"), ("/sub/../a.txt", "0123456789")] {
                let answer = try await get(port, target)
                #expect(answer.text == text)
            }
        }
    }
}
