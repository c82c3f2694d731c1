import Foundation
import TestSupport
import Testing

/// A page of docs/ for those who come from another program: that program's file and ours, the same requests to both, and a table
/// of what differs.
struct Migration {
    /// Where one of the two listens.
    struct Ports {
        let plain: FreePort
        let tls: FreePort

        init() throws {
            (plain, tls) = (try FreePort(), try FreePort())
        }
    }

    /// Files that both serve, below the page's `/srv/`.
    static let files = [
        ("www/index.html", "index"), ("www/404.html", "not here"), ("www/50x.html", "broken"),
        ("www/style.css", "a{color:red}"), ("www/dir/index.html", "dir"), ("www/.git/config", "secret"),
        ("down/sub/a b.txt", "text"),
    ]
    /// Fields that a row shows; of others each program has its own.
    private static let shown: Set = ["location", "cache-control", "content-range", "www-authenticate"]
    /// Fields that the files set, which must be the same without exception.
    private static let set: Set = ["strict-transport-security", "x-frame-options"]
    private static let names = ["app.test", "www.app.test", "files.test"]

    let page: String
    /// Their file and ours, as the page has them.
    let (theirs, ours): (String, String)
    /// What the page's table says of each request: theirs and ours.
    let differences: [String: (theirs: String, ours: String)]

    /// - Parameters:
    ///   - page: in docs/.
    ///   - language: of the other program's file.
    init(_ page: String, language: String) throws {
        self.page = page
        let text = try String(contentsOfFile: Place.root + "docs/" + page, encoding: .utf8)
        func block(_ language: String) throws -> String {
            let parts = text.split(separator: "```\(language)\n", omittingEmptySubsequences: false)
            let rest = try #require(parts.dropFirst().first, "docs/\(page) has no block of \(language)")
            return String(rest.split(separator: "```")[0])
        }
        (theirs, ours) = (try block(language), try block("toml"))
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
    func answer(to request: String, at ports: Ports) async throws -> (shown: String, set: [String]) {
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
        var seen = [lines.first?.split(separator: " ").dropFirst().first.map(String.init) ?? "no answer"]
        var set: [String] = []
        for line in lines.dropFirst().sorted() {
            let pair = line.split(separator: ": ", maxSplits: 1)
            if Self.set.contains(pair[0].lowercased()) { set.append(String(line)) }
            // Every page says once that errors and redirects of ours are not to be kept.
            guard pair.count == 2, Self.shown.contains(pair[0].lowercased()), pair[1] != "no-store" else { continue }
            seen.append("`\(pair[0]): \(pair[1])`")
        }
        let body = parts.count > 1 ? String(parts[1]) : ""
        if body.contains("<h1>") || body.contains("<html") {
            seen.append("a page")
        } else if !body.isEmpty {
            seen.append(body.split(separator: "\n").joined(separator: " "))
        }
        return (seen.joined(separator: ", ").trimmingCharacters(in: .whitespaces), set)
    }

    /// Holds the two programs' answers to requests against each other, and against the page.
    func compare(_ requests: [String], at theirs: Ports, _ ours: Ports) async throws {
        for request in requests {
            let (their, our) = (try await answer(to: request, at: theirs), try await answer(to: request, at: ours))
            #expect(their.set == our.set, "\(request)")
            let listed = differences[request]
            #expect(
                their.shown == (listed?.theirs ?? our.shown) && our.shown == (listed?.ours ?? their.shown),
                "docs/\(page): | `\(request)` | \(their.shown) | \(our.shown) |")
            if let listed { #expect(listed.theirs != listed.ours, "docs/\(page): \(request) is no difference") }
        }
        #expect(Set(differences.keys).isSubset(of: requests), "docs/\(page)")
    }
}
