import Foundation
import TestSupport
import Testing

/// The operator's pages: they change what a person sees, and nothing else.
@Suite("Pages of [sites.error_pages]")
struct ErrorPageTests {
    /// What is asked, and what becomes of it.
    struct Asked: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let request: String
        let status: Int
        let reason: String
        var error = "http_request_error"
        var fields: [String: String] = [:]
    }

    private static let host = "Host: localhost\r\n"
    private static let asked = [
        Asked(
            testDescription: "a file that is not there", request: "GET /none HTTP/1.1\r\n\(host)", status: 404,
            reason: "file_not_found"),
        Asked(
            testDescription: "a method that files do not know", request: "DELETE /x HTTP/1.1\r\n\(host)", status: 405,
            reason: "method_not_allowed", fields: ["Allow": "GET, HEAD"]),
        Asked(
            testDescription: "a range beyond the end", request: "GET /page.html HTTP/1.1\r\n\(host)Range: bytes=9999-\r\n",
            status: 416, reason: "range_not_satisfiable", fields: ["Content-Range": "bytes */4"]),
        Asked(
            testDescription: "an upstream that refuses", request: "GET /dead/ HTTP/1.1\r\n\(host)", status: 502,
            reason: "upstream_connect_failed", error: "connection_refused", fields: ["Retry-After": "1"]),
        Asked(
            testDescription: "an upstream that does not answer", request: "GET /slow/ HTTP/1.1\r\n\(host)", status: 504,
            reason: "upstream_first_byte_timeout", error: "http_response_timeout"),
        Asked(
            testDescription: "a body that is too long", request: "POST /slow/ HTTP/1.1\r\n\(host)Content-Length: 2000\r\n",
            status: 413, reason: "body_too_large"),
        Asked(
            testDescription: "a request that cannot be read", request: "GET /a%5Cb HTTP/1.1\r\n\(host)", status: 400,
            reason: "path_backslash"),
    ]

    private func toml(_ port: FreePort, _ directory: TemporaryDirectory, slow: Upstream) throws -> String {
        try directory.write("public/page.html", "page")
        for status in [400, 404, 405, 413, 416, 502, 504] {
            try directory.write("public/errors/\(status).html", "<p>ours: \(status)</p>")
        }
        // Larger than what the cache keeps in memory, so it is sent piece by piece.
        try directory.write("public/errors/404.html", "<p>ours: 404</p>" + String(repeating: "x", count: 400_000))
        let pages = [400, 404, 405, 413, 416, 502, 504].map { "\($0) = \"errors/\($0).html\"" }.joined(separator: "\n")
        return """
            [security]
            max_request_size = 1000
            [[sites]]
            name = "main"
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            static_dir = "\(directory.path)/public"
            headers = { X-Site = "main" }
            [sites.error_pages]
            \(pages)
            [sites.proxy]
            enabled = true
            [sites.proxy.timeout]
            connect = 600
            read = "200ms"
            [[sites.proxy.upstreams]]
            name = "dead"
            url = "http://127.0.0.1:1"
            [[sites.proxy.upstreams]]
            name = "slow"
            url = "http://127.0.0.1:\(slow)"
            [[sites.proxy.routes]]
            path = "/dead/"
            upstream = "dead"
            [[sites.proxy.routes]]
            path = "/slow/"
            upstream = "slow"
            """
    }

    @Test("keep status, fields, Proxy-Status and the reason in the log", arguments: asked)
    func pages(asked: Asked) async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let slow = try Upstream { _, wire in
            _ = try wire.readRequest()
            _ = try wire.readToEnd()
        }
        try await Gatehouse.serving(try toml(port, directory, slow: slow)) { gatehouse in
            let answer = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write(asked.request + "\r\n")
                return try wire.readAnswer()
            }
            #expect(answer.status == asked.status, "\(answer)")
            #expect(answer.text.hasPrefix("<p>ours: \(asked.status)</p>"), "\(answer)")
            #expect(answer.value("Content-Length") == "\(answer.body.count)")
            for (name, value) in asked.fields { #expect(answer.value(name) == value, "\(answer)") }
            #expect(answer.value("Proxy-Status") == "gatehouse; error=\(asked.error); details=\"\(asked.reason)\"")
            #expect(answer.value("Content-Type") == "text/html; charset=utf-8" && answer.value("Cache-Control") == "no-store")
            #expect(answer.value("ETag") == nil && answer.value("Last-Modified") == nil && answer.value("X-Site") == "main")
            let entry = try await gatehouse.access(reason: asked.reason)
            #expect(entry["status"] == "\(asked.status)" && entry["site"] == "main", "\(entry)")
            #expect(entry["bytes_out"] == "\(answer.body.count)", "\(entry)")
        }
    }

    @Test("are not sent to HEAD, do not end the connection, and stand in place of no answer of an upstream")
    func connection() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let upstream = try Upstream.answering { _ in "HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\n\r\ntheirs" }
        try await Gatehouse.serving(try toml(port, directory, slow: upstream)) { _ in
            try await onThread {
                let wire = try Wire(to: port.number)
                for _ in 1...2 {
                    try wire.write("HEAD /none HTTP/1.1\r\n\(Self.host)\r\n")
                    let head = try wire.readAnswer(toHead: true)
                    #expect(head.status == 404 && head.value("Content-Length") == "400016", "\(head)")
                    try wire.write("GET /slow/ HTTP/1.1\r\n\(Self.host)\r\n")
                    #expect(try wire.readAnswer().text == "theirs")
                    try wire.write("GET /none HTTP/1.1\r\n\(Self.host)\r\n")
                    #expect(try wire.readAnswer().body.count == 400_016)
                    try wire.write("GET /page.html HTTP/1.1\r\n\(Self.host)\r\n")
                    #expect(try wire.readAnswer().text == "page")
                }
            }
        }
    }

    @Test("come over HTTP/2 as they do over HTTP/1")
    func http2() async throws {
        let certificates = try await Certificates.ready()
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let upstream = try Upstream.saying("")
        let site = try toml(port, directory, slow: upstream).replacing(
            "[sites.error_pages]", with: certificates.ssl() + "\n[sites.error_pages]")
        try await Gatehouse.serving(site) { gatehouse in
            for (target, status, count) in [("/none", "404", 400_016), ("/dead/", "502", 16)] {
                let answer = try await Command.run(
                    "curl",
                    [
                        "-sS", "--http2", "--noproxy", "*", "--cacert", certificates.authority, "-w",
                        "%{http_version} %{http_code}", "https://localhost:\(port)\(target)",
                    ])
                #expect(answer.text.hasPrefix("<p>ours: \(status)</p>") && answer.text.hasSuffix("2 \(status)"), "\(answer)")
                let entry = try await gatehouse.access(target)
                #expect(entry["bytes_out"] == "\(count)" && entry["reason"] != nil, "\(entry)")
            }
        }
    }

    @Test("that cannot be read give way to the built-in page, and the log alone says why")
    func missing() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let upstream = try Upstream.saying("")
        try await Gatehouse.serving(try toml(port, directory, slow: upstream)) { gatehouse in
            try FileManager.default.removeItem(atPath: "\(directory.path)/public/errors")
            let answer = try await Command.curl(["-i", "http://localhost:\(port)/none"])
            #expect(answer.text.contains("404 Not Found") && answer.text.contains("<code>gatehouse: file_not_found</code>"))
            #expect(!answer.text.contains("error_pages"), "\(answer)")
            let entry = try await gatehouse.access("/none")
            #expect(entry["reason"] == "file_not_found", "\(entry)")
            #expect(entry["detail"]?.hasSuffix("; error_pages: No such file or directory") == true, "\(entry)")
        }
    }
}
