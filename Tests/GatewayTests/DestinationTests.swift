import TestSupport
import Testing

/// COPY and MOVE of WebDAV through TLS, to a server that compares the whole of `Destination` with how it was asked itself.
@Suite("Destination")
struct DestinationTests {
    @Test(
        "reaches nginx as a URL of its own", arguments: [false, true],
        [("/", ""), ("/dav/", "strip_prefix = true"), ("/dav/", "rewrite_target = \"/\"")])
    func nginx(isRewritten: Bool, route: (path: String, keys: String)) async throws {
        let directory = try TemporaryDirectory()
        try directory.write("a.txt", "text")
        let upstream = try FreePort()
        let nginx = try await Nginx(
            "server { listen 127.0.0.1:\(upstream) reuseport; location / { dav_methods PUT DELETE COPY MOVE; } }",
            in: directory)
        let (certificates, port) = try (await Certificates.ready(), FreePort())
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl(),
            route: "\(route.keys)\n\(isRewritten ? "rewrite_destination = true" : "")"
        ).replacing("path = \"/\"", with: "path = \"\(route.path)\"")
        try await Gatehouse.serving(toml) { _ in
            let place = "https://localhost:\(port)\(route.path)"
            for (method, from, to) in [("COPY", "a.txt", "b%20c.txt"), ("MOVE", "b%20c.txt", "d.txt")] {
                let answer = try await Command.curl2(
                    certificates,
                    ["-X", method, "-H", "Destination: \(place)\(to)", "-w", "%{http_code}", "-o", "/dev/null", place + from])
                #expect(answer.text == (isRewritten ? "204" : "400"), "\(answer)")
            }
            let moved = try await Command.curl2(certificates, ["-w", "%{http_code}", place + "d.txt", "-o", "/dev/null"])
            #expect(moved.text == (isRewritten ? "200" : "404"), "\(moved)")
        }
        nginx.process.terminate()
    }
}
