import Foundation

/// Redis on a port of its own, which keeps nothing on the disk.
package final class RedisServer: Sendable {
    package static let isThere = FileManager.default.isExecutableFile(atPath: "/usr/bin/redis-server")

    package let port: FreePort
    package let process: ChildProcess
    private let client: [String]

    /// - Parameters:
    ///   - settings: as redis-server takes them, such as `["--requirepass", "x"]`.
    ///   - client: arguments for redis-cli that those settings ask for.
    ///   - port: of a server before this one.
    package init(
        _ settings: [String] = [], client: [String] = [], tls: (certificate: String, key: String, authority: String)? = nil,
        port: FreePort? = nil, in directory: TemporaryDirectory
    ) async throws {
        let port = try port ?? FreePort()
        self.port = port
        var arguments = ["--dir", directory.path, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        var client = ["-h", "127.0.0.1", "-p", "\(port)"] + client
        if let tls {
            arguments += ["--port", "0", "--tls-port", "\(port)", "--tls-cert-file", tls.certificate, "--tls-key-file", tls.key]
            arguments += ["--tls-ca-cert-file", tls.authority, "--tls-auth-clients", "no"]
            client += ["--tls", "--cacert", tls.authority]
        } else {
            arguments += ["--port", "\(port)"]
        }
        self.client = client
        process = try ChildProcess("redis-server", arguments + settings)
        _ = try await process.output.first("Redis is ready") { $0.contains("Ready to accept connections") }
    }

    /// What redis-cli prints.
    @discardableResult
    package func ask(_ words: String...) async throws -> String {
        let outcome = try await Command.run("redis-cli", client + words)
        return outcome.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Has it stand still, as a machine does that is overloaded.
    package func pause() { process.signal(SIGSTOP) }
    package func resume() { process.signal(SIGCONT) }

    /// Ends it as a machine that fails does.
    package func fail() async throws {
        process.kill()
        try await process.exit()
    }
}
