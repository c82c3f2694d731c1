import Foundation
import Glibc
import TestSupport

/// An application server, run by its own command in a directory with an application.
final class AppServer: Sendable {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    let port: FreePort
    private let process: ChildProcess
    private let directory: TemporaryDirectory

    /// - Parameters:
    ///   - command: as one types it, for port 3000.
    ///   - application: a folder of `Apps`.
    ///   - files: written beside the application.
    init(_ command: String, application: String, files: [(name: String, content: String)] = []) async throws {
        port = try FreePort()
        directory = try TemporaryDirectory()
        let apps = AppServer.apps + application
        for name in try FileManager.default.contentsOfDirectory(atPath: apps) where name.contains(".") {
            try directory.write(name, try String(contentsOfFile: "\(apps)/\(name)", encoding: .utf8))
        }
        let port = port
        for file in files { try directory.write(file.name, file.content.replacing("3000", with: "\(port)")) }
        // The interpreter by its path: found in PATH it may be another, which knows nothing of the environment.
        let words = command.replacing("3000", with: "\(port)").replacing(/^python\ /, with: AppServer.python + " ")
        process = try ChildProcess(
            "bash", ["-c", "exec " + words], directory: directory.path,
            environment: [
                "PATH": "\(AppServer.environment)/bin:/usr/bin:/bin", "VIRTUAL_ENV": AppServer.environment,
                "PYTHONDONTWRITEBYTECODE": "1",
            ])
        try await untilItListens()
    }

    /// Nobody announces that another program listens: who waits for it has to look again.
    private func untilItListens() async throws {
        let deadline = ContinuousClock.now + .seconds(90)
        while (try? Wire(to: port.number)) == nil {
            guard ContinuousClock.now < deadline else {
                throw Failed(description: "it does not listen:\n\(process.errors.all.joined(separator: "\n"))")
            }
            await nextLook(after: .milliseconds(50))
        }
    }

    /// Ends it, with the processes that it has.
    func stop() async throws {
        process.terminate()
        try await process.exit()
    }

    static let apps = URL(filePath: #filePath).deletingLastPathComponent().path(percentEncoded: false) + "Apps/"
    /// The environment that `scripts/install-tools test` makes.
    static let environment = Place.root + ".build-venv"
    /// Debian's package libtomcat10-embed-java.
    static let tomcat = "/usr/share/java/tomcat10-embed-core.jar"
    static let python = environment + "/bin/python"
}
