import Foundation
import TestSupport
import Testing

/// A page of docs/ for those who come from another program: that program's file and ours, the same requests to both, and a table
/// of what differs.
struct Migration {
    /// Where one of the two listens.
    private struct Ports {
        let plain: FreePort
        let tls: FreePort
        let management: FreePort

        init() throws {
            (plain, tls, management) = (try FreePort(), try FreePort(), try FreePort())
        }
    }

    /// Files that both serve, below the page's `/srv/`.
    private static let files = [
        ("www/index.html", "index"), ("www/404.html", "not here"), ("www/50x.html", "broken"),
        ("www/style.css", "a{color:red}"), ("www/dir/index.html", "dir"), ("www/.git/config", "secret"),
        ("down/sub/a b.txt", "text"),
    ]
    /// Fields that a row shows; of others each program has its own.
    private static let shown: Set = [
        "location", "cache-control", "content-range", "www-authenticate", "access-control-allow-origin",
    ]
    /// Fields that the files set, which must be the same without exception.
    private static let set: Set = ["strict-transport-security", "x-frame-options"]
    private static let names = ["app.test", "www.app.test", "files.test"]

    private let page: String
    /// Their file and ours, as the page has them.
    private let (theirs, ours): (String, String)
    /// What the page has a program say of the file: its first block of text. Nil without one.
    let said: String?
    /// What the page's table says of each request: theirs and ours.
    private let differences: [String: (theirs: String, ours: String)]

    /// - Parameters:
    ///   - page: in docs/.
    ///   - language: of the other program's file.
    init(_ page: String, language: String) throws {
        self.page = page
        let text = try String(contentsOfFile: Place.root + "docs/" + page, encoding: .utf8)
        func block(_ language: String) -> String? {
            let parts = text.split(separator: "```\(language)\n", omittingEmptySubsequences: false)
            return parts.dropFirst().first.map { String($0.split(separator: "```")[0]) }
        }
        theirs = try #require(block(language), "docs/\(page) has no block of \(language)")
        ours = try #require(block("toml"), "docs/\(page) has no block of ours")
        said = block("text")?.trimmingCharacters(in: .newlines)
        func trimmed(_ cell: Substring) -> String { cell.trimmingCharacters(in: .whitespaces) }
        var differences: [String: (String, String)] = [:]
        for row in text.matches(of: /\n\| `([^`]*)` \| ([^|]*) \| ([^|]*) \| [^|]* \|/) {
            differences[String(row.output.1)] = (trimmed(row.output.2), trimmed(row.output.3))
        }
        self.differences = differences
    }

    /// The answer to a request.
    /// - Parameter request: a URL without ports, and before it options of curl.
    /// - Returns: what a row of the table shows (its status, fields, and what is in it), and the fields that the files set.
    private func answer(to request: String, at ports: Ports) async throws -> (shown: String, set: [String]) {
        var words = request.split(separator: " ").map(String.init)
        let url = words.removeLast().replacing(/^(https?):\/\/([^\/]+)/) { match in
            "\(match.output.1)://\(match.output.2):\(match.output.1 == "https" ? ports.tls : ports.plain)"
        }
        let resolved = Self.names.flatMap {
            ["--resolve", "\($0):\(ports.plain):127.0.0.1", "--resolve", "\($0):\(ports.tls):127.0.0.1"]
        }
        let outcome = try await Command.curl(["-k", "-i", "--path-as-is"] + resolved + words + [url])
        let text = outcome.text.replacing(":\(ports.tls)", with: "").replacing(":\(ports.plain)", with: "")
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let lines = try #require(parts.first).split(separator: "\r\n")
        let status = lines.first?.split(separator: " ").dropFirst().first.map(String.init) ?? "no answer"
        let isSuccess = status.hasPrefix("2")
        var seen = [status]
        var set: [String] = []
        for line in lines.dropFirst().sorted() {
            let pair = line.split(separator: ": ", maxSplits: 1)
            guard pair.count == 2 else { continue }
            let name = pair[0].lowercased()
            if Self.set.contains(name), isSuccess { set.append("\(name): \(pair[1])") }
            // Who may keep a redirect or an error says every page once.
            if Self.shown.contains(name), isSuccess || name != "cache-control" { seen.append("`\(name): \(pair[1])`") }
        }
        let body = parts.count > 1 ? String(parts[1]) : ""
        if body.contains("<h1>") || body.contains("<html") {
            if !status.hasPrefix("3") { seen.append("a page") }
        } else if !body.isEmpty {
            seen.append(body.split(separator: "\n").joined(separator: " "))
        }
        return (seen.joined(separator: ", ").trimmingCharacters(in: .whitespaces), set)
    }

    /// Runs the two programs and holds their answers to requests against each other, and against the page.
    /// - Parameters:
    ///   - requests: URLs without ports, each with options of curl before it.
    ///   - start: starts the other program with its file, in a directory that it may write to.
    func compare<Running>(
        _ requests: [String], start: (_ text: String, _ directory: TemporaryDirectory) async throws -> Running
    ) async throws {
        try await compare(requests) { files, directory, compare in
            let running = try await start(files.theirs, directory)
            try await compare()
            withExtendedLifetime(running) {}
        }
    }

    /// The same, of a program that runs while answers are compared.
    /// - Parameters:
    ///   - names: what the upstreams say that they are.
    ///   - run: runs the other program with its file, in a directory that it may write to, and meanwhile what it is given.
    func compare(
        _ requests: [String], upstreams names: [String] = ["app", "backup", "legacy"],
        run: (
            _ files: (theirs: String, ours: String), _ directory: TemporaryDirectory, _ compare: () async throws -> Void
        ) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        for (file, content) in Self.files { try directory.write(file, content) }
        let hash = try await Command.run("openssl", ["passwd", "-apr1", "secret"]).text
        try directory.write("htpasswd", "ann:\(hash)")
        let certificates = try await Certificates.ready()
        let pair = try [certificates.local.certificate, certificates.local.key].map {
            try String(contentsOfFile: $0, encoding: .utf8)
        }
        try directory.write("app.pem", pair.joined())
        let upstreams = try names.map { name in try Upstream.answering { Self.answer($0, by: name) } }
        let ports = (theirs: try Ports(), ours: try Ports())
        func placed(_ text: String, at ports: Ports) -> String {
            let placed = Self.placed(text, at: ports, in: directory, certificates)
            return upstreams.enumerated().reduce(placed) {
                $0.replacing("127.0.0.1:300\($1.offset)", with: "127.0.0.1:\($1.element)")
            }
        }
        let files = (theirs: placed(theirs, at: ports.theirs), ours: placed(ours, at: ports.ours))
        try await run(files, directory) {
            try await Gatehouse.serving(files.ours) { _ in
                for request in requests {
                    let their = try await answer(to: request, at: ports.theirs)
                    try hold(their, try await answer(to: request, at: ports.ours), of: request)
                }
            }
        }
        #expect(Set(differences.keys).isSubset(of: requests), "docs/\(page)")
    }

    private func hold(
        _ their: (shown: String, set: [String]), _ our: (shown: String, set: [String]), of request: String
    ) throws {
        let listed = differences[request]
        if listed == nil { #expect(their.set == our.set, "\(request)") }
        #expect(
            their.shown == (listed?.theirs ?? our.shown) && our.shown == (listed?.ours ?? their.shown),
            "docs/\(page): | `\(request)` | \(their.shown) | \(our.shown) |")
        if let listed { #expect(listed.theirs != listed.ours, "docs/\(page): \(request) is no difference") }
    }

    /// A page's file with ports that are free, and with what there is in place of what it names.
    private static func placed(
        _ text: String, at ports: Ports, in directory: TemporaryDirectory, _ certificates: Certificates
    ) -> String {
        text.replacing("/etc/ssl/app.crt", with: certificates.local.certificate)
            .replacing("/etc/ssl/app.key", with: certificates.local.key)
            .replacing("/etc/ssl/app.pem", with: directory.path + "/app.pem")
            .replacing("/etc/nginx/htpasswd", with: directory.path + "/htpasswd")
            .replacing("/srv/", with: directory.path + "/")
            .replacing("listen 80 ", with: "listen 127.0.0.1:\(ports.plain) ")
            .replacing("listen 443 ", with: "listen 127.0.0.1:\(ports.tls) ")
            .replacing("bind 0.0.0.0:80", with: "bind 127.0.0.1:\(ports.plain)")
            .replacing("bind 0.0.0.0:443", with: "bind 127.0.0.1:\(ports.tls)")
            .replacing("test:443 ", with: "test:\(ports.tls) ")
            .replacing("http://:80 ", with: "http://:\(ports.plain) ")
            .replacing("port = 80\n", with: "port = \(ports.plain)\nhttps_port = \(ports.tls)\n")
            .replacing("port = 443\n", with: "port = \(ports.tls)\n")
            .replacing("port = 7654\n", with: "port = \(ports.management)\n")
            .replacing("https://$host$", with: "https://$host:\(ports.tls)$")
            .replacing("https://app.test$", with: "https://app.test:\(ports.tls)$")
    }

    /// Tells what has come, so that what an upstream sees is compared as well.
    private static func answer(_ request: Message, by name: String) -> String {
        if request.target.hasSuffix("moved") {
            let host = request.value("Host") ?? ""
            return "HTTP/1.1 302 Found\r\nLocation: http://\(host)/next\r\nContent-Length: 0\r\n\r\n"
        }
        let told = ["X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto", "X-Remote-User"].map { request.value($0) ?? "-" }
        return Upstream.ok(
            "\(name) \(request.method) \(request.target) \(told.joined(separator: " ")) \(request.text)", to: request)
    }
}
