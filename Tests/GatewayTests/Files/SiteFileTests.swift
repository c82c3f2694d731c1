import Foundation
import TestSupport
import Testing

/// Which file a request gets, and pages about directories.
@Suite("Files by other names")
struct SiteFileTests {
    private func serving(
        _ keys: String, routes: String = "", _ body: (FreePort, TemporaryDirectory) async throws -> Void
    ) async throws {
        let (port, directory) = try (FreePort(), TemporaryDirectory())
        for (file, content) in [
            ("public/index.html", "app"), ("public/a.txt", "a"), ("public/docs/b.html", "b"), ("public/dir/index.html", "dir"),
            ("public/.hidden", "x"), ("public/list/1", "one"),
        ] { try directory.write(file, content) }
        let toml = """
            [[sites]]
            hostname = "localhost"
            port = \(port)
            static_dir = "\(directory.path)/public"
            \(keys)
            \(routes)
            """
        try await Gatehouse.serving(toml) { _ in try await body(port, directory) }
    }

    private func ask(_ port: FreePort, _ request: String, fields: String = "") async throws -> Message {
        try await onThread {
            let wire = try Wire(to: port.number)
            try wire.write("\(request) HTTP/1.1\r\nHost: localhost\r\n\(fields)Connection: close\r\n\r\n")
            return try wire.readAnswer(toHead: request.hasPrefix("HEAD"))
        }
    }

    @Test(
        "the first of try_files that is there is sent",
        arguments: [
            ("/", "200 app"), ("/a.txt", "200 a"), ("/about", "200 app"), ("/about/us/", "200 app"), ("/dir/", "200 dir"),
            ("/dir", "301 /dir/"),
            ("/.hidden", "200 app"), ("/x/..%2f", "400 "), ("/docs/b", "200 b"), ("/docs/c", "404 "), ("/img/x.png", "404 "),
            ("/a.txt?q", "200 a"),
            ("/a%00", "400 "),
        ])
    func tried(target: String, expected: String) async throws {
        let routes = """
            [[sites.routes]]
            path = "/docs/"
            try_files = ["{path}", "{path}.html"]
            [[sites.routes]]
            regex = '[.](png)$'
            files = true
            """
        try await serving("try_files = [\"{path}\", \"/index.html\"]", routes: routes) { port, _ in
            let answer = try await ask(port, "GET \(target)")
            let rest = answer.status == 200 ? answer.text : answer.value("Location") ?? ""
            #expect("\(answer.status) \(rest)" == expected)
        }
    }

    @Test("of a file that is sent in place of another, conditions and ranges hold")
    func conditions() async throws {
        try await serving("try_files = [\"{path}\", \"/index.html\"]") { port, _ in
            let first = try await ask(port, "GET /about")
            let tag = try #require(first.value("ETag"))
            let again = try await ask(port, "GET /other", fields: "If-None-Match: \(tag)\r\n")
            #expect(again.status == 304)
            let part = try await ask(port, "GET /about", fields: "Range: bytes=1-1\r\n")
            #expect(part.status == 206 && part.text == "p")
            let head = try await ask(port, "HEAD /about")
            #expect(head.status == 200 && head.value("Content-Length") == "3")
            let post = try await ask(port, "POST /about", fields: "Content-Length: 0\r\n")
            #expect(post.status == 405)
        }
    }

    @Test("no directory is listed unless it is said")
    func unlisted() async throws {
        try await serving("") { port, _ in
            let answer = try await ask(port, "GET /list/")
            #expect(answer.status == 404)
        }
    }

    @Test("a directory without an index file is a page, or JSON, of what is in it")
    func listed() async throws {
        try await serving("enable_directory_listing = true") { port, directory in
            let evil = "\"><script>alert(1)</script> & 'ü'.txt"
            try directory.write("public/list/sub/x", "x")
            try directory.write("public/list/\(evil.replacing("/", with: "_"))", String(repeating: "x", count: 3000))
            try directory.write("public/list/.secret", "x")
            try FileManager.default.createSymbolicLink(
                atPath: directory.path + "/public/list/gone", withDestinationPath: "nowhere")
            try directory.write("outside", "secret")
            try FileManager.default.createSymbolicLink(
                atPath: directory.path + "/public/list/leaves", withDestinationPath: "../../outside")
            try FileManager.default.createSymbolicLink(
                atPath: directory.path + "/public/list/stays", withDestinationPath: "../a.txt")
            // Of these the first two are refused in any path, and bytes that are no UTF-8 are bytes like others.
            let made = try await Command.run(
                "bash", ["-c", "touch $'line\\nbreak' 'back\\slash' $'odd\\377'"], directory: directory.path + "/public/list")
            #expect(made.code == 0, "\(made)")
            let page = try await ask(port, "GET /list/", fields: "Accept: text/html\r\n")
            #expect(page.text.contains("\"./odd%FF\"") && !page.text.contains("break") && !page.text.contains("slash"))
            #expect(page.status == 200 && page.value("Content-Type") == "text/html; charset=utf-8", "\(page)")
            #expect(page.value("Content-Security-Policy") == "default-src 'none'; style-src 'unsafe-inline'")
            #expect(page.value("Vary") == "Accept" && page.value("X-Content-Type-Options") == "nosniff")
            #expect(!page.text.contains("<script") && !page.text.contains(".secret") && !page.text.contains("gone"))
            #expect(!page.text.contains("leaves"))
            #expect(
                page.text.contains("href=\"./%22%3E%3Cscript%3Ealert%281%29%3C_script%3E%20%26%20%27%C3%BC%27.txt\""), "\(page)")
            #expect(page.text.contains("2.9 KiB") && page.text.contains("<a href=\"./sub/\">sub/</a>"))
            #expect(page.text.contains("prefers-color-scheme:dark"))
            let json = try await ask(port, "GET /list/", fields: "Accept: application/json\r\n")
            let object = try #require(try JSONSerialization.jsonObject(with: Data(json.body)) as? [String: Any])
            let entries = try #require(object["entries"] as? [[String: Any]])
            #expect(
                entries.map { $0["name"] as? String }
                    == ["sub", evil.replacing("/", with: "_"), "1", "odd\u{FFFD}", "stays"])
            #expect(entries.map { $0["type"] as? String } == ["directory", "file", "file", "file", "file"])
            #expect(entries[4]["size"] as? Int == 1)
            #expect(entries[2]["size"] as? Int == 3 && object["complete"] as? Bool == true)
            let links = page.text.matches(of: /href="\.\/([^"]+)"/).map { String($0.output.1) }
            for link in links {
                let answer = try await ask(port, "GET /list/\(link)")
                #expect(answer.status == 200, "\(link)")
            }
            for (target, status) in [("/list", 301), ("/", 200), ("/none/", 404), ("/.git/", 404), ("/list/../", 200)] {
                let answer = try await ask(port, "GET \(target)")
                #expect(answer.status == status, "\(target)")
            }
            let root = try await ask(port, "GET /dir/")
            #expect(root.text == "dir")
        }
    }

    @Test("a large directory is cut, and says so")
    func large() async throws {
        try await serving("enable_directory_listing = true") { port, directory in
            for number in 0..<2100 { try directory.write("public/big/\(number)", "") }
            let json = try await ask(port, "GET /big/", fields: "Accept: application/json\r\n")
            #expect(json.text.hasSuffix("\"complete\":false}\n") && json.text.components(separatedBy: "\"name\"").count == 2001)
        }
    }
}
