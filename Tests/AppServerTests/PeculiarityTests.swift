import Foundation
import TestSupport
import Testing

/// What docs/app-servers.md says of single servers, besides its table.
@Suite("Peculiarities of application servers")
struct PeculiarityTests {
    @Test("hypercorn's middleware keeps the quotes of Forwarded in its mode \"modern\"")
    func hypercornModern() async throws {
        let page = try AppServerPage()
        let row = try #require(page.rows.first { $0.name == "hypercorn" })
        let files = page.files(row).map { ($0.name, $0.content.replacing("legacy", with: "modern")) }
        let server = try await AppServer(page.command(row), application: "plain", files: files)
        try await Gateway.serving(server) { client in
            let seen = try await client.ask("/x")
            #expect(seen.host == "\"shop.example:\(client.port)\"")
        }
        try await server.stop()
    }

    @Test("uWSGI's --http11-socket forgets the address from the second request of a connection on")
    func uWSGIKeepsAlive() async throws {
        let command = "uwsgi --plugin python3 --http11-socket 127.0.0.1:3000 --master --need-app --die-on-term --module app:wsgi"
        let server = try await AppServer(command, application: "plain")
        try await Gateway.serving(server) { client in
            let (first, second) = try await (client.ask("/x"), client.ask("/x"))
            #expect(first.client == "127.0.0.1" && second.client == "0.0.0.0", "\(first) \(second)")
        }
        try await server.stop()
    }

    @Test(
        "Tomcat's RemoteIpValve takes the port for 443, unless portHeader names X-Forwarded-Port",
        .enabled(if: FileManager.default.fileExists(atPath: AppServer.tomcat), "Tomcat is missing: scripts/install-tools test"),
        arguments: [false, true])
    func tomcat(isTold: Bool) async throws {
        let server = try await AppServer(
            "java -cp \(AppServer.tomcat) WithTomcat.java 3000 \(isTold ? "X-Forwarded-Port" : "")", application: "tomcat")
        try await Gateway.serving(server) { client in
            let seen = try await client.curl(["/x"])
            #expect(seen.text == "https://shop.example\(isTold ? ":\(client.port)" : "")/x 127.0.0.2", "\(seen)")
        }
        try await server.stop()
    }

    @Test("PHP takes a dot in a field's name for a dash: what a client says that way does not reach it")
    func php() async throws {
        let page = "<?php foreach ($_SERVER as $name => $value) if (str_starts_with($name, 'HTTP_')) echo \"$name=$value\\n\";\n"
        let server = try await AppServer("php -S 127.0.0.1:3000 seen.php", application: "plain", files: [("seen.php", page)])
        let forged = ["Client.IP", "X.Real.IP", "X.Forwarded.For", "Remote.User"].flatMap { ["-H", "\($0): forged"] }
        let direct = try await Command.curl(forged + ["http://127.0.0.1:\(server.port)/"])
        for name in ["CLIENT_IP", "X_REAL_IP", "X_FORWARDED_FOR", "REMOTE_USER"] {
            #expect(direct.text.contains("HTTP_\(name)=forged\n"), "\(direct)")
        }
        try await Gateway.serving(server) { client in
            let seen = try await client.curl(forged + ["-H", "X-Stays: 1", "/"])
            #expect(seen.text.contains("HTTP_X_STAYS=1\n") && !seen.text.contains("forged"), "\(seen)")
        }
        try await server.stop()
    }

    @Test("nginx compresses nothing for what came through a proxy, unless gzip_proxied lets it", arguments: [false, true])
    func nginx(isLet: Bool) async throws {
        let directory = try TemporaryDirectory()
        try directory.write("page.txt", String(repeating: "text ", count: 2000))
        let upstream = try FreePort()
        let nginx = try await Nginx(
            """
            server {
                listen 127.0.0.1:\(upstream) reuseport;
                gzip on;
                gzip_http_version 1.0;
                gzip_types application/octet-stream text/plain;
                \(isLet ? "gzip_proxied any;" : "")
            }
            """, in: directory)
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)")) { _ in
            let answer = try await Command.curl([
                "-H", "Accept-Encoding: gzip", "-D", "-", "-o", "/dev/null", "http://localhost:\(port)/page.txt",
            ])
            #expect(answer.text.lowercased().contains("content-encoding: gzip") == isLet, "\(answer)")
        }
        nginx.process.terminate()
    }
}

/// Gatehouse with TLS before one server.
enum Gateway {
    /// - Parameter route: keys of the route.
    static func serving(_ server: AppServer, route: String = "", _ body: (Client) async throws -> Void) async throws {
        let (certificates, port) = try (await Certificates.ready(), FreePort())
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(server.port)", ssl: certificates.ssl(), route: route)
        try await Gatehouse.serving(toml) { _ in try await body(Client(port: port)) }
    }
}
