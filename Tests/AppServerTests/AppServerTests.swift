import Foundation
import TestSupport
import Testing

/// docs/app-servers.md, row by row, with the servers themselves.
@Suite("Application servers behind Gatehouse")
struct AppServerTests {
    /// How each is run by who knows nothing of gateways.
    private static let plain = [
        "gunicorn": "gunicorn --bind 127.0.0.1:3000 --threads 4 app:wsgi",
        "Flask": "gunicorn --bind 127.0.0.1:3000 --threads 4 app:flask",
        "Django, WSGI": "gunicorn --bind 127.0.0.1:3000 --threads 4 app:wsgi",
        "Django, ASGI": "uvicorn --port 3000 app:asgi",
        "uvicorn": "uvicorn --port 3000 app:asgi",
        "hypercorn": "hypercorn --bind 127.0.0.1:3000 app:asgi",
        "daphne": "daphne --bind 127.0.0.1 --port 3000 app:asgi",
        "granian, ASGI": "granian --host 127.0.0.1 --port 3000 --interface asgi app:asgi",
        "granian, WSGI": "granian --host 127.0.0.1 --port 3000 --interface wsgi app:wsgi",
        "waitress": "waitress-serve --listen=127.0.0.1:3000 app:wsgi",
        "cheroot": "python serve.py cheroot 3000",
        "gevent": "python serve.py gevent 3000",
        "tornado": "python serve.py tornado 3000",
        "sanic": "python serve.py sanic 3000",
        "aiohttp": "python serve.py aiohttp 3000",
        "uWSGI":
            "uwsgi --plugin python3 --http-socket 127.0.0.1:3000 --master --need-app --die-on-term --module app:wsgi",
        "Puma": "puma --bind tcp://127.0.0.1:3000 app.ru",
    ]

    /// One after the other: all of them together would be more than thirty servers at a time.
    @Test(
        "each sees what the page's table says, with and without its switch", .serialized,
        arguments: try AppServerPage().rows)
    func sees(_ row: AppServerPage.Row) async throws {
        let page = try AppServerPage()
        let application = row.name.hasPrefix("Django") ? "django" : "plain"
        let unasked = try await AppServer(try #require(Self.plain[row.name]), application: application)
        let asked = try await AppServer(page.command(row), application: application, files: page.files(row))
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        try await Gatehouse.serving(Self.site(port, certificates, unasked, asked)) { gatehouse in
            let client = Client(port: port)
            let without = try await client.ask("/unasked/x%20y?a=1")
            #expect("\(without.scheme) \(without.client)" == row.unasked, "\(without)")
            let with = try await client.ask("/x%20y?a=1")
            #expect("\(with.scheme) \(with.client)" == row.asked, "\(with)")
            for seen in [without, with] {
                #expect(seen.host == "shop.example:\(port)" && seen.query == "a=1" && seen.path.hasSuffix("/x%20y"), "\(seen)")
            }
            #expect(try await client.ask("/x", ["--data", "12345"]).body == 5)
            let chunked = try await client.ask("/x", ["--data", "12345", "--header", "Transfer-Encoding: chunked"])
            #expect(chunked.body == (row.readsChunked ? 5 : 0), "\(chunked)")
            // Whatever a server sends behind the answer to HEAD, the next answer is the next request's.
            #expect(try await client.headThenGet().host == "shop.example:\(port)")
            // What the client claims is nothing to any of them.
            let claims = ["X-Forwarded-For", "X-Real-IP", "X-Forwarded-Host", "X_Forwarded_For"]
            let liar = try await client.ask("/x", claims.flatMap { ["--header", "\($0): 203.0.113.9"] })
            #expect(liar.client == with.client && liar.host == with.host, "\(liar)")
            for entry in gatehouse.accessEntries { #expect(entry["status"] == "200", "\(entry)") }
        }
        try await unasked.stop()
        try await asked.stop()
    }

    @Test(
        "those that speak ASGI see the client of a WebSocket and a scheme, with the page's switch",
        arguments: [("uvicorn", "wss"), ("hypercorn", "https"), ("daphne", "ws"), ("granian, ASGI", "wss")])
    func sockets(_ name: String, _ scheme: String) async throws {
        let page = try AppServerPage()
        let row = try #require(page.rows.first { $0.name == name })
        let server = try await AppServer(page.command(row), application: "plain", files: page.files(row))
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        try await Gatehouse.serving(Self.site(port, certificates, server, server)) { _ in
            let told = try await Command.run(
                AppServer.python, [AppServer.apps + "socket_client.py", "\(port)", certificates.authority])
            let seen = try JSONDecoder().decode(Seen.self, from: Data(told.output))
            #expect(seen.scheme == scheme && seen.client == "127.0.0.2" && seen.path == "/socket", "\(told)")
        }
        try await server.stop()
    }

    @Test("the page names the versions that are run, and how long each keeps an idle connection by itself")
    func defaults() async throws {
        let told = try await Command.run(AppServer.python, [AppServer.apps + "defaults.py"])
        try #require(told.code == 0, "\(told)")
        let page = try AppServerPage()
        for line in told.text.split(separator: "\n") {
            let parts = line.split(separator: " ").map(String.init)
            let rows = page.rows.filter { $0.name.split(separator: ",")[0] == parts[0] }
            #expect(!rows.isEmpty, "\(parts[0]) has no row")
            for row in rows {
                #expect(row.version == parts[1], "\(row)")
                if let seconds = Double(parts[2]) { #expect(Double(row.idle) == seconds, "\(row): \(seconds)") }
            }
        }
        // The last two are Debian's, whose version is the release's affair.
        #expect(Set(page.rows.map(\.name)) == Set(Self.plain.keys))
    }

    @Test("uWSGI ends the connection over a head that is too long for it: 502, and it stays in use")
    func longHead() async throws {
        let server = try await AppServer(try #require(Self.plain["uWSGI"]), application: "plain")
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        try await Gatehouse.serving(Self.site(port, certificates, server, server)) { gatehouse in
            let client = Client(port: port)
            let long = "/" + String(repeating: "l", count: 3000)
            for _ in 1...2 { _ = try await client.curl([long]) }
            #expect(try await gatehouse.access(reason: "upstream_closed_early")["status"] == "502")
            #expect(try await client.ask("/short").path == "/short")
        }
        try await server.stop()
    }

    private static func site(_ port: FreePort, _ certificates: Certificates, _ unasked: AppServer, _ asked: AppServer) -> String {
        """
        [[sites]]
        name = "main"
        hostname = "localhost"
        port = \(port)
        default = true
        \(certificates.ssl())
        [sites.proxy]
        enabled = true
        [[sites.proxy.upstreams]]
        name = "unasked"
        url = "http://127.0.0.1:\(unasked.port)"
        [[sites.proxy.upstreams]]
        name = "asked"
        url = "http://127.0.0.1:\(asked.port)"
        [[sites.proxy.routes]]
        path = "/unasked/"
        upstream = "unasked"
        [[sites.proxy.routes]]
        path = "/"
        upstream = "asked"
        websocket = true
        """
    }
}

/// What an application says that it sees.
struct Seen: Codable, Sendable {
    let scheme, host, path, query, client: String
    /// The bytes of the request's body that it could read.
    let body: Int
}

/// curl from 127.0.0.2, which asks for shop.example.
struct Client: Sendable {
    let port: FreePort

    /// - Parameter rest: targets, and options.
    func curl(_ rest: [String]) async throws -> Command.Outcome {
        try await Command.curl(
            ["-k", "--interface", "127.0.0.2", "--resolve", "shop.example:\(port):127.0.0.1"]
                + rest.map { $0.hasPrefix("/") ? "https://shop.example:\(port)\($0)" : $0 })
    }

    func ask(_ target: String, _ options: [String] = []) async throws -> Seen {
        let outcome = try await curl([target] + options)
        do {
            return try JSONDecoder().decode(Seen.self, from: Data(outcome.output))
        } catch {
            throw AppServer.Failed(description: "\(target): \(outcome)")
        }
    }

    /// Two requests on one connection.
    /// - Returns: what the second saw.
    func headThenGet() async throws -> Seen {
        let outcome = try await curl(
            ["/head", "--head", "--output", "/dev/null", "--next", "-sS", "-k", "--interface", "127.0.0.2"]
                + ["--http1.1", "--resolve", "shop.example:\(port):127.0.0.1", "/get"])
        return try JSONDecoder().decode(Seen.self, from: Data(outcome.output))
    }
}
