import Foundation
import TestSupport
import Testing

/// A gateway whose site gets its certificate from an authority, and what both need.
struct Managed {
    let directory: TemporaryDirectory
    let state: String
    let http: FreePort
    let tls: FreePort

    static let isThere = FileManager.default.isExecutableFile(atPath: "/usr/bin/pebble")

    init() throws {
        directory = try TemporaryDirectory()
        state = directory.path + "/state"
        (http, tls) = (try FreePort(), try FreePort())
        try directory.write("www/index.html", "here\n")
    }

    /// A plain site that redirects, and a TLS site, of one name.
    func toml(_ ssl: String, names: [String] = ["a.test"], more: String = "") -> String {
        let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
        return """
            [server]
            state_dir = "\(state)"
            [[sites]]
            hostnames = [\(list)]
            listen = "127.0.0.1"
            port = \(http)
            redirect_to_https = true
            https_port = \(tls)
            static_dir = "\(directory.path)/www"
            [[sites]]
            hostnames = [\(list)]
            listen = "127.0.0.1"
            port = \(tls)
            static_dir = "\(directory.path)/www"
            \(ssl)
            \(more)
            """
    }

    /// A GET over TLS, trusting the authority alone.
    func get(_ name: String, trusting root: String) async throws -> Command.Outcome {
        try await Command.curl([
            "--cacert", root, "--resolve", "\(name):\(tls):127.0.0.1", "https://\(name):\(tls)/index.html",
        ])
    }

    func status(of name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(filePath: "\(state)/acme/certificates/\(name)/status.json"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// Starts the program without waiting for anything.
    func start(_ toml: String) throws -> ChildProcess {
        let file = try directory.write("gatehouse.toml", toml)
        return try ChildProcess(Place.gatehouse, ["run", "-c", file])
    }
}

extension Journal where Element == String {
    func line(_ words: String) async throws -> String { try await first("\"\(words)\"") { $0.contains(words) } }
}
