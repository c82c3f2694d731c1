import Foundation
import TestSupport
import Testing

/// `require_auth`. Hashes are cheap ones, so that a test under load is not slow; elsewhere that is the point of them.
@Suite("Names and passwords", .serialized)
struct PasswordAccessTests {
    /// ann: secret; bob: hunter2.
    private static let users = """
        ann:$2y$04$HzlC9Set.LufqIQNgVmcZu2mwVM58iRrRVMQWpKo0gbmSgHGv6kIm
        bob:$apr1$12345678$PxJedScFj6O5L28rmTh.i0
        """

    private static func login(_ user: String, _ password: String) -> String {
        "Authorization: Basic \(Data("\(user):\(password)".utf8).base64EncodedString())\r\n"
    }

    private static let ann = login("ann", "secret")

    /// A site with the users in a file of its own.
    private static func site(
        _ keys: String = "", route: String = "", site: String = "", top: String = "", users: String = users
    ) throws -> (GuardedSite, file: String, directory: TemporaryDirectory) {
        let directory = try TemporaryDirectory()
        let file = try directory.write("users", users)
        let access = "[sites.access]\nrequire_auth = true\nauth_file = \"\(file)\"\n\(keys)\n"
        return (try GuardedSite(site: access + site, route: route, ssl: top), file, directory)
    }

    @Test("are asked for, whatever is asked for, and let nobody in but those who have them")
    func everywhere() async throws {
        let (site, _, directory) = try Self.site("auth_realm = \"In \\\"here\\\"\"\nauth_attempts = 0")
        _ = directory
        try await Gatehouse.serving(site.toml) { gatehouse async throws in
            let questions = [
                ("GET", "/f.txt", ""), ("HEAD", "/f.txt", ""), ("GET", "/app/x", ""), ("GET", "/none", ""),
                ("GET", "/app/ws", GuardedSite.handshake), ("OPTIONS", "/", "Max-Forwards: 0\r\n"),
            ]
            for (method, target, fields) in questions {
                for (login, reason) in [
                    ("", "auth_required"), ("Authorization: Bearer x\r\n", "auth_required"),
                    ("Authorization: Basic !\r\n", "auth_required"), (Self.ann + Self.ann, "auth_required"),
                    (Self.login("ann", "Secret"), "auth_failed"), (Self.login("ann", ""), "auth_failed"),
                    (Self.login("eve", "secret"), "auth_failed"), (Self.login("bob", "secret"), "auth_failed"),
                    (Self.login("ANN", "secret"), "auth_failed"), (Self.login("", ""), "auth_failed"),
                ] {
                    let answer = try await site.ask(target, method, fields: fields + login)
                    #expect(answer.status == 401, "\(method) \(target) \(login): \(answer)")
                    #expect(answer.value("WWW-Authenticate") == "Basic realm=\"In \\\"here\\\"\", charset=\"UTF-8\"")
                    #expect(answer.value("Proxy-Status")?.contains(reason) == true, "\(login): \(answer)")
                }
            }
            #expect(site.upstream.requests.all.isEmpty)
            for _ in 0..<3 {
                #expect(try await site.ask("/f.txt", fields: Self.ann).text == "file")
                #expect(try await site.ask("/app/x", fields: Self.ann).text == "app")
                #expect(try await site.ask("/none", fields: Self.ann).status == 404)
            }
            #expect(try await gatehouse.access("/app/x")["user"] == nil)
            _ = try await gatehouse.process.output.first { $0.contains(#""user":"ann""#) }
        }
    }

    @Test("stay here; the upstream is told the name, which nobody else can tell it")
    func upstreams() async throws {
        let forged = "X-User: root\r\nX_User: root\r\nx-user: admin\r\ntraceparent: 00-forged\r\n"
        let tracing = "[tracing]\nendpoint = \"http://127.0.0.1:1\"\n"
        for (keys, hasPassword, top) in [("", false, ""), ("forward_authorization = true", true, ""), ("", false, tracing)] {
            let (site, _, directory) = try Self.site("auth_user_header = \"X-User\"\n\(keys)")
            _ = directory
            let toml =
                top + site.toml.replacing("[sites.proxy.headers]", with: "[sites.proxy.headers]\nallow_underscores = true")
            try await Gatehouse.serving(toml) { _ async throws in
                #expect(try await site.ask("/app/x", fields: forged + Self.ann).status == 200)
                let seen = try await site.upstream.requests.first(1)[0]
                #expect(seen.values("X-User") == ["ann"] && seen.values("X_User") == [], "\(seen)")
                #expect(seen.values("Authorization").count == (hasPassword ? 1 : 0), "\(seen)")
                let traces = seen.values("traceparent")
                #expect(traces.count == 1 && (traces[0] == "00-forged") == top.isEmpty, "\(seen)")
            }
        }
    }

    @Test(
        "are one word of a line, whatever the name",
        arguments: [
            ("combined", #" - a\x20\"b\"\x20\xc3\xa9 ["#, " - - ["), ("compact", #" user=a\x20\"b\"\x20\xc3\xa9 "#, " ms="),
        ])
    func log(format: String, known: String, unknown: String) async throws {
        let hash = Self.users.split(separator: "\n")[0].split(separator: ":")[1]
        let (site, _, directory) = try Self.site(users: "a \"b\" \u{e9}:\(hash)\n")
        let log = "\(directory.path)/access.log"
        let logging = "[logging]\naccess_log = \"\(log)\"\nformat = \"\(format)\"\n"
        try await Gatehouse.serving(logging + site.toml) { _ async throws in
            #expect(try await site.ask("/f.txt", fields: Self.login("a \"b\" \u{e9}", "secret")).status == 200)
            #expect(try await site.ask("/f.txt").status == 401)
        }
        let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
        #expect(lines[0].contains(known) && lines[1].contains(unknown) && !lines[1].contains("user="), "\(lines)")
    }

    @Test("are a route's own affair where it says so; a preflight is asked for none, nor is a health check")
    func routes() async throws {
        let (site, _, directory) = try Self.site(
            route: "access = { require_auth = false }", site: "[sites.access_control]\nallow_origins = [\"https://a.test\"]\n",
            top: "health_path = \"/up\"")
        _ = directory
        try await Gatehouse.serving(site.toml) { _ async throws in
            #expect(try await site.ask("/app/x").status == 200)
            #expect(try await site.ask("/f.txt").status == 401)
            #expect(try await site.ask("/up").status == 200)
            let preflight = "Origin: https://a.test\r\nAccess-Control-Request-Method: GET\r\n"
            #expect(try await site.ask("/f.txt", "OPTIONS", fields: preflight).status == 204)
            #expect(try await site.ask("/f.txt", "OPTIONS").status == 401)
        }
    }

    @Test("are told upstream in a field that no client can set, also where nobody is asked, nor as a trailer")
    func userField() async throws {
        let (site, _, directory) = try Self.site(
            "auth_user_header = \"X-Who\"", route: "access = { require_auth = false }\nrequest_trailers = true")
        _ = directory
        try await Gatehouse.serving(site.toml) { _ async throws in
            let claims = "X-Who: evil\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Who: evil\r\nX-Other: a\r\n"
            #expect(try await site.ask("/app/x", "POST", fields: claims).status == 200)
            let request = try #require(site.upstream.requests.all.first)
            #expect(!request.head.contains("evil") && request.trailers == ["X-Other: a"], "\(request)")
        }
    }

    @Test("that are guessed come to an end soon, exactly, over all workers; others, and who is in, go on")
    func guesses() async throws {
        let (site, _, directory) = try Self.site("auth_attempts = 5")
        _ = directory
        try await Gatehouse.serving(site.toml, workers: 4) { _ async throws in
            // Right ones do not count.
            for _ in 0..<12 { #expect(try await site.ask("/f.txt", from: "192.0.2.1", fields: Self.ann).status == 200) }
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for turn in 0..<40 {
                    let guess = Self.login(turn % 2 == 0 ? "ann" : "eve", "guess \(turn)")
                    group.addTask { try await site.ask("/f.txt", from: "192.0.2.1", fields: guess).status }
                }
                var statuses: [Int] = []
                for try await status in group { statuses.append(status) }
                return statuses
            }
            let (wrong, refused) = (statuses.count { $0 == 401 }, statuses.count { $0 == 429 })
            // A turn comes back every twelve seconds.
            #expect(wrong >= 5 && wrong <= 7 && wrong + refused == 40, "\(statuses)")
            let answer = try await site.ask("/f.txt", from: "192.0.2.1", fields: Self.login("eve", "again"))
            let wait = Int(answer.value("Retry-After") ?? "") ?? 0
            #expect(answer.status == 401 || answer.status == 429 && (1...12).contains(wait), "\(answer)")
            #expect(try await site.ask("/f.txt", from: "192.0.2.2", fields: Self.login("ann", "no")).status == 401)
        }
    }

    @Test("are read anew when their file changes; while it is broken or gone, nobody comes in")
    func changes() async throws {
        let (site, file, directory) = try Self.site("auth_attempts = 0")
        try await Gatehouse.serving(site.toml, workers: 2) { gatehouse async throws in
            #expect(try await site.ask("/f.txt", fields: Self.ann).status == 200)
            // The file is looked at once in a second: asks until the answer is another.
            func becomes(_ status: Int, with login: String) async throws {
                // Several times in a row, since there are two workers, each with a memory of its own.
                try await eventually("status \(status)") {
                    var run = 0
                    while run < 8, try await site.ask("/f.txt", fields: login).status == status { run += 1 }
                    return run == 8
                }
            }
            try directory.write("users", Self.users.split(separator: "\n")[1] + "\n")
            try await becomes(401, with: Self.ann)
            try directory.write("users", "ann:secret\n")
            try await becomes(503, with: Self.ann)
            let answer = try await site.ask("/f.txt", fields: Self.ann)
            #expect(answer.value("Proxy-Status")?.contains("auth_unavailable") == true, "\(answer)")
            #expect(!answer.text.contains(file), "\(answer)")
            #expect(try await gatehouse.access(reason: "auth_unavailable")["detail"]?.contains("\(file): line 1: ") == true)
            try directory.write("users", Self.users)
            try await becomes(200, with: Self.ann)
            try FileManager.default.removeItem(atPath: file)
            try await becomes(503, with: Self.ann)
            try await becomes(503, with: "")
        }
    }

    @Test(
        "that cannot be checked are an error before the gateway starts",
        arguments: [
            ("ann:secret", "require_auth = true\nauth_file = \"FILE\"", "line 1: is no hash that protects"),
            (users, "require_auth = true\nauth_file = \"FILE.gone\"", "No such file"),
            (users, "require_auth = true", "needs auth_file"),
            (users, "auth_file = \"FILE\"", "require_auth is missing"),
            ("", "require_auth = true\nauth_file = \"FILE\"", "warning: sites[0].access.auth_file: FILE: has no user"),
        ])
    func checks(content: String, keys: String, message: String) async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("users", content)
        let site = try GuardedSite(site: "[sites.access]\n\(keys.replacing("FILE", with: file))")
        let toml = try directory.write("gatehouse.toml", site.toml)
        let outcome = try await Command.run(Place.gatehouse, ["check", toml], environment: ["NO_COLOR": "1"])
        #expect(outcome.exit == .code(message.hasPrefix("warning") ? 0 : 1), "\(outcome)")
        #expect((outcome.text + outcome.errors).contains(message.replacing("FILE", with: file)), "\(outcome)")
    }
}
