import Foundation
import Glibc

/// Where things are: the repository, the built program, the certificates.
package enum Place {
    /// The repository's root.
    package static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path(percentEncoded: false)

    /// The `gatehouse` that was built together with these tests, with the same sanitizer.
    package static let gatehouse: String = {
        if let path = ProcessInfo.processInfo.environment["GATEHOUSE_BINARY"] { return path }
        let bundle =
            CommandLine.arguments.first { $0.hasSuffix(".xctest") }
            ?? (try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: bundle).deletingLastPathComponent().appending(path: "gatehouse").path(percentEncoded: false)
    }()

    /// Is the program a release build? Only a named one can be.
    package static var isOptimised: Bool {
        ProcessInfo.processInfo.environment["GATEHOUSE_BINARY"]?.contains("/release/") ?? false
    }

    /// Is the program instrumented? Then it takes more time and memory than it should.
    package static var isSanitized: Bool {
        let environment = ProcessInfo.processInfo.environment
        return environment["TSAN_OPTIONS"] != nil || environment["ASAN_OPTIONS"] != nil
    }

    /// How many seconds something is waited for at most: a limit for tests that fail, not a measure for those that pass.
    package static let patience = isSanitized ? 300 : 90
    /// The same for a program that has much to do.
    package static let longPatience = 10 * patience

    /// The programs that play peers, by their names: no two are called alike, whatever folder they are in.
    private static let peers: [String: String] = {
        let folder = root + "Tests/Support/Peers/"
        let paths = (FileManager.default.enumerator(atPath: folder)?.allObjects ?? []).compactMap { $0 as? String }
        return Dictionary(paths.map { (URL(filePath: $0).lastPathComponent, folder + $0) }) { first, _ in first }
    }()

    /// Where a program is that plays a peer; a folder of them likewise.
    package static func peer(_ name: String) -> String { peers[name] ?? "no peer is called \(name)" }

    /// The interpreter for them: only the standard library is needed.
    package static let python = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3") ? "/usr/bin/python3" : "python3"

    /// The one of `scripts/install-tools test`, which has the libraries that some peers need.
    package static let pythonWithLibraries = root + ".build-venv/bin/python"
}

/// Certificates made by `scripts/make-certs --tests`, see there.
package struct Certificates: Sendable {
    package let directory: String

    /// Made once for all tests.
    package static func ready() async throws -> Certificates { try await made.value }

    private static let made = Task {
        let directory = Place.root + ".build/test-certificates"
        let outcome = try await Command.run(Place.root + "scripts/make-certs", ["--tests", directory])
        guard outcome.exit == .code(0) else { throw ChildProcess.CannotStart(description: outcome.errors) }
        return Certificates(directory: directory)
    }

    package var authority: String { "\(directory)/ca.crt" }
    /// For localhost, *.localhost, 127.0.0.1 and ::1.
    package var local: (certificate: String, key: String) { pair("../localhost") }
    package func certificate(_ name: String) -> String { "\(directory)/tests/\(name).crt" }
    package func key(_ name: String) -> String { "\(directory)/tests/\(name).key" }

    private func pair(_ name: String) -> (certificate: String, key: String) { (certificate(name), key(name)) }

    /// The lines of `[sites.ssl]` for a certificate; localhost's without a name.
    package func ssl(_ name: String = "../localhost") -> String {
        """
        [sites.ssl]
        enabled = true
        cert_file = "\(certificate(name))"
        key_file = "\(key(name))"
        """
    }
}

/// A directory of one test's own, removed with it.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init() throws {
        path = FileManager.default.temporaryDirectory.path + "/gatehouse-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file, with its directories.
    /// - Returns: its whole path.
    @discardableResult
    package func write(_ name: String, _ content: String) throws -> String {
        try write(name, Array(content.utf8))
    }

    @discardableResult
    package func write(_ name: String, _ content: [UInt8]) throws -> String {
        let url = URL(filePath: path + "/" + name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content).write(to: url)
        return path + "/" + name
    }

    package func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path + "/" + name, withDestinationPath: target)
    }
}
