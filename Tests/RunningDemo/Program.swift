package import Foundation

/// The programs that the tests run, and the files they are given.
package enum Program {
    /// A program that did not do what it was to do.
    package struct Failed: Error, CustomStringConvertible {
        package var words: String
        package var description: String { words }
    }

    /// The repository.
    package static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path(percentEncoded: false)

    /// The program of this build, beside the tests that run: a sanitized one under a sanitizer.
    package static let gatehouse: String = {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? "\(root).build/debug/tests.xctest"
        return URL(filePath: bundle).deletingLastPathComponent().appending(path: "gatehouse").path(percentEncoded: false)
    }()

    /// Python with the clients that scripts/install-tools installs.
    package static let python = "\(root).build-venv/bin/python"

    /// What an ended program said.
    package struct Ended: Sendable {
        package var code: Int32
        /// Standard output and standard error, as they came.
        package var text: String
    }

    /// Runs a program to its end.
    /// - Parameter folder: where; nil is the repository.
    package static func run(
        _ program: String, _ arguments: [String], in folder: URL? = nil, environment: [String: String] = [:]
    ) throws -> Ended {
        let pipe = Pipe()
        let process = try start(program, arguments, in: folder, environment: environment, output: pipe, errors: pipe)
        let bytes = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Ended(code: process.terminationStatus, text: String(decoding: bytes, as: UTF8.self))
    }

    /// Starts a program.
    static func start(
        _ program: String, _ arguments: [String], in folder: URL? = nil, environment: [String: String] = [:], output: Pipe,
        errors: Pipe
    ) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = folder ?? URL(filePath: root)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        return process
    }
}
