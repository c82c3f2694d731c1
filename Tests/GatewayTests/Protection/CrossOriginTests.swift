import TestSupport
import Testing

/// `[sites.access_control]`, as browsers see it.
@Suite("Pages of other origins")
struct CrossOriginTests {
    private static let names =
        ["Origin", "Credentials", "Methods", "Headers"].map { "Access-Control-Allow-\($0)" } + [
            "Access-Control-Max-Age", "Vary", "Access-Control-Expose-Headers",
        ]

    /// The fields of the answer, in the order of `names`.
    private func asked(_ port: FreePort, _ request: String) async throws -> (status: Int, fields: [[String]], body: String) {
        try await onThread {
            let wire = try Wire(to: port.number)
            try wire.write(request + "\r\nHost: localhost\r\n\r\n")
            let answer = try wire.readAnswer()
            return (answer.status, Self.names.map(answer.values), answer.text)
        }
    }

    private func serving(_ keys: String, _ body: (FreePort, Upstream) async throws -> Void) async throws {
        let (port, directory) = try (FreePort(), TemporaryDirectory())
        try directory.write("public/f.txt", "file")
        let upstream = try Upstream.answering { request in
            let own = request.target.hasSuffix("own") ? "Access-Control-Allow-Origin: https://theirs.test\r\n" : ""
            return "HTTP/1.1 200 OK\r\n\(own)Content-Length: 3\r\n\r\napp"
        }
        let toml = """
            [[sites]]
            hostname = "localhost"
            port = \(port)
            static_dir = "\(directory.path)/public"
            [sites.access_control]
            \(keys)
            [sites.proxy]
            enabled = true
            [[sites.proxy.upstreams]]
            name = "app"
            url = "http://127.0.0.1:\(upstream)"
            [[sites.proxy.routes]]
            path = "/app/"
            upstream = "app"
            """
        try await Gatehouse.serving(toml) { _ in try await body(port, upstream) }
    }

    private static let listed = """
        allow_origins = ["https://a.test", "https://b.test:8443"]
        allow_methods = ["GET", "PUT"]
        allow_headers = ["X-A"]
        allow_credentials = true
        max_age = 60
        """

    @Test(
        "of the list may read every answer, others none; caches are told that answers differ",
        arguments: ["/f.txt", "/none", "/app/x"])
    func answers(target: String) async throws {
        try await serving(Self.listed) { port, _ in
            for origin in ["https://a.test", "https://B.test:8443"] {
                let answer = try await asked(port, "GET \(target) HTTP/1.1\r\nOrigin: \(origin)")
                #expect(answer.fields[0] == [origin] && answer.fields[1] == ["true"] && answer.fields[5].contains("Origin"))
                #expect(answer.fields[2] == [] && answer.fields[4] == [], "\(answer)")
            }
            for other in ["\r\nOrigin: https://a.test.evil.test", "\r\nOrigin: null", "", "\r\nOrigin: https://a.test:444"] {
                let answer = try await asked(port, "GET \(target) HTTP/1.1\(other)")
                #expect(answer.fields[0] == [] && answer.fields[1] == [] && answer.fields[5].contains("Origin"), "\(answer)")
            }
        }
    }

    @Test("ask beforehand, and are answered here, with nothing for those that may not")
    func preflights() async throws {
        try await serving(Self.listed) { port, upstream in
            let question = "OPTIONS /app/x HTTP/1.1\r\nAccess-Control-Request-Method: PUT\r\nOrigin: "
            let answer = try await asked(port, question + "https://a.test")
            #expect(answer.status == 204)
            #expect(answer.fields == [["https://a.test"], ["true"], ["GET, PUT"], ["X-A"], ["60"], ["Origin"], []])
            let other = try await asked(port, question + "https://other.test")
            #expect(other.status == 204 && other.fields == [[], [], [], [], [], ["Origin"], []])
            #expect(upstream.requests.all.isEmpty)
            // Without a method that is asked for it is an ordinary request.
            #expect(try await asked(port, "OPTIONS /app/x HTTP/1.1\r\nOrigin: https://a.test").body == "app")
        }
    }

    /// Without it a script reads no ETag, no Location, and no Retry-After.
    @Test(
        "are told which fields of an answer they may read, if they may read it; an upstream's own word stands",
        arguments: ["", "allow_origins = [\"https://a.test\"]\n"])
    func exposed(origins: String) async throws {
        try await serving(origins + "expose_headers = [\"ETag\", \"Retry-After\"]") { port, _ in
            for target in ["/f.txt", "/none", "/app/x"] {
                let answer = try await asked(port, "GET \(target) HTTP/1.1\r\nOrigin: https://a.test")
                #expect(answer.fields[6] == ["ETag, Retry-After"], "\(answer)")
                let other = try await asked(port, "GET \(target) HTTP/1.1\r\nOrigin: https://other.test")
                #expect(other.fields[6] == (origins.isEmpty ? ["ETag, Retry-After"] : []), "\(other)")
            }
            let own = try await asked(port, "GET /app/own HTTP/1.1\r\nOrigin: https://a.test")
            #expect(own.fields[0] == ["https://theirs.test"] && own.fields[6] == [], "\(own)")
        }
    }

    @Test("may all read what is for everybody, without credentials; an upstream's own word stands")
    func everybody() async throws {
        try await serving("allow_credentials = true") { port, _ in
            for target in ["/f.txt", "/app/x"] {
                let answer = try await asked(port, "GET \(target) HTTP/1.1\r\nOrigin: https://a.test")
                #expect(answer.fields[0] == ["*"] && answer.fields[1] == [], "\(answer)")
            }
            let own = try await asked(port, "GET /app/own HTTP/1.1\r\nOrigin: https://a.test")
            #expect(own.fields[0] == ["https://theirs.test"], "\(own)")
        }
    }
}
