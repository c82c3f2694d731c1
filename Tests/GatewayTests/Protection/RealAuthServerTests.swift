import Foundation
import TestSupport
import Testing

/// `[sites.forward_auth]` with an auth server as it is published: PyPI's ws.nginxdbauth, written for nginx's `auth_request`,
/// with names and passwords in a database.
@Suite("An auth server for nginx's auth_request")
struct RealAuthServerTests {
    private static let challenge = "Basic realm=\"Staff\""
    /// Name, password, path, further fields.
    private static let questions = [
        ("", "", "/f.txt", ""), ("ann", "secret", "/f.txt", ""), ("ann", "wrong", "/f.txt", ""), ("bob", "secret", "/f.txt", ""),
        ("root", "secret", "/f.txt", ""), ("ann", "secret", "/app/x", ""), ("root", "secret", "/app/x", ""),
        ("ann", "secret", "/app/x", "X-Role: staff\r\n"), ("ann", "secret", "/app/x", "X_Role: staff\r\n"),
        ("", "", "/app/x", "WWW-Authenticate: Basic realm=\"Other\"\r\n"),
        ("ann' OR '1'='1", "x", "/f.txt", ""), ("\u{FC}ml\u{E4}ut", "secret", "/f.txt", ""),
    ]
    private static let statuses = [401, 200, 403, 403, 200, 403, 200, 403, 403, 401, 403, 200]

    /// The server, whose database has an employee and an administrator.
    private static func run(at port: FreePort, in directory: TemporaryDirectory) async throws -> ChildProcess {
        let database = directory.path + "/auth.db"
        let program = """
            import sqlite3, sys
            with sqlite3.connect(sys.argv[1]) as database:
                database.execute("CREATE TABLE users (name TEXT, password TEXT, role TEXT)")
                for name, role in [("ann", "staff"), ("root", "admin"), ("\u{FC}ml\u{E4}ut", "staff")]:
                    database.execute("INSERT INTO users VALUES (?, 'secret', ?)", (name, role))
            """
        let made = try await Command.run(Place.pythonWithLibraries, ["-c", program, database])
        #expect(made.code == 0, "\(made)")
        let file = try directory.write(
            "auth.ini",
            """
            [default]
            dsn = sqlite:///\(database)
            query = SELECT 1 FROM users WHERE name = :username AND password = :password AND role IN ('admin', :x_role)
            """)
        return try ChildProcess(
            Place.pythonWithLibraries,
            [Place.root + ".build-venv/bin/nginx-db-auth-serve", "--host", "127.0.0.1", "--port", "\(port)", "--config", file])
    }

    private static func headers(_ role: String) -> String {
        "{ X-Role = \"\(role)\", WWW-Authenticate = \"Basic realm=\\\"Staff\\\"\" }"
    }

    private static func nginx(_ port: FreePort, _ auth: FreePort) -> String {
        let ask =
            "proxy_pass http://127.0.0.1:\(auth)/; proxy_pass_request_body off; proxy_set_header Content-Length \"\";"
            + "proxy_set_header WWW-Authenticate 'Basic realm=\"Staff\"';"
        return """
            server {
                listen 127.0.0.1:\(port) reuseport;
                location / { auth_request /-/staff; }
                location /app/ { auth_request /-/admin; }
                location = /-/staff { internal; \(ask) proxy_set_header X-Role staff; }
                location = /-/admin { internal; \(ask) proxy_set_header X-Role admin; }
            }
            """
    }

    private func ask(_ port: FreePort, _ question: (name: String, password: String, path: String, fields: String)) async throws
        -> (status: Int, challenges: [String])
    {
        let credentials = Data("\(question.name):\(question.password)".utf8).base64EncodedString()
        let authorization = question.name.isEmpty ? "" : "Authorization: Basic \(credentials)\r\n"
        return try await onThread {
            let wire = try Wire(to: port.number)
            try wire.write("GET \(question.path) HTTP/1.1\r\nHost: localhost\r\n\(authorization)\(question.fields)\r\n")
            let answer = try wire.readAnswer()
            return (answer.status, answer.values("WWW-Authenticate"))
        }
    }

    @Test("lets the same people in here as there, by roles that the configuration names and clients cannot")
    func people() async throws {
        let (auth, other, directory) = (try FreePort(), try FreePort(), try TemporaryDirectory())
        let server = try await Self.run(at: auth, in: directory)
        let url = "http://127.0.0.1:\(auth)/"
        let site = try GuardedSite(
            site: "[sites.forward_auth]\nurl = \"\(url)\"\nheaders = \(Self.headers("staff"))",
            route: "forward_auth = { url = \"\(url)\", headers = \(Self.headers("admin")) }")
        try directory.write("f.txt", "file")
        try directory.write("app/x", "app")
        let nginx = try await Nginx(Self.nginx(other, auth), in: directory)
        try await Gatehouse.serving(site.toml) { gatehouse async throws in
            // Until it listens nobody gets in.
            try await eventually("it listens") { try await site.ask("/f.txt").status != 503 }
            for (question, status) in zip(Self.questions, Self.statuses) {
                let (here, there) = try await (ask(site.port, question), ask(other, question))
                #expect(here.status == status && there.status == status, "\(question): \(here), nginx \(there)")
                #expect(here.challenges == (status == 401 ? [Self.challenge] : []) && here.challenges == there.challenges)
            }
            server.terminate()
            try await server.exit()
            #expect(try await ask(site.port, Self.questions[1]).status == 503)
        }
        nginx.process.terminate()
    }
}
